from __future__ import annotations

from typing import Any

import anyio
import pytest

from tensorbay.server import ServerSettings, create_key
from tensorbay.wire import SEXTANT_V1, SEXTANT_V2
from tests.server.routes.scenes import Scene, make_scene
from tests.server.running import Api, served_api

UNKNOWN = (404, "ResourceNotExist")


def box(xmin: float, ymin: float, xmax: float, ymax: float, **members: Any) -> dict[str, Any]:
    return {"box2d": {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}, **members}


async def committed(api: Api, name: str, labels: dict[str, Any], *, segment: str = "train") -> Scene:
    """A dataset whose branch "main" has the labels."""
    scene = await make_scene(api, name, segment=segment)
    objects = [
        {"cloudPath": path, "size": 1, "etag": "e", "remotePath": path, "label": label}
        for path, label in labels.items()
    ]
    await scene.call("PUT", "multi/cloud-callback", json=scene.body(objects=objects))
    await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "boxes"})
    return scene


async def benchmark(scene: Scene, name: str = "boxes", **members: Any) -> str:
    body = {"name": name, "datasetId": scene.dataset_id, "commitId": "main", **members}
    made = await scene.api.call("POST", "benchmarks", root=SEXTANT_V2, json=body)
    return f"benchmarks/{made['benchmarkId']}"


async def evaluate(path: str, scene: Scene) -> str:
    body = {"datasetId": scene.dataset_id, "commitId": "main"}
    made = await scene.api.call("POST", f"{path}/evaluations", root=SEXTANT_V1, json=body)
    return f"{path}/evaluations/{made['evaluationId']}"


async def result(api: Api, evaluation: str) -> Any:
    return (await api.call("GET", f"{evaluation}/results", root=SEXTANT_V1))["result"]


async def failure(api: Api, evaluation: str) -> str:
    *refused, message = await api.refusal("GET", f"{evaluation}/results", root=SEXTANT_V1)
    assert refused == [403, "Forbidden"]
    return message


async def test_what_a_benchmark_says_of_itself(api: Api) -> None:
    scene = await committed(api, "truth", {"a": {}})
    path = await benchmark(scene, "b", categories=["dog", "cat", "dog"], iouThreshold=0.7)
    await benchmark(scene, "a")
    found = await api.call("GET", path, root=SEXTANT_V2)
    assert found == {
        "name": "b",
        "benchmarkId": path.partition("/")[2],
        "datasetId": scene.dataset_id,
        "commitId": (await scene.call("GET", "commits", params={"commit": "main"}))["commits"][0]["commitId"],
        "iouThreshold": 0.7,
        "categories": ["dog", "cat"],
    }
    listed = await api.call("GET", "benchmarks", root=SEXTANT_V1)
    assert ([item["name"] for item in listed["benchmarks"]], listed["totalCount"]) == (["a", "b"], 2)
    assert (listed["benchmarks"][0]["iouThreshold"], "categories" in listed["benchmarks"][0]) == (0.5, False)
    named = await api.call("GET", "benchmarks", root=SEXTANT_V1, params={"name": "b"})
    assert (named["benchmarks"], named["totalCount"]) == ([found], 1)

    await api.call("DELETE", path, root=SEXTANT_V2)
    assert (await api.refusal("GET", path, root=SEXTANT_V2))[:2] == UNKNOWN
    assert (await api.call("GET", "benchmarks", root=SEXTANT_V1))["totalCount"] == 1


async def test_benchmarks_that_are_refused(embedded: Api) -> None:
    scene = await committed(embedded, "truth", {"a": {}})
    fusion = await make_scene(embedded, "fusion", kind=1)
    await benchmark(scene)
    body = {"name": "n", "datasetId": scene.dataset_id, "commitId": "main"}
    for changes, status, code in (
        ({"name": "boxes"}, 409, "NameConflict"),
        ({"name": ""}, 400, "InvalidParamsValue"),
        ({"iouThreshold": 0}, 400, "InvalidParamsValue"),
        ({"iouThreshold": 1.01}, 400, "InvalidParamsValue"),
        ({"categories": []}, 400, "InvalidParamsValue"),
        ({"datasetId": "x"}, *UNKNOWN),
        ({"commitId": "x"}, *UNKNOWN),
        ({"datasetId": fusion.dataset_id}, 403, "Forbidden"),
    ):
        answer = await embedded.refusal("POST", "benchmarks", root=SEXTANT_V2, json={**body, **changes})
        assert (changes, *answer[:2]) == (changes, status, code)


async def test_data_are_matched_by_segment_and_path_over_pages(embedded: Api) -> None:
    one = {"BOX2D": [box(0, 0, 1, 1, category="cat")]}
    truth = await committed(embedded, "truth", {f"{number:04}": one for number in range(2100)})
    found = await committed(embedded, "found", {f"{number:04}": one for number in range(1050, 3000)})
    path = await benchmark(truth)
    cat = (await result(embedded, await evaluate(path, found)))["categories"]["cat"]
    assert cat["pr"]["precision"] == [1.0] * 51 + [0.0] * 50
    elsewhere = await committed(embedded, "elsewhere", {"0001": one}, segment="test")
    assert "none of the data" in await failure(embedded, await evaluate(path, elsewhere))


@pytest.mark.parametrize("name", ["confidence", "score", None])
async def test_how_sure_a_prediction_is(embedded: Api, name: str | None) -> None:
    truth = await committed(embedded, "truth", {"a": {"BOX2D": [box(0, 0, 1, 1, attributes={"score": "high"})]}})
    wrong, right = box(5, 5, 6, 6), box(0, 0, 1, 1)
    if name is not None:
        wrong["attributes"], right["attributes"] = {name: 0.1}, {name: 0.2, "other": "x"}
    if name == "confidence":
        wrong["attributes"]["score"] = 0.9
    found = await committed(embedded, "found", {"a": {"BOX2D": [wrong, right]}})
    scores = await result(embedded, await evaluate(await benchmark(truth), found))
    assert scores["categories"][""]["AP"] == (0.5 if name is None else 1.0)
    assert scores["overall"]["mAP"] == scores["categories"][""]["AP"]


@pytest.mark.parametrize(
    "label",
    [
        {"BOX2D": {"box2d": 1}},
        {"BOX2D": [{"category": "cat"}]},
        {"BOX2D": [box(0, 0, 1, 1, attributes={"confidence": "high"})]},
    ],
)
async def test_labels_that_cannot_be_evaluated(embedded: Api, label: Any) -> None:
    good = {"BOX2D": [box(0, 0, 1, 1)]}
    truth = await committed(embedded, "truth", {"a": good})
    found = await committed(embedded, "found", {"a": label})
    message = await failure(embedded, await evaluate(await benchmark(truth), found))
    assert 'The label of "a" in segment "train" of the evaluated commit' in message
    assert "$.BOX2D" in message


async def test_a_truth_without_boxes(embedded: Api) -> None:
    truth = await committed(embedded, "truth", {"a": {"CLASSIFICATION": {"category": "cat"}}})
    evaluation = await evaluate(await benchmark(truth), truth)
    assert "no BOX2D" in await failure(embedded, evaluation)
    status = await embedded.call("GET", evaluation, root=SEXTANT_V2)
    assert (status["status"], status["datasetId"]) == ("FAILED", truth.dataset_id)
    assert "no BOX2D" in status["errorMessage"]


async def test_an_evaluation_that_has_not_ended(embedded: Api) -> None:
    one = {"BOX2D": [box(0, 0, 1, 1, category="cat")]}
    truth = await committed(embedded, "truth", {f"{number:04}": one for number in range(2000)})
    path = await benchmark(truth)
    first, second = await evaluate(path, truth), await evaluate(path, truth)
    status, code, message = await embedded.refusal("GET", f"{second}/results?wait=0", root=SEXTANT_V1)
    assert (status, code) == (403, "Forbidden")
    assert "has not ended yet" in message
    for evaluation in (first, second):
        assert (await result(embedded, evaluation))["overall"]["mAP"] == 1.0
    listed = await embedded.call("GET", f"{path}/evaluations", root=SEXTANT_V1)
    assert [item["evaluationId"] for item in listed["evaluations"]] == [
        evaluation.rpartition("/")[2] for evaluation in (second, first)
    ]


async def test_what_goes_with_what(embedded: Api) -> None:
    one = {"BOX2D": [box(0, 0, 1, 1, category="cat")]}
    truth, found = [await committed(embedded, name, {"a": one}) for name in ("truth", "found")]
    path, other = await benchmark(truth), await benchmark(truth, "other")
    evaluation = await evaluate(path, found)
    assert (await result(embedded, evaluation))["overall"]["mAP"] == 1.0
    wrong = evaluation.replace(path, other)
    assert (await embedded.refusal("GET", f"{wrong}/results", root=SEXTANT_V1))[:2] == UNKNOWN
    # Of a benchmark that is deleted nobody works on an evaluation any more.
    pending = await evaluate(other, found)
    await embedded.call("DELETE", other, root=SEXTANT_V2)
    assert (await embedded.refusal("GET", pending, root=SEXTANT_V2))[:2] == UNKNOWN

    await embedded.call("DELETE", f"datasets/{truth.dataset_id}")
    assert (await result(embedded, evaluation))["overall"]["mAP"] == 1.0
    body = {"datasetId": found.dataset_id, "commitId": "main"}
    assert (await embedded.refusal("POST", f"{path}/evaluations", root=SEXTANT_V1, json=body))[:2] == UNKNOWN
    await embedded.call("DELETE", f"datasets/{found.dataset_id}")
    assert (await embedded.refusal("GET", f"{evaluation}/results", root=SEXTANT_V1))[:2] == UNKNOWN
    assert (await embedded.call("GET", f"{path}/evaluations", root=SEXTANT_V1))["totalCount"] == 0


async def test_teams_see_their_own(server_url: str, home: Any) -> None:
    one = {"BOX2D": [box(0, 0, 1, 1, category="cat")]}
    keys = [await create_key(ServerSettings(home=home), "maria", team) for team in ("one", "two")]
    async with served_api(server_url, keys[0]) as ours, served_api(server_url, keys[1]) as theirs:
        truth, other = await committed(ours, "truth", {"a": one}), await committed(theirs, "truth", {"a": one})
        path = await benchmark(truth)
        evaluation = await evaluate(path, truth)
        await benchmark(other)  # the name is taken by another team
        for method, where, root in (
            ("GET", path, SEXTANT_V2),
            ("DELETE", path, SEXTANT_V2),
            ("GET", f"{path}/evaluations", SEXTANT_V1),
            ("GET", evaluation, SEXTANT_V2),
            ("GET", f"{evaluation}/results", SEXTANT_V1),
        ):
            assert (where, *(await theirs.refusal(method, where, root=root))[:2]) == (where, *UNKNOWN)
        foreign = {"datasetId": other.dataset_id, "commitId": "main"}
        for api in (theirs, ours):
            answer = await api.refusal("POST", f"{path}/evaluations", root=SEXTANT_V1, json=foreign)
            assert answer[:2] == UNKNOWN
        stolen = {"name": "n", "datasetId": truth.dataset_id, "commitId": "main"}
        assert (await theirs.refusal("POST", "benchmarks", root=SEXTANT_V2, json=stolen))[:2] == UNKNOWN
        with anyio.fail_after(60):
            assert (await result(ours, evaluation))["overall"]["mAP"] == 1.0
