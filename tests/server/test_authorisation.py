"""Every endpoint of the API with no key, a wrong key, the key of another team and the right one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import anyio
import httpx
import pytest
from starlette.routing import Route

from tensorbay.server import ServerSettings, create_app, create_key
from tensorbay.wire import GATEWAY, SEXTANT_V1, SEXTANT_V2, V2
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.running import served_api

NAME = "Dogs that nobody else sees"

ROUTES = create_app(ServerSettings(home=Path("unused"))).routes
# Without an access key: what is nobody's, and URLs that are signed.
OPEN = {
    "/healthz",
    "/openapi.json",
    "/docs",
    "/docs/oauth2-redirect",
    f"/{V2}storage-service-key",
    "/objects/{config_id}",
    "/objects/{config_id}/{path}",
}
# Of a path that has one of these, another team is told that it does not exist, whatever the request says.
OF_A_TEAM = {"dataset_id", "benchmark_id"}
# What else can be in a path: parts of the above, and names that every team has its own of.
OTHERS = {"number", "basehead", "segment_name", "job_id", "evaluation_id", "config", "name"}

_PARAMETER = re.compile(r"{(\w+)(:path)?}")


class Endpoint(NamedTuple):
    method: str
    path: str

    @property
    def parameters(self) -> set[str]:
        return {name for name, _ in _PARAMETER.findall(self.path)}

    @property
    def is_of_a_team(self) -> bool:
        return bool(self.parameters & OF_A_TEAM)

    def url(self, **values: str) -> str:
        known = {"number": "1", "basehead": "draft-1", "config:path": f"in/{NAME}", **values}
        return _PARAMETER.sub(lambda match: known.get(match[0][1:-1]) or known.get(match[1], NAME), self.path)


def endpoints() -> list[Endpoint]:
    """Of the routes themselves: the OpenAPI document leaves some out."""
    found = [
        Endpoint(method, route.path)
        for route in ROUTES
        if isinstance(route, Route) and route.path_format not in OPEN
        for method in route.methods or ()
    ]
    # What deletes comes last, and what holds other things after everything else.
    holders = ("{dataset_id}", "{benchmark_id}")
    return sorted(found, key=lambda one: (one.method == "DELETE", one.path.endswith(holders), one))


ENDPOINTS = endpoints()


def test_all_of_the_api_is_here() -> None:
    assert len(ENDPOINTS) > 70
    assert sum(endpoint.is_of_a_team for endpoint in ENDPOINTS) > 50


def test_every_route_is_classified() -> None:
    """A route that is new has to be put where it belongs, above."""
    for route in ROUTES:
        assert isinstance(route, Route), route
        assert route.path_format in OPEN or route.path.startswith(f"/{GATEWAY}"), route
    assert {route.path_format for route in ROUTES if isinstance(route, Route)} >= OPEN
    for endpoint in ENDPOINTS:
        assert endpoint.parameters <= OF_A_TEAM | OTHERS, endpoint


@pytest.mark.parametrize("key", [None, "", "Accesskey-" + "x" * 32])
async def test_without_a_good_key(server_url: str, key: str | None) -> None:
    headers = {} if key is None else {"X-Token": key}
    async with httpx.AsyncClient(base_url=server_url, headers=headers) as client:
        for method, path in ENDPOINTS:
            response = await client.request(method, Endpoint(method, path).url(dataset_id="x"))
            assert (method, path, response.status_code) == (method, path, 401)
            assert response.json()["code"] == "Unauthorized"


async def test_nothing_is_read_of_whom_nobody_knows(server_url: str) -> None:
    """Bodies are announced and never sent: the answer does not wait for them."""
    url = httpx.URL(server_url)
    for method, path in ENDPOINTS:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        target = quote(Endpoint(method, path).url(dataset_id="x"))
        head = f"{method} {target} HTTP/1.1\r\nHost: {url.host}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 1000\r\nX-Token: Accesskey-x\r\n\r\n{{".encode())
        with anyio.fail_after(60):
            answer = await reader.readline()
        assert (method, path, answer) == (method, path, b"HTTP/1.1 401 Unauthorized\r\n")
        writer.close()


async def test_with_the_keys_of_two_teams(server_url: str, home: Path, tmp_path: Path) -> None:
    ours, theirs = [await create_key(ServerSettings(home=home), "maria", team) for team in ("one", "two")]
    async with served_api(server_url, ours) as api, served_api(server_url, theirs) as other:
        await local_config(api, NAME, await make_files(tmp_path / "b", "1.png"))
        scene = await make_scene(api, NAME, config=NAME, segment=NAME)
        ground = await make_scene(api, "ground truth", config=NAME)
        body = {"name": NAME, "datasetId": ground.dataset_id, "commitId": "main"}
        benchmark = await api.call("POST", "benchmarks", root=SEXTANT_V2, json=body)
        ids = {"dataset_id": scene.dataset_id, "benchmark_id": benchmark["benchmarkId"]}
        query: dict[str, str | int] = {"draftNumber": scene.draft, "segmentName": NAME}
        for endpoint in ENDPOINTS:
            refused = await other.client.request(endpoint.method, endpoint.url(**ids), params=query)
            assert (endpoint, refused.status_code < 500) == (endpoint, True)
            if endpoint.is_of_a_team:
                assert (endpoint, refused.status_code) == (endpoint, 404)
                assert NAME not in refused.text
            elif refused.status_code == 200:
                assert NAME not in refused.text
        assert (await api.call("GET", f"datasets/{scene.dataset_id}"))["name"] == NAME

        for endpoint in ENDPOINTS:
            answer = await api.client.request(endpoint.method, endpoint.url(**ids), params=query)
            assert (endpoint, answer.status_code in (200, 400, 403, 404)) == (endpoint, True), answer.text
            for value in ids.values():
                assert f": {value}" not in answer.text  # it is there
            if answer.status_code != 200:
                assert answer.json().keys() == {"code", "message"}
        assert (await api.call("GET", "datasets"))["totalCount"] == 1
        assert (await api.call("GET", "benchmarks", root=SEXTANT_V1))["totalCount"] == 0
