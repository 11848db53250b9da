"""v2: all kinds in one place, what may be shown of them, and changes while they are in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay.server import ServerSettings, create_key
from tensorbay.server.config_options import parse
from tensorbay.server.config_policy import authorized, external_id
from tensorbay.server.services import Services
from tensorbay.storage import AccessKey, FolderStore, S3Options, open_store
from tensorbay.wire import V2, StorageConfigPatch
from tests.clouds import AzureServer, GcsServer, let_oss_resolve
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.running import Api, running_server, served_api
from tests.servers import S3Server


def s3_body(server: S3Server, bucket: str, **members: Any) -> dict[str, Any]:
    key = {"type": "accessKey", "keyId": server.access_key_id, "secret": server.access_key_secret}
    place = {"filePath": "data", "endpoint": server.endpoint, "bucketName": bucket}
    return {"type": "s3", "name": "s3", **place, "credentials": key, **members}


async def fill(server: S3Server, bucket: str, *paths: str) -> None:
    key = AccessKey(key_id=server.access_key_id, secret=server.access_key_secret)
    store = open_store(S3Options(endpoint=server.endpoint, bucket=bucket, credentials=key))
    for path in paths:
        await store.put(path, path.encode())
    await store.aclose()


@pytest.mark.parametrize("kind", ["s3", "oss"])
async def test_a_bucket_and_what_is_shown_of_it(
    api: Api, s3_server: S3Server, s3_bucket: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_oss_resolve(s3_server, monkeypatch)
    endpoint = s3_server.oss_endpoint if kind == "oss" else s3_server.endpoint
    await fill(s3_server, s3_bucket, "data/1.png")
    body = s3_body(s3_server, s3_bucket, type=kind, region="us-east-1", endpoint=endpoint)
    created = await api.call("POST", "storage-configs", root=V2, json=body)
    assert created.pop("created") > 1.7e9
    assert created == {
        "name": "s3",
        "type": kind,
        "filePath": "data",
        "isGravitiStorage": False,
        "endpoint": endpoint,
        "bucketName": s3_bucket,
        "region": "us-east-1",
        "credentials": {"type": "accessKey", "keyId": s3_server.access_key_id},
        "datasets": [],
    }
    await make_scene(api, "Dogs", config="s3")
    (found,) = (await api.call("GET", "storage-configs", root=V2, params={"name": "s3"}))["configs"]
    assert (found["datasets"], found["bucketName"]) == (["Dogs"], s3_bucket)
    assert await api.call("GET", "storage-configs/s3", root=V2) == found
    (of_1x,) = (await api.call("GET", "storage-configs", params={"name": "s3"}))["configs"]
    assert of_1x == {"name": "s3", "type": kind, "filePath": "data", "isGravitiStorage": False}
    assert (await api.call("GET", "cloud/s3/files", params={"prefix": ""}))["cloudFiles"] == ["data/1.png"]


async def test_v1_has_the_same_kinds(
    api: Api, s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_oss_resolve(s3_server, monkeypatch)
    key = {"accesskeyId": s3_server.access_key_id, "accesskeySecret": s3_server.access_key_secret}
    body = {"name": "oss", "filePath": "", "endpoint": s3_server.oss_endpoint, "bucketName": s3_bucket, **key}
    await api.call("POST", "storage-configs/oss", json=body)
    assert (await api.call("GET", "storage-configs/oss", root=V2))["type"] == "oss"
    azure = {"name": "azure", "filePath": "", "containerName": "c", "accesskeyId": "Not An Account"}
    azure |= {"accesskeySecret": "secret", "accountType": "China"}
    _, code, message = await api.refusal("POST", "storage-configs/azure", json=azure)
    assert (code, "accountName" in message) == ("InvalidParamsValue", True)


async def test_the_list_is_paged_and_says_who_uses_what(api: Api, tmp_path: Path) -> None:
    for name in "abc":
        await local_config(api, name, await make_files(tmp_path / name, "1.png"))
    scene = await make_scene(api, "Dogs", config="a")
    await scene.import_paths("1.png", configName="b")
    await make_scene(api, "Cats", config="a")
    page = await api.call("GET", "storage-configs", root=V2, params={"offset": 1, "limit": 2})
    assert (page["offset"], page["recordSize"], page["totalCount"]) == (1, 2, 4)
    page = await api.call("GET", "storage-configs", root=V2)
    used = {config["name"]: config["datasets"] for config in page["configs"]}
    assert used == {"a": ["Cats", "Dogs"], "b": ["Dogs"], "c": [], "managed": []}
    assert (await api.call("GET", "storage-configs/managed", root=V2))["isGravitiStorage"] is True


async def test_credentials_are_rotated_while_the_config_is_used(api: Api, s3_server: S3Server, s3_bucket: str) -> None:
    await fill(s3_server, s3_bucket, "data/1.png")
    await api.call("POST", "storage-configs", root=V2, json=s3_body(s3_server, s3_bucket))
    scene = await make_scene(api, "Dogs", config="s3")
    await scene.import_paths("data/1.png")
    before = await api.call("GET", "storage-configs/s3", root=V2)

    wrong = {"type": "accessKey", "keyId": s3_server.access_key_id, "secret": "wrong"}
    for patch, code in (
        ({"credentials": wrong}, "AccessDenied"),
        ({"endpoint": "http://127.0.0.1:9"}, "InvalidParamsValue"),
        ({"containerName": "c"}, "InvalidParamsValue"),
        ({"credentials": {"type": "accountKey", "key": "k"}}, "InvalidParamsValue"),
        ({"nonsense": 1}, "InvalidParamsValue"),
    ):
        assert (await api.refusal("PATCH", "storage-configs/s3", root=V2, json=patch))[1] == code
    assert await api.call("GET", "storage-configs/s3", root=V2) == before

    (item,) = await scene.details()
    assert s3_server.access_key_id in item["url"]

    right = {"type": "accessKey", "keyId": s3_server.second_key_id, "secret": s3_server.second_key_secret}
    after = await api.call("PATCH", "storage-configs/s3", root=V2, json={"credentials": right})
    assert after == {**before, "credentials": {"type": "accessKey", "keyId": s3_server.second_key_id}}
    # What is not given stays, the secret too.
    assert await api.call("PATCH", "storage-configs/s3", root=V2, json={"region": "us-east-1"}) == {
        **after,
        "region": "us-east-1",
    }
    (item,) = await scene.details()
    assert s3_server.second_key_id in item["url"]
    assert await api.read(item["url"]) == b"data/1.png"


async def test_a_place_that_datasets_rely_on_stays(api: Api, s3_server: S3Server, s3_bucket: str) -> None:
    await api.call("POST", "storage-configs", root=V2, json=s3_body(s3_server, s3_bucket))
    other = s3_server.make_bucket()
    moved = {"bucketName": other, "filePath": "/images/"}
    changed = await api.call("PATCH", "storage-configs/s3", root=V2, json=moved)
    assert (changed["bucketName"], changed["filePath"]) == (other, "images")

    await make_scene(api, "Dogs", config="s3")
    for patch in ({"bucketName": s3_bucket}, {"filePath": "data"}):
        status, code, message = await api.refusal("PATCH", "storage-configs/s3", root=V2, json=patch)
        assert (status, code) == (403, "Forbidden")
        assert '"Dogs"' in message
        assert f"`{next(iter(patch))}`" in message
    await api.call("PATCH", "storage-configs/s3", root=V2, json={**moved, "endpoint": s3_server.endpoint})
    assert (await api.refusal("PATCH", "storage-configs/managed", root=V2, json=moved))[1] == "Forbidden"
    assert (await api.refusal("PATCH", "storage-configs/none", root=V2, json=moved))[1] == "ResourceNotExist"


async def test_who_may_change_an_endpoint_learns_no_secret_that_way(
    api: Api, azure_server: AzureServer, gcs_server: GcsServer
) -> None:
    """A SAS, and what is made of a key file, is all that its store needs: another one could use them."""
    container = azure_server.make_container()
    sas = {"type": "sasToken", "token": azure_server.make_sas(container)}
    azure = {"type": "azure", "accountName": azure_server.account, "containerName": container, "credentials": sas}
    key = {"type": "serviceAccount", "key": gcs_server.account.key_file}
    gcs = {"type": "gcs", "bucketName": gcs_server.make_bucket(), "credentials": key}
    for place, endpoint in ((azure, azure_server.endpoint), (gcs, gcs_server.endpoint)):
        config = f"storage-configs/{place['type']}"
        body = {**place, "name": place["type"], "filePath": "", "endpoint": endpoint}
        await api.call("POST", "storage-configs", root=V2, json=body)
        other = {"endpoint": endpoint.replace("127.0.0.1", "localhost")}
        _, code, message = await api.refusal("PATCH", config, root=V2, json=other)
        assert (code, "give them again" in message) == ("InvalidParamsValue", True)
        await api.call("PATCH", config, root=V2, json={"endpoint": endpoint, "filePath": "data"})
        changed = await api.call("PATCH", config, root=V2, json={**other, "credentials": place["credentials"]})
        assert changed["endpoint"] == other["endpoint"]


async def test_a_dataset_that_comes_between_keeps_the_place(
    embedded: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is asked about the place that the config is to have."""
    await local_config(embedded, "x", await make_files(tmp_path, "1/1.png", "2/1.png"), "1")
    check = FolderStore.check

    async def check_slowly(*arguments: Any) -> None:
        await make_scene(embedded, "Dogs", config="x")
        await check(*arguments)

    monkeypatch.setattr(FolderStore, "check", check_slowly)
    _, code, message = await embedded.refusal("PATCH", "storage-configs/x", root=V2, json={"filePath": "2"})
    assert (code, '"Dogs"' in message) == ("Forbidden", True)
    assert (await embedded.call("GET", "storage-configs/x", root=V2))["filePath"] == "1"


async def test_what_runs_goes_on_and_other_servers_follow(home: Path, tmp_path: Path) -> None:
    settings = ServerSettings(home=home, embedded=True)
    first, second = await Services.open(settings), await Services.open(settings)
    team = await first.accounts.ensure_team("default")
    for folder in ("a", "b"):
        await make_files(tmp_path / folder, "1.png")
        await anyio.Path(tmp_path / folder / "1.png").write_bytes(folder.encode() * (3 << 20))
    try:
        body = {"type": "local", "name": "x", "filePath": "", "endpoint": (tmp_path / "a").as_uri()}
        config = await first.registrar.create(team, parse(body))
        running = [await services.storages.by_id(config.id) for services in (first, second)]
        stream = running[0].store.stream("1.png")
        assert (await anext(stream))[:1] == b"a"
        patch = StorageConfigPatch(endpoint=(tmp_path / "b").as_uri())
        await first.registrar.update(team, "x", patch)

        assert [chunk[:1] async for chunk in stream] == [b"a"] * 2
        assert (await (await first.storages.by_id(config.id)).store.get("1.png"))[:1] == b"b"
        assert (await (await second.storages.named(team, "x")).store.get("1.png"))[:1] == b"b"

        await second.registrar.delete(team, "x")
        with anyio.fail_after(60):
            while True:
                try:
                    await first.storages.by_id(config.id)
                except LookupError:
                    break
                await anyio.sleep(0.2)
    finally:
        await second.aclose()
        await first.aclose()


async def test_an_old_store_is_closed_with_the_last_request_that_uses_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Any] = []

    async def aclose(store: Any) -> None:
        closed.append(store)

    services = await Services.open(ServerSettings(home=home, embedded=True))
    team = await services.accounts.ensure_team("default")
    body = {"type": "local", "name": "x", "filePath": "", "endpoint": tmp_path.as_uri()}
    config = await services.registrar.create(team, parse(body))
    storage = await services.storages.by_id(config.id)
    store = storage.store
    monkeypatch.setattr(type(store), "aclose", aclose)
    for path in ("a", "b"):
        await services.registrar.update(team, "x", StorageConfigPatch(file_path=path))
        await services.storages.by_id(config.id)
    assert store not in closed
    del storage
    await services.registrar.update(team, "x", StorageConfigPatch(file_path="c"))
    assert store in closed
    await services.aclose()


async def test_a_store_that_fails_to_close_leaves_no_other_open(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Any] = []

    async def aclose(store: Any) -> None:
        closed.append(store)
        raise OSError("disk on fire")

    services = await Services.open(ServerSettings(home=home, embedded=True))
    team = await services.accounts.ensure_team("default")
    stores = []
    for name in ("a", "b"):
        body = {"type": "local", "name": name, "filePath": "", "endpoint": tmp_path.as_uri()}
        config = await services.registrar.create(team, parse(body))
        stores.append((await services.storages.by_id(config.id)).store)
    monkeypatch.setattr(FolderStore, "aclose", aclose)
    with pytest.raises(OSError, match="disk on fire"):
        await services.aclose()
    assert {*map(id, closed)} == {*map(id, stores)}


async def test_two_changes_at_once_are_not_mixed(embedded: Api, tmp_path: Path) -> None:
    await local_config(embedded, "x", await make_files(tmp_path / "a", "1/1.png", "2/1.png"))
    outcomes: list[int] = []

    async def change(path: str) -> None:
        url = f"/{V2}storage-configs/x"
        outcomes.append((await embedded.client.patch(url, json={"filePath": path})).status_code)

    async with anyio.create_task_group() as group:
        for path in ("1", "2"):
            group.start_soon(change, path)
    assert sorted(outcomes) in ([200, 200], [200, 403])
    assert (await embedded.call("GET", "storage-configs/x", root=V2))["filePath"] in {"1", "2"}


IDENTITIES: list[dict[str, Any]] = [
    {"type": "s3", "bucketName": "b", "credentials": {"type": "awsIdentity"}},
    {"type": "s3", "bucketName": "b", "credentials": {"type": "assumeRole", "roleArn": "arn:aws:iam::1:role/r"}},
    {"type": "azure", "accountName": "acc", "containerName": "c", "credentials": {"type": "managedIdentity"}},
    {"type": "gcs", "bucketName": "b", "credentials": {"type": "googleIdentity"}},
]


@pytest.mark.parametrize("body", IDENTITIES, ids=lambda body: body["credentials"]["type"])
async def test_the_servers_identity_is_the_operators(served: Api, body: dict[str, Any]) -> None:
    place = {"name": "x", "filePath": "", "endpoint": "http://127.0.0.1:9"}
    status, code, message = await served.refusal("POST", "storage-configs", root=V2, json={**place, **body})
    assert (status, code) == (403, "Forbidden")
    assert "--allow-server-identity" in message


async def test_an_embedded_server_uses_its_users_identity(embedded: Api) -> None:
    place = {"name": "x", "filePath": "", "endpoint": "http://127.0.0.1:9"}
    for body in IDENTITIES:
        assert (await embedded.refusal("POST", "storage-configs", root=V2, json={**place, **body}))[1] != "Forbidden"


async def test_a_team_chooses_neither_the_external_id_nor_a_profile(home: Path) -> None:
    settings = ServerSettings(home=home, allow_server_identity=True)
    with running_server(settings) as url:
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            place = {"name": "x", "filePath": "", "endpoint": "http://127.0.0.1:9", **IDENTITIES[1]}
            credentials = {**place["credentials"], "externalId": "of-somebody-else"}
            body = {**place, "credentials": credentials}
            _, code, message = await api.refusal("POST", "storage-configs", root=V2, json=body)
            assert code == "InvalidParamsValue"
            assert "tensorbay-" in message
            body = {**place, "credentials": {"type": "awsIdentity", "profile": "admin"}}
            _, code, message = await api.refusal("POST", "storage-configs", root=V2, json=body)
            assert (code, "'admin'" in message) == ("Forbidden", True)
    one, other = (authorized(settings, team, parse(place)) for team in ("one", "other"))
    assert one.to_json()["credentials"]["externalId"] == external_id("one") != external_id("other")
    assert other.to_json()["credentials"]["externalId"] == external_id("other")
    own = {"type": "accessKey", "keyId": "i", "secret": "s"}
    with_key = parse({**place, "credentials": {**credentials, "source": own}})
    assert authorized(settings, "one", with_key) == with_key
