from __future__ import annotations

from typing import Any

import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

SEARCH = {"jobType": "basicSearch"}


def box(category: str, **attributes: Any) -> dict[str, Any]:
    return {"BOX2D": [{"category": category, "attributes": attributes}]}


async def put(scene: Scene, segment: str, *items: dict[str, Any]) -> None:
    objects = [{"cloudPath": "x", "etag": "e", "size": 1, **item} for item in items]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects, segmentName=segment))


async def commit(scene: Scene) -> None:
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": "v1"})


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(api)
    await scene.call("POST", "segments", json={"name": "test", "draftNumber": scene.draft})
    await put(
        scene,
        "train",
        {"remotePath": "dir/1.jpg", "size": 10, "label": box("cat", color="red", old=True)},
        {"remotePath": "2.jpg", "size": 20, "label": box("dog", color="blue", old=1)},
        {"remotePath": "3.png", "size": 30},
    )
    await put(scene, "test", {"remotePath": "4.jpg", "size": 20, "label": {"CLASSIFICATION": {"category": "cat"}}})
    catalog = {"BOX2D": {"categories": [{"name": "cat"}]}}
    await scene.call("PUT", "labels/catalogs", json={"catalog": catalog, "draftNumber": scene.draft})
    await commit(scene)
    return scene


def one(key: str, operator: str, value: Any, label_type: str | None = None) -> dict[str, Any]:
    extra = {} if label_type is None else {"extraInfo": {"labelType": label_type}}
    return {"key": key, "operator": operator, "value": value, "title": "T", **extra}


async def start(scene: Scene, *filters: Any, conjunction: str = "and", unit: str = "file", commit: str = "v1") -> str:
    arguments = {"commit": commit, "conjunction": conjunction, "unit": unit, "filters": [*filters]}
    body = {"title": "search", **SEARCH, "arguments": arguments}
    job_id: str = (await scene.call("POST", "jobs", json=body))["jobId"]
    return job_id


async def result(scene: Scene, job_id: str) -> tuple[Scene, dict[str, str]]:
    """The result to read, and its version."""
    while (job := await scene.call("GET", f"jobs/{job_id}", params=SEARCH))["status"] in ("QUEUING", "PROCESSING"):
        pass
    assert (job["status"], job["errorMessage"]) == ("SUCCESS", "")
    found = job["result"]
    return Scene(scene.api, found["searchResultId"], 1), {"commit": found["searchResultCommitId"]}


async def found(scene: Scene, *filters: Any, **options: str) -> dict[str, list[str]]:
    there, version = await result(scene, await start(scene, *filters, **options))
    segments = (await there.call("GET", "segments", params=version))["segments"]
    paths = {}
    for segment in segments:
        query = {"segmentName": segment["name"], **version}
        items = (await there.call("GET", "data/details", params=query))["dataDetails"]
        paths[segment["name"]] = [item["remotePath"] for item in items]
    return paths


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        (one("segment", "in", ["test", "x"]), ["4.jpg"]),
        (one("size", "=", 20), ["2.jpg", "4.jpg"]),
        (one("size", ">=", 20), ["2.jpg", "3.png", "4.jpg"]),
        (one("size", "<", 20), ["dir/1.jpg"]),
        (one("withLabel", "=", False), ["3.png"]),
        (one("withLabel", "=", True), ["2.jpg", "4.jpg", "dir/1.jpg"]),
        (one("category", "in", ["cat"], "BOX2D"), ["dir/1.jpg"]),
        (one("category", "in", ["cat", "x"]), ["4.jpg", "dir/1.jpg"]),
        (one("attribute", "in", {"color": ["red", "blue"], "old": [True]}, "BOX2D"), ["dir/1.jpg"]),
        (one("keyword", "like", ".jpg"), ["2.jpg", "4.jpg", "dir/1.jpg"]),
        (one("keyword", "=", "3.png"), ["3.png"]),
        (one("frame", "like", "dir"), []),
    ],
)
async def test_filters(scene: Scene, filter_: dict[str, Any], expected: list[str]) -> None:
    paths = await found(scene, filter_)
    assert sorted(path for segment in paths.values() for path in segment) == expected
    assert all(paths.values())


async def test_conjunctions(scene: Scene) -> None:
    filters = [one("size", "=", 20), one("keyword", "like", "2")]
    assert await found(scene, *filters) == {"train": ["2.jpg"]}
    assert await found(scene, *filters, conjunction="OR") == {"test": ["4.jpg"], "train": ["2.jpg"]}


async def test_a_result_is_a_dataset_to_read(scene: Scene) -> None:
    job_id = await start(scene, one("category", "in", ["cat"]))
    there, version = await result(scene, job_id)
    statistics = (await there.call("GET", "labels/statistics", params=version))["labelStatistics"]
    assert {type_: counts["quantity"] for type_, counts in statistics.items()} == {"BOX2D": 1, "CLASSIFICATION": 1}
    assert (await there.refusal("POST", "drafts", json={"branchName": "main", "title": "t"}))[0] == 404
    assert (await scene.api.refusal("DELETE", f"datasets/{there.dataset_id}"))[0] == 404
    assert [item["name"] for item in (await scene.api.call("GET", "datasets"))["datasets"]] == ["Dogs"]

    body = {"datasetName": "Cats", "alias": "c", "isPublic": True}
    await scene.api.call("POST", f"searchResults/{job_id}/datasets", json=body)
    (row,) = (await scene.api.call("GET", "datasets", params={"name": "Cats"}))["datasets"]
    cats = Scene(scene.api, row["id"], 1)
    items = (await cats.call("GET", "data/details", params={"segmentName": "train", "commit": "main"}))["dataDetails"]
    assert [(item["remotePath"], item["label"]) for item in items] == [("dir/1.jpg", box("cat", color="red", old=True))]
    catalog = (await cats.call("GET", "labels/catalogs", params={"commit": "main"}))["catalog"]
    assert catalog == {"BOX2D": {"categories": [{"name": "cat"}]}}
    answer = await scene.api.refusal("POST", f"searchResults/{job_id}/datasets", json=body)
    assert answer[:2] == (409, "NameConflict")
    unknown = await scene.api.refusal("POST", "searchResults/x/datasets", json={**body, "datasetName": "More"})
    assert unknown[:2] == (404, "ResourceNotExist")


async def test_the_five_newest_results_are_kept(scene: Scene) -> None:
    results = [await result(scene, await start(scene)) for _ in range(6)]
    for there, version in results[1:]:
        await there.call("GET", "segments", params=version)
    there, version = results[0]
    assert (await there.refusal("GET", "segments", params=version))[:2] == (404, "ResourceNotExist")
    await scene.api.call("DELETE", f"datasets/{scene.dataset_id}")
    there, version = results[5]
    assert (await there.refusal("GET", "segments", params=version))[:2] == (404, "ResourceNotExist")


async def test_frames(api: Api) -> None:
    scene = await make_scene(api, kind=1)
    for name in ("A", "B"):
        await scene.call("POST", "sensors", json=scene.body(name=name, type="CAMERA"))
    frames = [(number, name) for number in range(3) for name in "AB"]
    items = [
        {"remotePath": f"{number}{name}", "frameId": f"{number:026}", "sensorName": name, "size": number}
        for number, name in frames
    ]
    await put(scene, "train", *items)
    await commit(scene)

    async def paths(*filters: Any, unit: str) -> list[list[str]]:
        there, version = await result(scene, await start(scene, *filters, unit=unit))
        query = {"segmentName": "train", **version}
        sensors = (await there.call("GET", "sensors", params=query))["sensors"]
        assert [sensor["name"] for sensor in sensors] == ["A", "B"]
        details = (await there.call("GET", "data/details", params=query))["dataDetails"]
        return [[data["remotePath"] for data in item["frame"]] for item in details]

    sensor, size = one("sensor", "in", ["A"]), one("size", ">", 0)
    assert await paths(sensor, size, unit="file") == [["1A"], ["2A"]]
    assert await paths(sensor, size, unit="FRAME") == [["1A", "1B"], ["2A", "2B"]]
    assert await paths(one("frame", "=", f"{1:026}"), unit="file") == [["1A", "1B"]]


async def test_searches_that_are_refused(scene: Scene) -> None:
    for filter_ in (
        one("size", "in", 1),
        one("size", "=", "1"),
        one("segment", "in", "train"),
        one("colour", "in", ["x"]),
        one("keyword", "~", "x"),
        {"key": "size"},
        1,
    ):
        body = {"title": "t", **SEARCH, "arguments": {"commit": "v1", "filters": [filter_]}}
        assert (await scene.refusal("POST", "jobs", json=body))[0] == 400
    body = {"title": "t", **SEARCH, "arguments": {"commit": "v2", "filters": []}}
    assert (await scene.refusal("POST", "jobs", json=body))[:2] == (404, "ResourceNotExist")
