from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

BOUNDARY = "b" * 20


@pytest.fixture
async def scene(served: Api) -> Scene:
    return await make_scene(served)


async def policy(scene: Scene) -> dict[str, Any]:
    query = {**scene.query(), "expired": 240, "isInternal": "True"}
    found: dict[str, Any] = await scene.call("GET", "policies", params=query)
    return found


async def post_form(host: str, content: bytes, *, file_name: str | None, **fields: str) -> httpx.Response:
    """As clients of 1.x write it: the fields, then the file, and no access key."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file_name is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with httpx.AsyncClient() as client:
        return await client.post(host, content=b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), headers=headers)


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 3_000_000])
async def test_upload_by_form(scene: Scene, content: bytes) -> None:
    found = await policy(scene)
    extra = found["extra"]
    assert found["result"] == {"multipleUploadLimit": None}
    assert extra["backendType"] == "fps"
    checksum = hashlib.sha1(content).hexdigest()
    key = extra["objectPrefix"] + checksum
    for file_name in (checksum, "", checksum):
        response = await post_form(extra["host"], content, file_name=file_name, key=key)
        assert response.status_code == 200, response.text
    objects = [{"checksum": checksum, "fileSize": len(content), "remotePath": "a.bin"}]
    await scene.call("PUT", "multi/callback", json=scene.body(objects=objects))
    (item,) = await scene.details()
    assert await scene.api.read(item["url"]) == content


async def test_forms_that_are_refused(scene: Scene, home: Path) -> None:
    extra = (await policy(scene))["extra"]
    host, prefix = extra["host"], extra["objectPrefix"]
    good = hashlib.sha1(b"hello").hexdigest()

    async def refused(host: str, key: str, file_name: str | None = good) -> tuple[int, str]:
        response = await post_form(host, b"hello", file_name=file_name, key=key)
        return response.status_code, response.json()["code"]

    assert await refused(host, prefix + "0" * 40) == (400, "InvalidParamsValue")
    assert await refused(host, f"elsewhere/{prefix}{good}") == (403, "AccessDenied")
    assert await refused(host, f"{prefix}../../{good}") == (403, "AccessDenied")
    assert await refused(host, prefix + good, None) == (400, "RequestParamsMissing")
    assert await refused(host.replace("prefix=", "prefix=x"), prefix + good) == (403, "AccessDenied")
    assert await refused(host.replace("expires=", "expires=9"), prefix + good) == (403, "AccessDenied")
    async with httpx.AsyncClient() as client:
        response = await client.post(host, content=b"no form")
    assert (response.status_code, response.json()["code"]) == (400, "RequestParamsMissing")
    assert [path for path in (home / "objects").rglob("*") if path.is_file()] == []


async def test_a_policy_needs_an_open_draft(scene: Scene) -> None:
    query = scene.query(draftNumber=9)
    assert (await scene.refusal("GET", "policies", params=query))[1] == "ResourceNotExist"
    await scene.call("PATCH", f"drafts/{scene.draft}", json={"status": "CLOSED"})
    assert (await scene.refusal("GET", "policies", params=scene.query()))[1] == "Forbidden"
