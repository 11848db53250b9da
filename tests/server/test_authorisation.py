"""Every endpoint of the API with no key, a wrong key, the key of another team and the right one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import anyio
import httpx
import pytest

from tensorbay.server import ServerSettings, create_app, create_key
from tensorbay.wire import GATEWAY, V2
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.running import served_api

NAME = "Dogs that nobody else sees"


class Endpoint(NamedTuple):
    method: str
    path: str

    @property
    def is_of_dataset(self) -> bool:
        return "{dataset_id}" in self.path

    def url(self, dataset_id: str) -> str:
        return self.path.format_map(_Values(dataset_id=dataset_id))


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1" if name == "number" else "draft-1" if name == "basehead" else NAME


def endpoints() -> list[Endpoint]:
    schema = create_app(ServerSettings(home=Path("unused"))).openapi()
    found = [
        Endpoint(method.upper(), path)
        for path, methods in schema["paths"].items()
        if path.startswith(f"/{GATEWAY}")
        for method in methods
    ]
    # What deletes comes last, and the dataset after everything else.
    return sorted(found, key=lambda one: (one.method == "DELETE", one.path.endswith("{dataset_id}"), one))


ENDPOINTS = endpoints()
# The public key of the server's tokens: what reads it may have no access key, and nothing of it is secret.
OPEN = {f"/{V2}storage-service-key"}


def test_all_of_the_api_is_here() -> None:
    assert len(ENDPOINTS) > 60
    assert sum(endpoint.is_of_dataset for endpoint in ENDPOINTS) > 40


@pytest.mark.parametrize("key", [None, "", "Accesskey-" + "x" * 32])
async def test_without_a_good_key(server_url: str, key: str | None) -> None:
    headers = {} if key is None else {"X-Token": key}
    async with httpx.AsyncClient(base_url=server_url, headers=headers) as client:
        for method, path in ENDPOINTS:
            response = await client.request(method, Endpoint(method, path).url("x"))
            if path in OPEN:
                assert response.json().keys() == {"publicKey"}
                continue
            assert (method, path, response.status_code) == (method, path, 401)
            assert response.json()["code"] == "Unauthorized"


async def test_nothing_is_read_of_whom_nobody_knows(server_url: str) -> None:
    """Bodies are announced and never sent: the answer does not wait for them."""
    url = httpx.URL(server_url)
    for method, path in ENDPOINTS:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        target = quote(Endpoint(method, path).url("x"))
        head = f"{method} {target} HTTP/1.1\r\nHost: {url.host}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 1000\r\nX-Token: Accesskey-x\r\n\r\n{{".encode())
        with anyio.fail_after(10):
            answer = await reader.readline()
        assert (method, path, answer) == (method, path, b"HTTP/1.1 401 Unauthorized\r\n")
        writer.close()


async def test_with_the_keys_of_two_teams(server_url: str, home: Path, tmp_path: Path) -> None:
    ours, theirs = [await create_key(home, "maria", team) for team in ("one", "two")]
    async with served_api(server_url, ours) as api, served_api(server_url, theirs) as other:
        await local_config(api, NAME, await make_files(tmp_path / "b", "1.png"))
        scene = await make_scene(api, NAME, config=NAME, segment=NAME)
        query: dict[str, str | int] = {"draftNumber": scene.draft, "segmentName": NAME}
        for endpoint in ENDPOINTS:
            refused = await other.client.request(endpoint.method, endpoint.url(scene.dataset_id), params=query)
            assert (endpoint, refused.status_code < 500) == (endpoint, True)
            if endpoint.is_of_dataset:
                assert (endpoint, refused.status_code) == (endpoint, 404)
                assert NAME not in refused.text
            elif refused.status_code == 200:
                assert NAME not in refused.text
        assert (await api.call("GET", f"datasets/{scene.dataset_id}"))["name"] == NAME

        for endpoint in ENDPOINTS:
            answer = await api.client.request(endpoint.method, endpoint.url(scene.dataset_id), params=query)
            assert (endpoint, answer.status_code in (200, 400, 403, 404)) == (endpoint, True), answer.text
            assert f"dataset: {scene.dataset_id}" not in answer.text
            if answer.status_code != 200:
                assert answer.json().keys() == {"code", "message"}
        assert (await api.call("GET", "datasets"))["totalCount"] == 0
