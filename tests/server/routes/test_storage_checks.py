from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import anyio

from tensorbay.wire import V2
from tests.server.routes.scenes import local_config, make_files
from tests.server.running import Api
from tests.servers import S3Server


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
