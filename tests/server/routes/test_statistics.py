from __future__ import annotations

from typing import Any

import pytest

from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api

KNOWN = {"cloudPath": "x", "size": 1, "etag": '"e"'}


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def put(scene: Scene, *labels: Any, segment: str = "train") -> None:
    objects = [{**KNOWN, "remotePath": f"{number:05}", "label": label} for number, label in enumerate(labels)]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects, segmentName=segment))


async def statistics(scene: Scene, **version: Any) -> Any:
    found = await scene.call("GET", "labels/statistics", params=version or {"draftNumber": scene.draft})
    return found["labelStatistics"]


def box(category: str, **attributes: Any) -> dict[str, Any]:
    return {"box2d": {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}, "category": category, "attributes": attributes}


async def test_the_documented_example(scene: Scene) -> None:
    bikes = [box("vehicles.bike", color="none")] * 4
    await put(scene, {"BOX2D": bikes}, {"BOX2D": bikes}, {"BOX2D": [box("vehicles.bike", color="red")] * 2})
    attributes = [{"name": "color", "enum": ["none", "red"], "quantities": [8, 2]}]
    assert await statistics(scene) == {
        "BOX2D": {
            "quantity": 10,
            "categories": [{"name": "vehicles.bike", "quantity": 10, "attributes": attributes}],
            "attributes": attributes,
        }
    }


async def test_nothing_is_an_empty_object(scene: Scene) -> None:
    assert await statistics(scene) == {}
    await put(scene, {}, {"BOX2D": []})
    assert await statistics(scene) == {}
    assert await statistics(scene, commit="0" * 32) == {}


async def test_what_has_neither_category_nor_attributes(scene: Scene) -> None:
    await put(scene, {"BOX3D": [{}, {}], "CLASSIFICATION": {"category": "a"}, "RLE": [{"rle": [1], "attributes": {}}]})
    assert await statistics(scene) == {
        "BOX3D": {"quantity": 2},
        "CLASSIFICATION": {"quantity": 1, "categories": [{"name": "a", "quantity": 1}]},
        "RLE": {"quantity": 1},
    }


async def test_values_of_attributes(scene: Scene) -> None:
    values = {"is": True, "many": ["x", "y", "x"], "nothing": None, "listed": 2, "measured": 0.5}
    await put(scene, {"SENTENCE": [{"attributes": values}, {"attributes": {**values, "is": False, "listed": 1}}]})
    attributes = [
        {"name": "is", "enum": [False, True], "quantities": [1, 1]},
        {"name": "many", "enum": ["x", "y"], "quantities": [4, 2]},
    ]
    assert await statistics(scene) == {"SENTENCE": {"quantity": 2, "attributes": attributes}}
    catalog = {"SENTENCE": {"attributes": [{"name": "listed", "enum": [1, 2]}, {"name": "measured", "type": "number"}]}}
    await scene.call("PUT", "labels/catalogs", json={"catalog": catalog, "draftNumber": scene.draft})
    attributes.insert(1, {"name": "listed", "enum": [1, 2], "quantities": [1, 1]})
    assert await statistics(scene) == {"SENTENCE": {"quantity": 2, "attributes": attributes}}


async def test_labels_that_are_not_what_they_say(scene: Scene) -> None:
    await put(scene, {"BOX2D": 1, "POLYGON": [1], "CLASSIFICATION": [], "MINE": [{"category": "x"}]}, {"RLE": [{}]})
    catalog = {"RLE": [], "BOX2D": {"attributes": [1, {"name": 1}]}}
    await scene.call("PUT", "labels/catalogs", json={"catalog": catalog, "draftNumber": scene.draft})
    assert await statistics(scene) == {"RLE": {"quantity": 1}}


async def test_all_segments_and_pages_of_each_version(scene: Scene) -> None:
    one = {"CLASSIFICATION": {"category": "one"}}
    two = {"CLASSIFICATION": {"category": "two"}}
    await put(scene, *[one] * 2500)
    await scene.call("POST", "segments", json={"name": "test", "draftNumber": scene.draft})
    await put(scene, two, segment="test")
    copy = {"strategy": "abort", "source": {"segmentName": "train"}, "segmentName": "copy", "draftNumber": scene.draft}
    await scene.call("POST", "segments?copy", json=copy)

    def expected(ones: int, twos: int) -> dict[str, Any]:
        categories = [{"name": "one", "quantity": ones}, {"name": "two", "quantity": twos}]
        return {"CLASSIFICATION": {"quantity": ones + twos, "categories": categories}}

    assert await statistics(scene) == expected(5000, 1)
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "t", "tag": "v1"})
    number = (await scene.call("POST", "drafts", json={"branchName": "main", "title": "t"}))["draftNumber"]
    body = scene.body(objects=[{"remotePath": "01000", "label": two}], draftNumber=number)
    await scene.call("PUT", "multi/data/labels", json=body)
    assert await statistics(scene, draftNumber=number) == expected(4999, 2)
    assert await statistics(scene, commit="v1") == expected(5000, 1)
    assert (await scene.refusal("GET", "labels/statistics"))[1] == "RequestParamsMissing"
