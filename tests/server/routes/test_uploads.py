from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from tensorbay.wire import V2
from tests.server.routes.scenes import Scene, local_config, make_scene
from tests.server.running import Api


@pytest.fixture(params=["managed", "local"])
async def scene(request: pytest.FixtureRequest, api: Api, tmp_path: Path) -> Scene:
    if request.param == "managed":
        return await make_scene(api)
    await local_config(api, "b", tmp_path, "some/path")
    return await make_scene(api, config="b")


async def test_upload_register_read(scene: Scene) -> None:
    body = await scene.upload(**{"a.txt": b"same", "b.txt": b"same", "c.txt": b"", "d.txt": b"x" * 300_000})
    await scene.call("PUT", "multi/callback", json=body)
    items = await scene.details()
    assert [item["remotePath"] for item in items] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert [await scene.api.read(item["url"]) for item in items] == [b"same", b"same", b"", b"x" * 300_000]
    assert [item["size"] for item in items] == [4, 4, 0, 300_000]
    assert await scene.call("GET", "total-size", params={"draftNumber": scene.draft}) == {"totalSize": 300_008}


async def test_content_that_is_there_is_not_uploaded_again(scene: Scene) -> None:
    await scene.upload(a=b"first")
    checksums = [hashlib.sha1(content).hexdigest() for content in (b"first", b"second")]
    answer = await scene.call("POST", "uploads", root=V2, json=scene.body(checksums=checksums))
    assert answer["urls"][0] is None
    assert answer["urls"][1]


async def test_one_content_is_uploaded_by_many_at_once(scene: Scene) -> None:
    await asyncio.gather(*(scene.upload(a=b"x" * 100_000) for _ in range(5)))
    await scene.call("PUT", "multi/callback", json=await scene.upload(a=b"x" * 100_000))
    (item,) = await scene.details()
    assert await scene.api.read(item["url"]) == b"x" * 100_000


async def test_what_was_not_uploaded_is_not_registered(scene: Scene) -> None:
    body = await scene.upload(a=b"first")
    missing = {"checksum": "0" * 40, "fileSize": 1, "remotePath": "b"}
    short = {**body["objects"][0], "fileSize": 4}
    wrong = {**body["objects"][0], "checksum": "../secret"}
    for item, code in (
        (missing, "ResourceNotExist"),
        (short, "InvalidParamsValue"),
        (wrong, "InvalidParamsValue"),
    ):
        refused = scene.body(objects=[*body["objects"], item])
        assert (await scene.refusal("PUT", "multi/callback", json=refused))[1] == code
    assert await scene.details() == []


async def test_uploads_need_an_open_draft(scene: Scene) -> None:
    checksums = ["0" * 40]
    unknown = scene.body(checksums=checksums, draftNumber=9)
    assert (await scene.refusal("POST", "uploads", root=V2, json=unknown))[1] == "ResourceNotExist"
    await scene.call("PATCH", f"drafts/{scene.draft}", json={"status": "CLOSED"})
    body = scene.body(checksums=checksums)
    assert (await scene.refusal("POST", "uploads", root=V2, json=body))[:2] == (403, "Forbidden")
