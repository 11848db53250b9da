from __future__ import annotations

import asyncio

import pytest

from tests.server.routes.scenes import ODD_NAMES
from tests.server.running import Api

ROOT = "0" * 32


async def test_a_new_dataset(api: Api) -> None:
    dataset_id = (await api.call("POST", "datasets", json={"name": "Dogs", "alias": "woof"}))["id"]
    found = await api.call("GET", f"datasets/{dataset_id}")
    assert found.pop("updateTime") > 0
    assert found == {
        "name": "Dogs",
        "type": 0,
        "defaultBranch": "main",
        "commitId": ROOT,
        "owner": "",
        "alias": "woof",
        "isPublic": False,
    }
    assert (await api.call("GET", f"datasets/{dataset_id}/total-size", params={"commit": ROOT})) == {"totalSize": 0}
    assert (await api.call("GET", f"datasets/{dataset_id}/segments", params={"commit": ROOT}))["segments"] == []
    assert (await api.call("GET", f"datasets/{dataset_id}/labels/catalogs", params={"commit": ROOT})) == {"catalog": {}}
    (branch,) = (await api.call("GET", f"datasets/{dataset_id}/branches"))["branches"]
    assert branch == {
        "name": "main",
        "commitId": ROOT,
        "parentCommitId": ROOT,
        "title": None,
        "description": "",
        "committer": None,
    }


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_the_name_filter_is_exact(api: Api, name: str) -> None:
    await api.call("POST", "datasets", json={"name": name})
    await api.call("POST", "datasets", json={"name": f"{name[:-1]}~"})
    found = await api.call("GET", "datasets", params={"name": name, "offset": 0, "limit": 128})
    assert ([item["name"] for item in found["datasets"]], found["totalCount"]) == ([name], 1)
    assert (await api.call("GET", "datasets", params={"name": name[:-1] + "_"}))["datasets"] == []


async def test_pages_are_full_and_counted(api: Api) -> None:
    for index in range(5):
        await api.call("POST", "datasets", json={"name": f"d{index}"})
    page = await api.call("GET", "datasets", params={"offset": 3, "limit": 4})
    assert [item["name"] for item in page["datasets"]] == ["d3", "d4"]
    assert (page["offset"], page["recordSize"], page["totalCount"]) == (3, 2, 5)
    for wrong in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"offset": 10**30}, {"limit": "x"}):
        status, code, message = await api.refusal("GET", "datasets", params=wrong)
        assert (status, code) == (400, "InvalidParamsValue")
        assert next(iter(wrong)) in message


async def test_rename_update_delete(api: Api) -> None:
    dataset_id = (await api.call("POST", "datasets", json={"name": "Dogs"}))["id"]
    other_id = (await api.call("POST", "datasets", json={"name": "Cats"}))["id"]
    await api.call("PATCH", f"datasets/{dataset_id}", json={"name": "Puppies", "isPublic": True})
    found = await api.call("GET", f"datasets/{dataset_id}")
    assert (found["name"], found["isPublic"], found["alias"]) == ("Puppies", True, "")
    assert (await api.refusal("PATCH", f"datasets/{dataset_id}", json={"name": "Cats"}))[1] == "NameConflict"
    assert (await api.refusal("POST", "datasets", json={"name": "Cats"}))[:2] == (409, "NameConflict")

    await api.call("DELETE", f"datasets/{other_id}")
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/drafts"), ("GET", "/branches")):
        status, code, message = await api.refusal(method, f"datasets/{other_id}{path}", json={})
        assert (status, code) == (404, "ResourceNotExist")
        assert other_id in message
    assert (await api.call("POST", "datasets", json={"name": "Cats"}))["id"] != other_id


async def test_an_unknown_config_is_refused(api: Api) -> None:
    body = {"name": "Dogs", "configName": "manage"}
    status, code, message = await api.refusal("POST", "datasets", json=body)
    assert (status, code) == (404, "ResourceNotExist")
    assert "manage does not exist" in message
    assert '"managed"' in message
    assert (await api.call("GET", "datasets"))["totalCount"] == 0


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb"])
async def test_names_that_are_refused(api: Api, name: str) -> None:
    assert (await api.refusal("POST", "datasets", json={"name": name}))[:2] == (400, "InvalidParamsValue")


async def test_one_of_many_creations_wins(api: Api) -> None:
    answers = await asyncio.gather(
        *(api.client.post("/gatewayv2/tensorbay-open-api/v1/datasets", json={"name": "Dogs"}) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
