from __future__ import annotations

from typing import Any

import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

MERGE = {"jobType": "squashAndMerge"}


def label(category: str) -> dict[str, Any]:
    return {"CLASSIFICATION": {"category": category}}


async def put(scene: Scene, paths: str, category: str, segment: str = "train") -> None:
    objects = [
        {"cloudPath": path, "size": 1, "etag": path, "remotePath": path, "label": label(category)} for path in paths
    ]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects, segmentName=segment))


async def draft(scene: Scene, branch: str) -> None:
    scene.draft = (await scene.call("POST", "drafts", json={"branchName": branch, "title": "t"}))["draftNumber"]


async def commit(scene: Scene) -> None:
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t"})


async def start(scene: Scene, strategy: str = "abort", **members: Any) -> str:
    arguments = {"title": "merged", "sourceBranchName": "dev", "targetBranchName": "main", "strategy": strategy}
    body = {"title": "dev->main", **MERGE, "arguments": {**arguments, **members}, "description": "12"}
    job_id: str = (await scene.call("POST", "jobs", json=body))["jobId"]
    return job_id


async def ended(scene: Scene, job_id: str) -> dict[str, Any]:
    while True:
        job: dict[str, Any] = await scene.call("GET", f"jobs/{job_id}", params=MERGE)
        if job["status"] not in ("QUEUING", "PROCESSING"):
            return job


async def merged(scene: Scene, strategy: str) -> dict[str, dict[str, str]]:
    """Categories by path by segment of the draft that a job has made; the draft is closed again."""
    job = await ended(scene, await start(scene, strategy))
    assert (job["status"], job["errorMessage"]) == ("SUCCESS", "")
    number = job["result"]["draftNumber"]
    found = {}
    for segment in (await scene.call("GET", "segments", params={"draftNumber": number}))["segments"]:
        items = await scene.details(draftNumber=number, segmentName=segment["name"])
        found[segment["name"]] = {item["remotePath"]: item["label"]["CLASSIFICATION"]["category"] for item in items}
    await scene.call("PATCH", f"drafts/{number}", json={"status": "CLOSED"})
    return found


@pytest.fixture
async def scene(api: Api) -> Scene:
    """Branch "dev" with another commit than "main": both started at one with a, b, c in "train" and "old"."""
    scene = await make_scene(api)
    await put(scene, "abc", "base")
    await scene.call("POST", "segments", json={"name": "old", "draftNumber": scene.draft})
    await put(scene, "x", "base", "old")
    await commit(scene)
    await scene.call("POST", "branches", json={"name": "dev", "commit": "main"})
    return scene


async def test_changes_of_both_sides_come_together(scene: Scene) -> None:
    await draft(scene, "dev")
    await put(scene, "ad", "dev")
    await scene.call("DELETE", "data", json=scene.body(remotePath="b"))
    await scene.call("DELETE", "segments", json=scene.body(segmentName="old"))
    await scene.call("POST", "segments", json={"name": "new", "draftNumber": scene.draft})
    await put(scene, "y", "dev", "new")
    catalog = {"CLASSIFICATION": {"categories": [{"name": "dev"}]}}
    await scene.call("PUT", "labels/catalogs", json={"catalog": catalog, "draftNumber": scene.draft})
    await commit(scene)
    for strategy in ("abort", "override", "skip"):
        expected = {"new": {"y": "dev"}, "train": {"a": "dev", "c": "base", "d": "dev"}}
        assert await merged(scene, strategy) == expected
    await draft(scene, "main")
    await put(scene, "ce", "main")
    await commit(scene)
    for strategy in ("abort", "override", "skip"):
        expected = {"new": {"y": "dev"}, "train": {"a": "dev", "c": "main", "d": "dev", "e": "main"}}
        assert await merged(scene, strategy) == expected
    found = await scene.call("GET", "labels/catalogs", params={"commit": "dev"})
    assert found["catalog"] == catalog


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("abort", {"a": "main", "c": "base", "old": "main"}),
        ("override", {"a": "dev", "b": "dev", "d": "dev"}),
        ("skip", {"a": "main", "d": "dev", "old": "main"}),
    ],
)
async def test_conflicts(scene: Scene, strategy: str, expected: dict[str, str]) -> None:
    await draft(scene, "dev")
    await put(scene, "abd", "dev")
    await scene.call("DELETE", "data", json=scene.body(remotePath="c"))
    await scene.call("DELETE", "segments", json=scene.body(segmentName="old"))
    await commit(scene)
    await draft(scene, "main")
    await put(scene, "a", "main")
    await scene.call("DELETE", "data", json=scene.body(remotePath="b"))
    await put(scene, "x", "main", "old")
    await commit(scene)
    found = await merged(scene, strategy)
    assert found.pop("train") == {path: value for path, value in expected.items() if path != "old"}
    assert found == ({"old": {"x": "main"}} if "old" in expected else {})


async def test_a_source_without_changes_of_its_own(scene: Scene) -> None:
    await draft(scene, "main")
    await put(scene, "a", "main")
    await commit(scene)
    assert (await merged(scene, "override"))["train"]["a"] == "main"


async def test_a_job_as_it_is_told(scene: Scene) -> None:
    first, second = await start(scene), await start(scene)
    job = await ended(scene, first)
    number = job["result"]["draftNumber"]
    assert (job["jobType"], job["title"], job["description"]) == ("squashAndMerge", "dev->main", "12")
    assert job["arguments"]["sourceBranchName"] == "dev"
    assert job["createdAt"] <= job["startedAt"] <= job["finishedAt"]
    (made,) = (await scene.call("GET", "drafts"))["drafts"]
    assert (made["number"], made["title"], made["branchName"]) == (number, "merged", "main")
    # The second one finds the draft of the first.
    failed = await ended(scene, second)
    assert failed["status"] == "FAILED"
    assert f"open draft {number}" in failed["errorMessage"]
    assert "result" not in failed
    jobs = await scene.call("GET", "jobs", params=MERGE)
    assert ([item["jobId"] for item in jobs["jobs"]], jobs["totalCount"]) == ([second, first], 2)
    failures = await scene.call("GET", "jobs", params={**MERGE, "status": "FAILED"})
    assert [item["jobId"] for item in failures["jobs"]] == [second]

    await scene.call("PATCH", f"drafts/{number}", json={"status": "CLOSED"})
    await scene.call("POST", f"jobs/{second}/retry", params=MERGE)
    assert (await ended(scene, second))["result"] == {"draftNumber": number + 1}
    for path in (f"jobs/{second}/abort", f"jobs/{second}/retry"):
        assert (await scene.refusal("POST", path, params=MERGE))[:2] == (403, "Forbidden")
    await scene.call("DELETE", f"jobs/{second}", params=MERGE)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/abort"), ("POST", "/retry")):
        answer = await scene.refusal(method, f"jobs/{second}{path}", params=MERGE)
        assert answer[:2] == (404, "ResourceNotExist")


async def test_jobs_that_are_refused(scene: Scene) -> None:
    arguments = {"title": "m", "sourceBranchName": "dev", "targetBranchName": "main", "strategy": "abort"}
    for changes, code in (
        ({"strategy": "merge"}, "InvalidParamsValue"),
        ({"sourceBranchName": "dve"}, "ResourceNotExist"),
        ({"targetBranchName": "mian"}, "ResourceNotExist"),
        ({"title": None}, "InvalidParamsValue"),
    ):
        body = {"title": "t", **MERGE, "arguments": {**arguments, **changes}}
        assert (await scene.refusal("POST", "jobs", json=body))[1] == code
    assert (await scene.refusal("POST", "jobs", json={"title": "t", **MERGE, "arguments": {}}))[0] == 400
    assert (await scene.refusal("GET", "jobs", params={"jobType": "other"}))[:2] == (400, "InvalidParamsValue")
