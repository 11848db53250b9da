from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tensorbay.exception import InvalidParamsError, ResourceNotExistError
from tensorbay.server import ServerSettings, create_key, list_keys, revoke_keys, serve
from tensorbay.wire import V1
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.running import Api, served_api


async def test_a_key_has_the_shape_that_clients_check(home: Path) -> None:
    keys = {await create_key(ServerSettings(home=home), "maria") for _ in range(2)}
    assert len(keys) == 2
    for key in keys:
        assert re.fullmatch(r"Accesskey-[A-Za-z0-9_-]{32}", key)
        assert key.encode() not in (home / "index.sqlite").read_bytes()


async def test_who_a_key_belongs_to(served: Api) -> None:
    user = await served.call("GET", "users")
    assert (user["nickname"], user["team"]["name"]) == ("maria", "default")


@pytest.mark.parametrize("headers", [{}, {"X-Token": ""}, {"X-Token": "Accesskey-" + "x" * 32}, {"X-Token": "ä"}])
async def test_without_a_good_key_nothing_is_served(server_url: str, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    async with httpx.AsyncClient(base_url=server_url, headers=encoded) as client:
        for path in ("users", "datasets", "storage-configs", "datasets/x/segments", "cloud/x/files"):
            response = await client.get(f"/{V1}{path}")
            assert response.status_code == 401
            assert response.json()["code"] == "Unauthorized"
        assert (await client.get("/healthz")).status_code == 200


async def test_teams_do_not_see_each_other(server_url: str, home: Path, tmp_path: Path) -> None:
    folder = await make_files(tmp_path / "b", "1.png")
    ours, theirs = [await create_key(ServerSettings(home=home), "maria", team) for team in ("one", "two")]
    async with served_api(server_url, ours) as api, served_api(server_url, theirs) as other:
        await local_config(api, "pictures", folder)
        scene = await make_scene(api, "Dogs", config="pictures")
        await scene.import_paths("1.png")
        secret = await scene.upload(secret=b"only ours")

        assert (await other.call("GET", "datasets"))["totalCount"] == 0
        assert [config["name"] for config in (await other.call("GET", "storage-configs"))["configs"]] == ["managed"]
        refusals = [
            await other.refusal("GET", f"datasets/{scene.dataset_id}"),
            await other.refusal("DELETE", f"datasets/{scene.dataset_id}"),
            await other.refusal("GET", f"datasets/{scene.dataset_id}/data", params=scene.query()),
            await other.refusal("DELETE", "storage-configs/pictures"),
            await other.refusal("GET", "cloud/pictures/files"),
            await other.refusal("POST", "datasets", json={"name": "Cats", "configName": "pictures"}),
        ]
        assert [(status, code) for status, code, _ in refusals] == [(404, "ResourceNotExist")] * 6

        # The same names are free, and to know a checksum is not to have the file.
        await local_config(other, "pictures", folder)
        mine = await make_scene(other, "Dogs")
        body = mine.body(objects=secret["objects"])
        assert (await mine.refusal("PUT", "multi/callback", json=body))[:2] == (404, "ResourceNotExist")


async def test_an_embedded_server_needs_no_key_and_is_not_for_the_network(embedded: Api, home: Path) -> None:
    assert (await embedded.call("GET", "users"))["team"]["name"] == "default"
    with pytest.raises(ValueError, match="network"):
        serve(ServerSettings(home=home, embedded=True))


async def test_embedded_and_served_are_one_team(embedded: Api, served: Api) -> None:
    await embedded.call("POST", "datasets", json={"name": "Dogs"})
    assert (await served.call("GET", "datasets"))["datasets"][0]["name"] == "Dogs"


async def test_keys_are_listed_and_revoked_while_a_server_runs(server_url: str, home: Path) -> None:
    settings = ServerSettings(home=home)
    first, second, other = [
        await create_key(settings, name, team) for name, team in (("zoe", "one"), ("zoe", "one"), ("zoe", "two"))
    ]

    async def served() -> list[bool]:
        async with httpx.AsyncClient(base_url=server_url) as client:
            answers = [await client.get(f"/{V1}users", headers={"X-Token": key}) for key in (first, second, other)]
        return [answer.status_code == 200 for answer in answers]

    keys = [key for key in await list_keys(settings) if key.name == "zoe"]
    assert [key.team for key in keys] == ["one", "one", "two"]
    assert keys[0].created < keys[1].created
    assert await served() == [True, True, True]
    # One key of two, by itself; then all of a name, in one team only.
    assert await revoke_keys(settings, second) == 1
    assert await served() == [True, False, True]
    assert await revoke_keys(settings, "zoe", "one") == 1
    assert await served() == [False, False, True]
    for name, words in (
        ("zo", 'access key: zo does not exist. Nearby: "zoe"'),
        (second, 'Accesskey-[^"]{4}[.]{3} does'),
    ):
        with pytest.raises(ResourceNotExistError, match=words) as refused:
            await revoke_keys(settings, name, "two")
        assert second not in str(refused.value)
    assert await served() == [False, False, True]


async def test_keys_of_a_home_that_is_none(tmp_path: Path) -> None:
    settings = ServerSettings(home=tmp_path / "home")
    for call in (list_keys(settings), revoke_keys(settings, "maria")):
        with pytest.raises(InvalidParamsError, match=r"There is no index in .*home: give the server's home"):
            await call
    assert not settings.home.exists()
