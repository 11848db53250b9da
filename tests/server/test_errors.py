from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tensorbay.server import Server, ServerSettings
from tensorbay.wire import V1
from tests.server.routes.scenes import make_scene
from tests.server.running import Api


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "ResourceNotExist"),
        ("GET", f"/{V1}nowhere", 404, "ResourceNotExist"),
        ("PUT", f"/{V1}datasets", 405, "MethodNotAllowed"),
        ("POST", "/healthz", 405, "MethodNotAllowed"),
        ("TRACE", "/healthz", 405, "MethodNotAllowed"),
        ("POST", "/docs", 405, "MethodNotAllowed"),
        ("GET", "/", 404, "ResourceNotExist"),
        ("GET", f"/{V1}datasets?limit=x", 400, "InvalidParamsValue"),
        ("POST", f"/{V1}datasets", 400, "RequestParamsMissing"),
        ("PUT", f"/{V1}datasets/x/labels", 404, "ResourceNotExist"),
        ("OPTIONS", f"/{V1}datasets", 405, "MethodNotAllowed"),
        ("GET", "/objects/x/y", 400, "RequestParamsMissing"),
        ("GET", "/objects/x/y?expires=1&signature=x", 403, "AccessDenied"),
        ("GET", "/objects/x/y?expires=x&signature=x", 400, "InvalidParamsValue"),
        ("POST", "/objects/x?prefix=&expires=1&signature=x", 403, "AccessDenied"),
        ("GET", "/%ff/%00/..%2f", 404, "ResourceNotExist"),
    ],
)
async def test_every_error_is_json_with_a_code(api: Api, method: str, path: str, status: int, code: str) -> None:
    response = await api.client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["message"]
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b'"text"', b"1e999"])
async def test_bodies_that_are_no_message(api: Api, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status, code, _ = await api.refusal("POST", "datasets", content=content, headers=headers)
    assert (status, code) == (400, "InvalidParamsValue")


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_of_another_type(api: Api, type_: str) -> None:
    status, code, message = await api.refusal(
        "POST", "datasets", content=b'{"name": "Dogs"}', headers={"Content-Type": type_}
    )
    assert (status, code) == (400, "InvalidParamsValue")
    assert "application/json" in message


async def test_a_form_that_is_none(served: Api) -> None:
    scene = await make_scene(served)
    policy = await scene.call("GET", "policies", params=scene.query())
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"--y", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n"):
        response = await served.client.post(policy["extra"]["host"], content=content, headers=headers)
        assert (content, response.status_code) == (content, 400)
        assert response.json().keys() == {"code", "message"}


async def test_the_methods_of_an_endpoint(api: Api) -> None:
    response = await api.client.put(f"/{V1}datasets")
    assert response.headers["Allow"]


async def test_a_body_over_the_limit(home: Path) -> None:
    server = await Server.open(ServerSettings(home=home, embedded=True, body_limit=1000))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://embedded") as client:
        for path in ("datasets/x/multi/callback", "labels", "datasets"):
            response = await client.put(f"/{V1}{path}", content=b" " * 1001)
            assert (response.status_code, response.json()["code"]) == (413, "InvalidParamsValue")
            assert "1000 bytes" in response.json()["message"]

        async def unannounced() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b" " * 500

        json_type = {"Content-Type": "application/json"}
        dataset_id = (await client.post(f"/{V1}datasets", json={"name": "Dogs"})).json()["id"]
        response = await client.put(f"/{V1}datasets/{dataset_id}/multi/callback", content=unannounced())
        assert (response.status_code, response.json()["code"]) == (413, "InvalidParamsValue")
        assert "1000 bytes" in response.json()["message"]
        response = await client.post(f"/{V1}datasets", content=unannounced(), headers=json_type)
        assert (response.status_code, response.json()["code"]) == (413, "InvalidParamsValue")
        assert "1000 bytes" in response.json()["message"]
    await server.aclose()


async def test_an_unexpected_failure_is_logged_and_told_by_its_id(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = await Server.open(ServerSettings(home=home, embedded=True))

    @server.app.get("/broken")
    async def broken(secret: str) -> None:
        raise RuntimeError("the details")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://embedded") as client:
        response = await client.get("/broken?secret=hunter2", headers={"X-Request-Id": "r-1"})
        assert response.status_code == 500
        assert response.json() == {
            "code": "InternalServerError",
            "message": "The server failed; its log tells why under request id r-1.",
        }
        (record,) = [record for record in caplog.records if record.name == "tensorbay.server"]
        assert record.levelno == logging.ERROR
        assert record.getMessage() == "request r-1 failed: GET /broken"
        assert "the details" in caplog.text
        assert "hunter2" not in caplog.text

        # An id that could forge lines of the log is not taken over.
        response = await client.get("/broken?secret=x", headers={"X-Request-Id": "r 1\\n" * 20})
        assert re.search(r"id [0-9a-f]{32}\.$", response.json()["message"])
    await server.aclose()


async def test_the_api_describes_itself(api: Api) -> None:
    schema = (await api.client.get("/openapi.json")).json()
    path = f"/{V1}datasets/{{dataset_id}}/multi/cloud-callback"
    body = schema["paths"][path]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/CloudImport"}
    assert "cloudPath" in schema["components"]["schemas"]["CloudObject"]["properties"]
    assert (await api.client.get("/docs")).status_code == 200
