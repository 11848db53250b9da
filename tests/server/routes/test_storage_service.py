"""Configs of local storage services; the service itself is tested in `tests/local_storage`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay.server import ServerSettings, create_key, public_key
from tensorbay.wire import V2
from tests.local_storage.running import RunningService
from tests.server.routes.scenes import Scene, make_files, make_scene
from tests.server.running import Api, served_api
from tests.servers import free_ports


@pytest.fixture
async def service(service_process: RunningService, home: Path, tmp_path: Path) -> RunningService:
    """It trusts the server of `home`."""
    root = await make_files(tmp_path / "disks", "data/1.png", "data/2.png", "other/1.png")
    service_process.serve(root, public_key=await key_of(home))
    return service_process


async def key_of(home: Path) -> str:
    return await public_key(ServerSettings(home=home))


async def make_config(api: Api, endpoint: str, name: str = "disks") -> None:
    await api.call("POST", "storage-configs/local", json={"name": name, "filePath": "data", "endpoint": endpoint})


async def test_the_key_is_open_to_all(service: RunningService, api: Api, home: Path) -> None:
    answer = await api.client.get(f"/{V2}storage-service-key", headers={"X-Token": ""})
    assert answer.json() == {"publicKey": await key_of(home)}


async def test_a_service_need_not_answer(api: Api) -> None:
    (nobody,) = free_ports(1)
    await make_config(api, f"http://127.0.0.1:{nobody}/")
    (item,) = (await api.call("GET", "storage-configs", params={"name": "disks"}))["configs"]
    assert item == {"name": "disks", "type": "local", "filePath": "data", "isGravitiStorage": False}


async def test_clients_reach_the_files_without_the_server(service: RunningService, api: Api, tmp_path: Path) -> None:
    await make_config(api, service.url)
    listed = await api.call("GET", "cloud/disks/files", params={"prefix": "data/"})
    assert listed["cloudFiles"] == ["data/1.png", "data/2.png"]
    scene = await make_scene(api, config="disks")
    await scene.import_paths("data/1.png", "other/1.png")
    await scene.call("PUT", "multi/callback", json=await scene.upload(**{"up.txt": b"uploaded"}))
    contents = {item["remotePath"]: await read(scene, item["url"], service) for item in await scene.details()}
    assert contents == {"data/1.png": b"data/1.png", "other/1.png": b"other/1.png", "up.txt": b"uploaded"}
    places = {path.parent.name for path in (tmp_path / "disks/data/.tensorbay").rglob("*") if path.is_file()}
    assert "objects" in places
    policy = await scene.call("GET", "policies", params=scene.query())
    assert policy["extra"]["host"].startswith(f"{service.url}/objects?token=")


async def read(scene: Scene, url: str, service: RunningService) -> bytes:
    assert url.startswith(f"{service.url}/objects/")
    return await scene.api.read(url)


async def test_a_service_can_be_one_teams_own(
    service: RunningService, server_url: str, home: Path, tmp_path: Path
) -> None:
    ours, theirs = [await create_key(ServerSettings(home=home), "maria", team) for team in ("one", "two")]
    async with served_api(server_url, ours) as api, served_api(server_url, theirs) as other:
        team = (await api.call("GET", "users"))["team"]["id"]
        service.serve(tmp_path / "disks", public_key=await key_of(home), teams=frozenset({team}))
        for one in (api, other):
            await make_config(one, service.url)
        assert (await api.call("GET", "cloud/disks/files", params={"prefix": "data/"}))["cloudFiles"]
        refused = await other.refusal("GET", "cloud/disks/files", params={"prefix": "data/"})
        assert refused[:2] == (403, "AccessDenied")
        assert "not for the team" in refused[2]


async def test_files_that_are_missing_are_named(service: RunningService, served: Api) -> None:
    await make_config(served, service.url)
    scene = await make_scene(served, config="disks")
    body = scene.body(objects=[{"cloudPath": "data/3.png", "remotePath": "3.png"}])
    status, code, message = await scene.refusal("PUT", "multi/cloud-callback", json=body)
    assert (status, code) == (404, "ResourceNotExist")
    assert "data/1.png" in message
