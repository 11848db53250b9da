"""Managed storage of a server: its home, a folder, or a bucket of the operator's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tensorbay.exception import InvalidParamsError
from tensorbay.server import ServerSettings, create_key
from tensorbay.server.managed import ManagedStorage
from tensorbay.server.services import Services
from tensorbay.wire import V2
from tests.clouds import AzureServer, GcsServer
from tests.server.routes.scenes import make_scene
from tests.server.running import embedded_api, running_server, served_api
from tests.servers import S3Server

SECRET = "planted-secret"


def bucket_json(server: S3Server, bucket: str, **members: Any) -> str:
    key = {"type": "accessKey", "keyId": server.access_key_id, "secret": server.access_key_secret}
    place = {"filePath": "operator", "bucketName": bucket, "endpoint": server.endpoint}
    return json.dumps({"type": "s3", **place, "credentials": key, **members})


async def test_each_team_has_a_part_of_the_operators_bucket(
    home: Path, tmp_path: Path, s3_server: S3Server, s3_bucket: str
) -> None:
    file = tmp_path / "managed.json"
    file.write_text(bucket_json(s3_server, s3_bucket))
    keys = []
    with running_server(ServerSettings(home=home, managed_storage=str(file))) as url:  # type: ignore[arg-type]
        for team in ("one", "two"):
            key = await create_key(ServerSettings(home=home), "maria", team)
            async with served_api(url, key) as api:
                scene = await make_scene(api)
                await scene.call("PUT", "multi/callback", json=await scene.upload(**{"a.txt": team.encode()}))
                (item,) = await scene.details()
                assert s3_bucket in item["url"]
                assert await api.read(item["url"]) == team.encode()
                listed = s3_server.client.list_objects_v2(Bucket=s3_bucket)["Contents"]
                keys.append([item["Key"] for item in listed])
                found = await api.call("GET", "cloud/managed/files", params={"prefix": ""})
                assert found["cloudFiles"] == []  # uploads are ours, and nothing of the others can be seen
                params = {"filePath": f"../../../{keys[0][0]}"}
                assert (await api.refusal("GET", "cloud/managed/files/urls", params=params))[0] == 400
                (config,) = (await api.call("GET", "storage-configs"))["configs"]
                assert config["isGravitiStorage"] is True
                assert s3_server.access_key_id not in str(config)
    (first,), both = keys
    assert len(both) == 2
    folders = {key.split("/")[2] for key in both}
    assert first.startswith("operator/objects/")
    assert len(folders) == 2


async def test_a_container_that_only_a_sas_opens(home: Path, azure_server: AzureServer) -> None:
    """It cannot sign, and is shown to nobody: its files go through the server."""
    container = azure_server.make_container()
    place = {"accountName": azure_server.account, "containerName": container, "endpoint": azure_server.endpoint}
    given = {"type": "azure", **place, "credentials": {"type": "sasToken", "token": azure_server.make_sas(container)}}
    with running_server(ServerSettings(home=home, managed_storage=json.dumps(given))) as url:  # type: ignore[arg-type]
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            scene = await make_scene(api)
            await scene.call("PUT", "multi/callback", json=await scene.upload(**{"a.txt": b"text"}))
            (item,) = await scene.details()
            assert item["url"].startswith(f"{url}objects/")
            assert await api.read(item["url"]) == b"text"


@pytest.mark.parametrize("kind", ["azure", "gcs"])
async def test_buckets_of_other_clouds(home: Path, azure_server: AzureServer, gcs_server: GcsServer, kind: str) -> None:
    account = {"accountName": azure_server.account, "containerName": azure_server.make_container()}
    azure = {
        **account,
        "endpoint": azure_server.endpoint,
        "credentials": {"type": "accountKey", "key": azure_server.key},
    }
    key = {"type": "serviceAccount", "key": gcs_server.account.key_file}
    gcs = {"bucketName": gcs_server.make_bucket(), "endpoint": gcs_server.endpoint, "credentials": key}
    given = json.dumps({"type": kind, "filePath": "operator", **(azure if kind == "azure" else gcs)})
    async with embedded_api(home, managed_storage=SecretStr(given)) as api:
        scene = await make_scene(api)
        await scene.call("PUT", "multi/callback", json=await scene.upload(**{"a.txt": b"text"}))
        (item,) = await scene.details()
        assert "/operator/objects/" in item["url"]
        assert await api.read(item["url"]) == b"text"
        diagnosis = await api.call("POST", "storage-configs/managed/check", root=V2, json={})
        assert (diagnosis["canRead"], diagnosis["canWrite"], diagnosis["canCopy"]) == (True, True, True)


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_folder_of_the_operators(home: Path, tmp_path: Path, embedded: bool) -> None:
    settings = ServerSettings(home=home, embedded=embedded, managed_storage=tmp_path.as_uri())  # type: ignore[arg-type]
    services = await Services.open(settings)
    try:
        storages = [await services.storages.managed(await services.accounts.ensure_team(team)) for team in ("a", "b")]
        await storages[0].store.put("x", b"a")
        assert await storages[1].store.list_page("") == []
        assert (tmp_path / "objects" / storages[0].config.team_id / "x").exists()
        (url,) = (await storages[0].sign(["x"], base_url="http://server/")).urls
        assert url.startswith("file:" if embedded else "http://server/objects/")
    finally:
        await services.aclose()


def test_no_team_may_name_where_the_others_are(home: Path, tmp_path: Path) -> None:
    settings = ServerSettings(home=home, managed_storage=(tmp_path / "own").as_uri(), allow_folders=(tmp_path,))  # type: ignore[arg-type]
    with pytest.raises(InvalidParamsError, match="keep the two apart"):
        ManagedStorage.load(settings)
    inside = (home / "own").as_uri()  # of the home nothing may be named
    ManagedStorage.load(settings.model_copy(update={"managed_storage": SecretStr(inside)}))


def test_a_service_is_refused_at_once(home: Path) -> None:
    given = json.dumps({"type": "local", "endpoint": "http://127.0.0.1:9000"})
    with pytest.raises(InvalidParamsError, match="managed_storage"):
        ManagedStorage.load(ServerSettings(home=home, managed_storage=given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "path", "bucket"),
    [
        ("s3://bucket/a/b/", "a/b", "bucket"),
        ("gs://bucket", "", "bucket"),
        ('{"type": "gcs", "bucketName": "bucket", "credentials": {"type": "googleIdentity"}}', "", "bucket"),
    ],
)
def test_buckets_by_url(home: Path, value: str, path: str, bucket: str) -> None:
    body: Any = ManagedStorage.load(ServerSettings(home=home, managed_storage=value))._body  # type: ignore[arg-type]
    assert (body.file_path, body.bucket_name) == (path, bucket)
    assert body.credentials.type.endswith("Identity")


@pytest.mark.parametrize(
    "value",
    [
        f"https://user:{SECRET}@host/bucket",
        f"s3://key:{SECRET}@bucket",
        f'{{"type": "s3", "secret": "{SECRET}"}}',
        f'{{"secret": "{SECRET}',
        SECRET,
        "s3://bucket/a/../b",
        '{"type": "local", "filePath": "../a", "endpoint": "file:///folder"}',
        '{"type": "s3", "filePath": "a//b", "bucketName": "b", "credentials": {"type": "awsIdentity"}}',
    ],
)
def test_a_bad_setting_is_refused_in_words(home: Path, value: str) -> None:
    settings = ServerSettings(home=home, managed_storage=value)  # type: ignore[arg-type]
    assert SECRET not in repr(settings)
    with pytest.raises(InvalidParamsError, match="TENSORBAY_MANAGED_STORAGE") as caught:
        ManagedStorage.load(settings)
    assert SECRET not in str(caught.value)


async def test_no_team_opens_it_by_what_the_machine_is(home: Path) -> None:
    settings = ServerSettings(
        home=home,
        managed_storage=SecretStr("s3://operator/files"),
        allow_server_identity=True,
        allow_private_endpoints=True,
    )
    with running_server(settings) as url:
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            identity = {"type": "awsIdentity"}
            role = {"type": "assumeRole", "roleArn": "arn:aws:iam::123456789012:role/reader"}
            for credentials in (identity, role):
                place = {"filePath": "", "bucketName": "operator", "endpoint": "http://127.0.0.1:1"}
                body = {"type": "s3", "name": "theirs", **place, "credentials": credentials}
                status, code, message = await api.refusal("POST", "storage-configs", root=V2, json=body)
                assert (status, code) == (403, "Forbidden")
                assert "the files of all teams in operator" in message
