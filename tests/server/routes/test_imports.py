"""Files of storage configs put into segments: which are copied, and what a copy has to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tensorbay.server import ServerSettings, public_key
from tensorbay.storage import (
    AccessKey,
    FolderOptions,
    ObjectInfo,
    S3Options,
    Store,
    open_store,
)
from tensorbay.wire import V2
from tests.clouds import AzureServer, GcsServer
from tests.local_storage.running import RunningService
from tests.server.routes.scenes import Scene, local_config, make_scene
from tests.server.running import Api
from tests.servers import S3Server

INSIDE, OUTSIDE = "data/1.png", "other/1.png"


@pytest.fixture(params=["folder", "s3", "azure", "gcs", "service"])
async def store(request: pytest.FixtureRequest, embedded: Api, home: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """Storage of the config "bucket" with the path "data"."""
    body: dict[str, Any]
    if request.param == "folder":
        await local_config(embedded, "bucket", tmp_path, "data")
        opened = open_store(FolderOptions(root=tmp_path))
    elif request.param == "service":
        service: RunningService = request.getfixturevalue("service_process")
        service.serve(tmp_path, public_key=await public_key(ServerSettings(home=home)))
        body = {"name": "bucket", "filePath": "data", "endpoint": service.url}
        await embedded.call("POST", "storage-configs/local", json=body)
        opened = open_store(FolderOptions(root=tmp_path))
    elif request.param == "azure":
        azure: AzureServer = request.getfixturevalue("azure_server")
        container = azure.make_container()
        place = {"endpoint": azure.endpoint, "accountName": azure.account, "containerName": container}
        body = {"type": "azure", "name": "bucket", "filePath": "data", **place}
        body["credentials"] = {"type": "accountKey", "key": azure.key}
        await embedded.call("POST", "storage-configs", root=V2, json=body)
        opened = open_store(azure.options(container))
    elif request.param == "gcs":
        gcs: GcsServer = request.getfixturevalue("gcs_server")
        bucket = gcs.make_bucket()
        body = {"type": "gcs", "name": "bucket", "filePath": "data", "endpoint": gcs.endpoint, "bucketName": bucket}
        body["credentials"] = {"type": "serviceAccount", "key": gcs.account.key_file}
        await embedded.call("POST", "storage-configs", root=V2, json=body)
        opened = open_store(gcs.options(bucket))
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        bucket = request.getfixturevalue("s3_bucket")
        key, secret = server.access_key_id, server.access_key_secret
        body = {"name": "bucket", "filePath": "data", "endpoint": server.endpoint, "bucketName": bucket}
        body |= {"accesskeyId": key, "accesskeySecret": secret}
        await embedded.call("POST", "storage-configs/s3", json=body)
        credentials = AccessKey(key_id=key, secret=secret)
        opened = open_store(S3Options(endpoint=server.endpoint, bucket=bucket, credentials=credentials))
    for path in (INSIDE, OUTSIDE):
        await opened.put(path, path.encode())
    yield opened
    await opened.aclose()


@pytest.fixture
async def scene(embedded: Api, store: Store) -> Scene:
    return await make_scene(embedded, config="bucket")


def listed(info: ObjectInfo, **members: Any) -> dict[str, Any]:
    """As a client posts what it has listed."""
    facts = {"size": info.size, "etag": info.etag, "mtime": info.mtime}
    return {"cloudPath": info.path, "remotePath": info.path, **facts, **members}


async def put(scene: Scene, *objects: dict[str, Any], **members: Any) -> dict[str, int]:
    body = scene.body(objects=objects, **members)
    answer: dict[str, int] = await scene.call("PUT", "multi/cloud-callback", json=body)
    return answer


async def keys(scene: Scene) -> list[bool]:
    """Whether each data is a copy."""
    return ["/.tensorbay/copies/" in item["url"] for item in await scene.details()]


@pytest.mark.parametrize(
    ("placement", "are_copies"),
    [({}, [False, True]), ("auto", [False, True]), ("in_place", [False, False]), ("copy", [True, True])],
)
async def test_the_rule_decides(scene: Scene, store: Store, placement: Any, are_copies: list[bool]) -> None:
    members = {"placement": placement} if placement else {}
    copied = sum(are_copies)
    answer = await put(scene, *[listed(await store.head(path)) for path in (INSIDE, OUTSIDE)], **members)
    assert answer == {"inPlace": 2 - copied, "copied": copied}
    assert await keys(scene) == are_copies
    items = await scene.details()
    assert [await scene.api.read(item["url"]) for item in items] == [INSIDE.encode(), OUTSIDE.encode()]
    # Without what a listing knows it is the same.
    bare = [{"cloudPath": path, "remotePath": path} for path in (INSIDE, OUTSIDE)]
    assert await put(scene, *bare, **members) == answer
    assert [item["url"].partition("?")[0] for item in await scene.details()] == [
        item["url"].partition("?")[0] for item in items
    ]


async def test_an_unknown_rule_is_refused(scene: Scene, store: Store) -> None:
    body = scene.body(objects=[{"cloudPath": INSIDE, "remotePath": "a"}], placement="move")
    status, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, code) == (400, "InvalidParamsValue")
    assert "placement" in message


async def test_the_copy_is_of_the_version_that_was_listed(scene: Scene, store: Store) -> None:
    for number in range(3):
        await store.put(f"other/{number}.png", b"first")
    infos = [await store.head(f"other/{number}.png") for number in range(3)]
    await store.put("other/1.png", b"other")
    body = scene.body(objects=[listed(info) for info in infos])
    status, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, code) == (400, "InvalidParamsValue")
    assert '"other/1.png" has changed since it was listed' in message
    assert await scene.details() == []

    infos[1] = await store.head("other/1.png")
    assert await put(scene, *map(listed, infos)) == {"inPlace": 0, "copied": 3}
    first = await scene.details()
    # The same again copies nothing: the copies are the same objects as before, to the moment they were written.
    assert await put(scene, *map(listed, infos)) == {"inPlace": 0, "copied": 3}
    again = await scene.details()
    assert [(item["etag"], item["mtime"]) for item in again] == [(item["etag"], item["mtime"]) for item in first]
    assert [await scene.api.read(item["url"]) for item in again] == [b"first", b"other", b"first"]


async def test_what_is_left_of_a_copy_is_no_copy(scene: Scene, store: Store) -> None:
    info = await store.head(OUTSIDE)
    await put(scene, listed(info))
    url = (await scene.details())[0]["url"].partition("?")[0]
    target = f"data/.tensorbay/copies/{url.partition('/data/.tensorbay/copies/')[2]}"
    await store.put(target, b"half")
    await put(scene, listed(info))
    assert await store.get(target) == OUTSIDE.encode()


async def test_a_size_that_is_wrong_is_found_by_copying(scene: Scene, store: Store) -> None:
    body = scene.body(objects=[listed(await store.head(OUTSIDE), size=1)])
    _, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert code == "InvalidParamsValue"
    assert f'"{OUTSIDE}" was posted with 1 bytes, and its copy has {len(OUTSIDE)}' in message


async def test_what_a_listing_knew_is_kept(scene: Scene, store: Store) -> None:
    info = await store.head(INSIDE)
    await put(scene, listed(info, version="v1"))
    (item,) = await scene.details()
    assert (item["size"], item["etag"], item["mtime"], item["version"]) == (info.size, info.etag, info.mtime, "v1")
    await put(scene, listed(info, version=None))
    assert "version" not in (await scene.details())[0]
