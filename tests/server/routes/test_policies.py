from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tensorbay.server import ServerSettings, create_key
from tensorbay.server.policies import by_put
from tensorbay.server.services import Services
from tests.server.routes.scenes import Scene, local_config, make_scene
from tests.server.running import Api, running_server, served_api
from tests.servers import S3Server

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


@pytest.fixture(params=["straight", "through the server"])
async def scene_of_bucket(
    request: pytest.FixtureRequest, home: Path, s3_server: S3Server, s3_bucket: str
) -> AsyncIterator[Scene]:
    hosts = ("0.0.1",) if request.param == "straight" else ("27.0.0.1", "amazonaws.com")
    body = {
        "name": "s3",
        "filePath": "ä b",
        "endpoint": s3_server.endpoint,
        "bucketName": s3_bucket,
        "accesskeyId": s3_server.access_key_id,
        "accesskeySecret": s3_server.access_key_secret,
    }
    with running_server(ServerSettings(home=home, form_hosts=hosts, allow_private_endpoints=True)) as url:
        async with served_api(url, await create_key(ServerSettings(home=home), "maria")) as api:
            await api.call("POST", "storage-configs/s3", json=body)
            yield await make_scene(api, config="s3")


@pytest.mark.parametrize("scene_of_bucket", ["through the server"], indirect=True)
async def test_a_service_that_may_not_take_the_forms_gets_none(scene_of_bucket: Scene) -> None:
    """SeaweedFS refuses larger files without a file name, in the words that make a 1.x client send nothing at all."""
    extra = (await policy(scene_of_bucket))["extra"]
    content = b"hello"
    checksum = hashlib.sha1(content).hexdigest()
    assert extra["backendType"] == "fps"
    response = await post_form(extra["host"], content, file_name=checksum, key=extra["objectPrefix"] + checksum)
    assert response.status_code == 200
    objects = [{"checksum": checksum, "fileSize": len(content), "remotePath": "a"}]
    await scene_of_bucket.call("PUT", "multi/callback", json=scene_of_bucket.body(objects=objects))
    (item,) = await scene_of_bucket.details()
    assert await scene_of_bucket.api.read(item["url"]) == content


@pytest.mark.parametrize("scene_of_bucket", ["straight"], indirect=True)
async def test_upload_by_form_to_a_bucket(scene_of_bucket: Scene, s3_server: S3Server) -> None:
    """The bytes go straight to the store, which takes what the policy says and nothing else."""
    scene = scene_of_bucket
    found = await policy(scene)
    extra, fields = found["extra"], {name: value for name, value in found["result"].items() if value is not None}
    host, prefix = extra["host"], extra["objectPrefix"]
    assert extra["backendType"] == "s3"
    assert host.startswith(s3_server.endpoint)
    assert (prefix, "key" in fields, fields["success_action_status"]) == ("ä b/.tensorbay/objects/", False, "201")
    assert s3_server.access_key_secret not in f"{found}"

    contents = [b"", b"hello", bytes(range(256))]
    objects = []
    for number, content in enumerate(contents):
        checksum = hashlib.sha1(content).hexdigest()
        for type_ in ("", "image/png"):
            form = {**fields, "key": prefix + checksum, "Content-Type": type_}
            response = await post_form(host, content, file_name="", **form)
            assert response.status_code == 201, response.text
        objects.append({"checksum": checksum, "fileSize": len(content), "remotePath": f"{number}"})
    longer = [{**objects[1], "fileSize": 6}]
    refused = await scene.refusal("PUT", "multi/callback", json=scene.body(objects=longer))
    assert refused[:2] == (400, "InvalidParamsValue")
    await scene.call("PUT", "multi/callback", json=scene.body(objects=objects))
    assert [await scene.api.read(item["url"]) for item in await scene.details()] == contents

    for changed in (
        {"key": f"elsewhere/{'0' * 40}"},
        {"key": prefix + "0" * 40, "x-amz-signature": "0" * 64},
        {"key": prefix + "0" * 40, "success_action_status": "200"},
    ):
        response = await post_form(host, b"hello", file_name="", **{**fields, **changed})
        assert (changed, 400 <= response.status_code < 500) == (changed, True), response.text


async def put(url: str, content: bytes | AsyncIterator[bytes]) -> tuple[int, str]:
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": "image/png"}
    async with httpx.AsyncClient() as client:
        response = await client.put(url, content=content, headers=headers)
    return response.status_code, response.json().get("code", "")


async def chunks(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


async def test_upload_by_put_as_to_azure(served: Api, home: Path, tmp_path: Path) -> None:
    """The answer for an Azure storage, here of a folder with an odd name: all of it goes through this server."""
    await local_config(served, "b", tmp_path, "ä b#c?d%20")
    scene = await make_scene(served, config="b")
    services = await Services.open(ServerSettings(home=home, allow_folders=(tmp_path,)))
    try:
        caller = await services.accounts.find(served.client.headers["X-Token"])
        assert caller is not None
        storage = await services.storages.named(caller.team_id, "b")
        found = by_put(storage, services.signer, base_url=f"{served.client.base_url}", seconds=60)
    finally:
        await services.aclose()
    extra, result = found["extra"], found["result"]
    assert (extra["backendType"], result["x-ms-blob-type"]) == ("azure", "BlockBlob")
    assert result["multipleUploadLimit"] is None

    def url(checksum: str, token: str = result["token"]) -> str:
        return f"{extra['host']}{extra['objectPrefix']}{checksum}?{token}"

    contents = [b"", b"hello", b"x" * 3_000_000]
    objects = []
    for number, content in enumerate(contents):
        checksum = hashlib.sha1(content).hexdigest()
        assert await put(url(checksum), chunks(content[:3], content[3:])) == (201, "")
        objects.append({"checksum": checksum, "fileSize": len(content), "remotePath": f"{number}"})
    await scene.call("PUT", "multi/callback", json=scene.body(objects=objects))
    assert [await served.read(item["url"]) for item in await scene.details()] == contents
    good = hashlib.sha1(b"hello").hexdigest()
    assert await put(url("0" * 40), b"hello") == (400, "InvalidParamsValue")
    assert await put(url(f"../{good}"), b"hello") == (403, "AccessDenied")
    assert await put(url(good, result["token"].replace("expires=", "expires=9")), b"hello") == (403, "AccessDenied")
    assert await put(url(good, result["token"].replace("prefix=", "prefix=x")), b"hello") == (403, "AccessDenied")
    elsewhere = f"{extra['host']}{good}?{result['token']}"
    assert await put(elsewhere, b"hello") == (403, "AccessDenied")


async def test_a_policy_needs_an_open_draft(scene: Scene) -> None:
    query = scene.query(draftNumber=9)
    assert (await scene.refusal("GET", "policies", params=query))[1] == "ResourceNotExist"
    await scene.call("PATCH", f"drafts/{scene.draft}", json={"status": "CLOSED"})
    assert (await scene.refusal("GET", "policies", params=scene.query()))[1] == "Forbidden"
