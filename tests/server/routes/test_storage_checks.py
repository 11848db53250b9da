from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import anyio
from aiohttp import web

from tensorbay.wire import V2
from tests.server.routes.scenes import local_config, make_files
from tests.server.running import Api
from tests.servers import S3Server
from tests.storage.s3_double import S3Double, refusal, s3_double


async def test_a_bucket(api: Api, s3_server: S3Server, s3_bucket: str) -> None:
    body = {
        "name": "s3",
        "filePath": "data",
        "endpoint": s3_server.endpoint,
        "accesskeyId": "reader",
        "accesskeySecret": "readerreader",
        "bucketName": s3_bucket,
    }
    await api.call("POST", "storage-configs/s3", json=body)
    found = await api.call("POST", "storage-configs/s3/check", root=V2)
    assert (found["ok"], found["canRead"], found["canWrite"], found["canCopy"]) == (True, True, False, False)
    (put,) = (step for step in found["steps"] if step["name"] == "put")
    assert (put["status"], put["permission"]) == ("failed", "s3:PutObject")
    assert put["seconds"] > 0
    assert f"{s3_bucket}/data/*" in found["policy"]
    assert "readerreader" not in str(found)


async def test_the_policy_that_is_given_is_enough_for_a_config(api: Api) -> None:
    """It opens the config's path alone."""
    double = S3Double({"data/1.png": b"1"})

    async def limited(request: web.Request) -> web.StreamResponse:
        if not request.match_info["key"] and not request.query.get("prefix", "").startswith("data/"):
            return refusal(403, "AccessDenied")
        double.faults.append(limited)
        return await S3Double(double.objects).handle(request)

    double.faults.append(limited)
    key = {"accesskeyId": "id", "accesskeySecret": "secret-of-double"}
    async with s3_double(double):
        body = {"name": "s3", "filePath": "data", "endpoint": double.url, "bucketName": "bucket", **key}
        await api.call("POST", "storage-configs/s3", json=body)


async def test_folders(api: Api, tmp_path: Path) -> None:
    name = "my pictures/100%"
    await local_config(api, name, await make_files(tmp_path / "b", "1.png"))
    path = f"storage-configs/{quote(name, safe='')}/check"
    found = await api.call("POST", path, root=V2)
    assert (found["ok"], found["canWrite"], found["policy"]) == (True, True, None)
    assert found["storage"] == f"Folder {tmp_path / 'b'}"

    await anyio.Path(tmp_path / "b").rename(tmp_path / "c")
    found = await api.call("POST", path, root=V2)
    assert found["ok"] is False
    assert found["summary"] == "It cannot be read: list failed."


async def test_the_managed_storage_before_anything_is_in_it(api: Api) -> None:
    found = await api.call("POST", "storage-configs/managed/check", root=V2)
    assert (found["canRead"], found["canWrite"], found["canCopy"]) == (True, True, True)


async def test_an_unknown_config(embedded: Api) -> None:
    status, code, message = await embedded.refusal("POST", "storage-configs/mangaed/check", root=V2)
    assert (status, code) == (404, "ResourceNotExist")
    assert '"managed"' in message
