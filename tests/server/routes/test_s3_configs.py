from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import pytest

from tensorbay.server import ServerSettings
from tensorbay.server.services import Services
from tensorbay.storage import AccessKey, S3Options, Store, open_store
from tensorbay.wire import V2
from tests.server.routes.scenes import ODD_NAMES, Scene, make_scene
from tests.server.running import Api
from tests.servers import S3Server, free_ports

SECRET = "planted-secret/+=42"


def config_body(server: S3Server, bucket: str, **members: Any) -> dict[str, Any]:
    return {
        "name": "s3",
        "filePath": "data/images",
        "endpoint": server.endpoint,
        "accesskeyId": server.access_key_id,
        "accesskeySecret": server.access_key_secret,
        "bucketName": bucket,
        **members,
    }


@pytest.fixture
async def store(s3_server: S3Server, s3_bucket: str) -> AsyncIterator[Store]:
    opened = open_store(
        S3Options(
            endpoint=s3_server.endpoint,
            bucket=s3_bucket,
            credentials=AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret),
        )
    )
    yield opened
    await opened.aclose()


def contents_below(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def fetch(url: str) -> bytes:
    async with httpx.AsyncClient() as client:
        response = await client.get(url)
    assert response.status_code == 200, response.text
    return response.content


async def test_the_documented_way(api: Api, s3_server: S3Server, s3_bucket: str, store: Store) -> None:
    for path in ("data/images/1.png", "data/images/2 ?#%.png", "data/labels/1.json"):
        await store.put(path, path.encode())
    await api.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    (found,) = (await api.call("GET", "storage-configs", params={"name": "s3"}))["configs"]
    assert found == {"name": "s3", "type": "s3", "filePath": "data/images", "isGravitiStorage": False}

    files = (await api.call("GET", "cloud/s3/files", params={"prefix": "data/"}))["cloudFiles"]
    assert files == ["data/images/1.png", "data/images/2 ?#%.png", "data/labels/1.json"]
    url = (await api.call("GET", "cloud/s3/files/urls", params={"filePath": files[2]}))["url"]
    assert await fetch(url) == b"data/labels/1.json"

    scene = await make_scene(api, config="s3")
    await scene.import_paths(*files)
    items = await scene.details()
    assert [item["remotePath"] for item in items] == files
    assert [await fetch(item["url"]) for item in items] == [path.encode() for path in files]
    assert [item["etag"] for item in items] == [(await store.head(path)).etag for path in files]
    # What the config's path does not cover is a copy: it outlives its source.
    await store.delete(["data/labels/1.json"])
    assert await fetch((await scene.details(remotePath="data/labels/1.json"))[0]["url"]) == b"data/labels/1.json"


async def test_an_import_is_repeated_without_copying_again(
    api: Api, s3_server: S3Server, s3_bucket: str, store: Store
) -> None:
    await store.put("elsewhere/1.png", b"1")
    await api.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    scene = await make_scene(api, config="s3")

    async def copied() -> tuple[str, float | None]:
        await scene.import_paths("elsewhere/1.png")
        (item,) = await scene.details()
        path = httpx.URL(item["url"]).path.partition(f"/{s3_bucket}/")[2]
        return path, (await store.head(path)).mtime

    first = await copied()
    assert first[0].startswith(f"data/images/.tensorbay/copies/{scene.dataset_id}/")
    assert await copied() == first
    await store.put("elsewhere/1.png", b"2")
    second = await copied()
    assert second[0] != first[0]
    assert await fetch((await scene.details())[0]["url"]) == b"2"


async def test_uploads_go_to_the_bucket(api: Api, s3_server: S3Server, s3_bucket: str, store: Store) -> None:
    await api.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    scene = await make_scene(api, config="s3")
    await scene.call("PUT", "multi/callback", json=await scene.upload(**{"a.txt": b"hello"}))
    (item,) = await scene.details()
    assert await fetch(item["url"]) == b"hello"
    checksum = hashlib.sha1(b"hello").hexdigest()
    assert await store.get(f"data/images/.tensorbay/objects/{checksum}") == b"hello"


@pytest.mark.parametrize("name", [name for name in ODD_NAMES if len(name) < 255])
async def test_odd_names(embedded: Api, s3_server: S3Server, s3_bucket: str, store: Store, name: str) -> None:
    await store.put(f"data/images/{name}", name.encode())
    await embedded.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    scene = await make_scene(embedded, config="s3")
    listed = await embedded.call(
        "GET", "cloud/files", root=V2, params={"config": "s3", "prefix": f"data/images/{name}"}
    )
    assert [file["path"] for file in listed["files"]] == [f"data/images/{name}"]
    await scene.import_paths(f"data/images/{name}")
    (item,) = await scene.details()
    assert await fetch(item["url"]) == name.encode()


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"bucketName": "no-such-bucket"}, "InvalidParamsValue", "no-such-bucket"),
        ({"accesskeySecret": SECRET}, "AccessDenied", "secret"),
        ({"accesskeyId": "nobody"}, "AccessDenied", "access key"),
        ({"endpoint": "ftp://127.0.0.1"}, "InvalidParamsValue", "ftp"),
        ({"endpoint": "http://no-such-host.invalid"}, "InvalidParamsValue", "no-such-host.invalid"),
    ],
)
async def test_a_config_that_cannot_work_is_refused_with_the_cause(
    embedded: Api, s3_server: S3Server, s3_bucket: str, members: dict[str, str], code: str, words: str
) -> None:
    body = config_body(s3_server, s3_bucket, **members)
    _, found, message = await embedded.refusal("POST", "storage-configs/s3", json=body)
    assert found == code
    assert words.lower() in message.lower()
    assert (await embedded.call("GET", "storage-configs"))["totalCount"] == 1


async def test_an_endpoint_where_nobody_listens(embedded: Api, s3_server: S3Server) -> None:
    (port,) = free_ports(1)
    body = config_body(s3_server, "bucket", endpoint=f"http://127.0.0.1:{port}")
    status, code, message = await embedded.refusal("POST", "storage-configs/s3", json=body)
    assert (status, code) == (400, "InvalidParamsValue")
    assert f"127.0.0.1:{port}" in message


async def test_a_secret_is_nowhere_to_be_seen(
    home: Path, api: Api, s3_server: S3Server, s3_bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Planted in good and in bad configs, looked for in answers, logs, reprs, and every file of the home."""
    caplog.set_level(logging.DEBUG)
    good = config_body(s3_server, s3_bucket)
    bad = config_body(s3_server, s3_bucket, accesskeySecret=SECRET)
    path = "/gatewayv2/tensorbay-open-api/v1/storage-configs/s3"
    answers = [
        await api.client.post(path, json=good),
        await api.client.post(path, json=good),
        await api.client.post(path, json={**bad, "name": "bad"}),
        await api.client.post(path, json={**bad, "name": ""}),
        await api.client.post(path, json={**bad, "endpoint": 5}),
        await api.client.post(path, json={**bad, "accesskeySecret": [SECRET]}),
        await api.client.post(path, json=[bad]),
        await api.client.post(path, content=f'{{"accesskeySecret": "{SECRET}'.encode()),
        await api.client.get("/gatewayv2/tensorbay-open-api/v1/storage-configs"),
    ]
    assert [answer.status_code for answer in answers] == [200, 409, 403, 400, 400, 400, 400, 400, 200]
    services = await Services.open(ServerSettings(home=home, embedded=True))
    configs, _ = await services.configs.list(await services.accounts.ensure_team("default"))
    storage = await services.storages.named(configs[0].team_id, "s3")
    shown = [answer.text for answer in answers]
    shown += [repr(thing) for thing in (*configs, services, storage, storage.store)]
    await services.aclose()
    files = await anyio.to_thread.run_sync(contents_below, home)
    for secret in (SECRET, s3_server.access_key_secret):
        for text in (*shown, caplog.text):
            assert secret not in text
        assert not any(secret.encode() in content for content in files)


async def test_a_store_that_fails_later_is_told_in_words(
    embedded: Api, s3_server: S3Server, s3_bucket: str, store: Store
) -> None:
    await store.put("data/images/1.png", b"1")
    await embedded.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    scene: Scene = await make_scene(embedded, config="s3")
    body = scene.body(objects=[{"cloudPath": "data/images/2.png", "remotePath": "x"}])
    status, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, code) == (404, "ResourceNotExist")
    assert '"data/images/1.png"' in message
