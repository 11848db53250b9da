"""Two people at one dataset: what one does to what the other is at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from tensorbay.server import ServerSettings, create_key
from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api, served_api


@pytest.fixture
async def maria(served: Api) -> Scene:
    return await make_scene(served)


@pytest.fixture
async def pedro(maria: Scene, server_url: str, home: Path) -> AsyncIterator[Scene]:
    """The same dataset, draft and segment by another key of the team."""
    async with served_api(server_url, await create_key(ServerSettings(home=home), "pedro")) as api:
        yield replace(maria, api=api)


async def test_a_branch_has_one_draft_and_it_is_everybodys(maria: Scene, pedro: Scene) -> None:
    second = {"branchName": "main", "title": "pedro's"}
    status, code, message = await pedro.refusal("POST", "drafts", json=second)
    assert (status, code) == (400, "InvalidParamsValue")
    assert "open draft 1" in message

    await maria.call("PUT", "multi/callback", json=await pedro.upload(a=b"pedro's"))
    (item,) = await maria.details()
    assert await maria.api.read(item["url"]) == b"pedro's"
    await pedro.call("PATCH", "drafts/1", json={"status": "CLOSED"})
    for path, body in (("segments", {"name": "more", "draftNumber": 1}), ("commits", {"title": "t", "draftNumber": 1})):
        status, code, message = await maria.refusal("POST", path, json=body)
        assert (status, code) == (403, "Forbidden")
        assert "Draft 1 is closed" in message
    assert await pedro.call("POST", "drafts", json=second) == {"draftNumber": 2}
    (draft,) = (await maria.call("GET", "drafts"))["drafts"]
    assert (draft["number"], draft["author"]["name"]) == (2, "pedro")


async def test_a_draft_is_committed_once(maria: Scene, pedro: Scene) -> None:
    statuses: list[int] = []

    async def commit(scene: Scene) -> None:
        body = {"draftNumber": scene.draft, "title": "mine"}
        url = f"/gatewayv2/tensorbay-open-api/v1/datasets/{scene.dataset_id}/commits"
        statuses.append((await scene.api.client.post(url, json=body)).status_code)

    async with anyio.create_task_group() as group:
        for scene in (maria, pedro) * 4:
            group.start_soon(commit, scene)
    assert sorted(statuses) == [200] + [403] * 7
    assert (await maria.call("GET", "commits", params={"commit": "main"}))["totalCount"] == 1


async def test_what_somebody_works_on_is_not_deleted_with_its_branch(maria: Scene, pedro: Scene) -> None:
    await maria.call("POST", "commits", json={"draftNumber": 1, "title": "first"})
    await maria.call("POST", "branches", json={"name": "dev", "commit": "main"})
    await maria.call("POST", "drafts", json={"branchName": "dev", "title": "t"})
    status, code, message = await pedro.refusal("DELETE", "branches", json={"name": "dev"})
    assert (status, code) == (403, "Forbidden")
    assert "open draft 2" in message
    commit_id = (await maria.call("POST", "commits", json={"draftNumber": 2, "title": "t", "tag": "v"}))["commitId"]
    await pedro.call("DELETE", "branches", json={"name": "dev"})
    await pedro.call("DELETE", "tags", json={"name": "v"})
    (found, _) = (await maria.call("GET", "commits", params={"commit": commit_id}))["commits"]
    assert found["committer"]["name"] == "maria"


async def test_files_that_others_have_outlive_what_is_deleted(maria: Scene, pedro: Scene) -> None:
    await maria.call("PUT", "multi/callback", json=await maria.upload(a=b"same", b=b"same"))
    await pedro.call("DELETE", "data", json=pedro.body(remotePath="a"))
    (item,) = await maria.details()
    assert (item["remotePath"], await maria.api.read(item["url"])) == ("b", b"same")

    copy = await make_scene(pedro.api, "Copy", segment="x")
    source = {"segmentName": "train", "id": maria.dataset_id, "draftNumber": maria.draft}
    body = {"strategy": "abort", "source": source, "segmentName": "y", "draftNumber": copy.draft}
    await copy.call("POST", "segments?copy", json=body)
    await pedro.api.call("DELETE", f"datasets/{maria.dataset_id}")
    for path in ("data/details", "data"):
        assert (await maria.refusal("GET", path, params=maria.query()))[:2] == (404, "ResourceNotExist")
    assert (await maria.refusal("DELETE", "data", json=maria.body(remotePath="b")))[:2] == (404, "ResourceNotExist")
    (item,) = (await copy.call("GET", "data/details", params={**copy.query(), "segmentName": "y"}))["dataDetails"]
    assert await maria.api.read(item["url"]) == b"same"
