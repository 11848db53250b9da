"""Benchmarks and evaluations. 1.x made benchmarks on the website: here the server's own API does."""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from typing import Any

from tensorbay.apps.sextant import Sextant
from tensorbay.dataset import Data
from tensorbay.exception import ForbiddenError, ResourceNotExistError, ResponseError
from tensorbay.label import LabeledBox2D
from tests.compat.world import World, refused


def _commit(world: World, name: str, boxes: dict[str, list[tuple[Any, ...]]]) -> tuple[str, str]:
    """The ids of a dataset and its commit: by file (xmin, ymin, xmax, ymax, category, confidence)."""
    client = world.gas.create_dataset(name)
    client.create_draft("draft")
    segment = client.create_segment("train")
    for path, labels in boxes.items():
        data = Data(world.file(path, path.encode()))
        data.label.box2d = [
            LabeledBox2D(*box, category=category, attributes={} if sure is None else {"confidence": sure})
            for *box, category, sure in labels
        ]
        segment.upload_data(data)
    client.commit("boxes")
    return client.dataset_id, client.get_commit().commit_id


def _create(world: World, sextant: Any, name: str, dataset_id: str, commit_id: str) -> None:
    if hasattr(sextant, "create_benchmark"):
        sextant.create_benchmark(name, dataset_id, commit_id)
        return
    request = urllib.request.Request(
        f"{world.url}gatewayv2/apps-sextant/v2/benchmarks",
        json.dumps({"name": name, "datasetId": dataset_id, "commitId": commit_id}).encode(),
        {"X-Token": world.access_key, "Content-Type": "application/json"},
    )
    trust = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    urllib.request.urlopen(request, context=trust).close()


def benchmarks(world: World) -> None:
    truth = _commit(
        world,
        "truth",
        {"a": [(0, 0, 10, 10, "cat", None), (20, 0, 30, 10, "cat", None)], "b": [(0, 0, 4, 4, "dog", None)]},
    )
    found = _commit(
        world,
        "found",
        {"a": [(0, 0, 10, 5, "cat", 0.6), (50, 50, 60, 60, "cat", 0.9)], "b": [(0, 0, 4, 4, "dog", 0.2)], "c": []},
    )
    nothing = _commit(world, "nothing", {"other": []})
    sextant = Sextant(world.access_key, world.url)
    assert list(sextant.list_benchmarks()) == []
    _create(world, sextant, "cats and dogs", *truth)
    _create(world, sextant, "again", *truth)
    assert [benchmark.name for benchmark in sextant.list_benchmarks()] == ["again", "cats and dogs"]
    refused(ResourceNotExistError, sextant.get_benchmark, "cats")

    benchmark = sextant.get_benchmark("cats and dogs")
    assert list(benchmark.list_evaluations()) == []
    refused(ResponseError, benchmark.create_evaluation, "x", "y")
    first = benchmark.create_evaluation(*found)
    result = first.get_result()["result"]
    cat, dog, overall = result["categories"]["cat"], result["categories"]["dog"], result["overall"]
    # The surest prediction is wrong: half of two, at half of the recall.
    assert cat["pr"] == {"precision": [0.5] * 51 + [0.0] * 50, "recall": [step / 100 for step in range(101)]}
    assert (round(cat["AP"], 6), cat["averageIoU"]) == (round(0.5 * 51 / 101, 6), 0.5)
    assert (dog["AP"], dog["averageIoU"], dog["pr"]["precision"]) == (1.0, 1.0, [1.0] * 101)
    assert (round(overall["mAP"], 6), overall["averageIoU"]) == (round((cat["AP"] + 1) / 2, 6), 0.75)
    assert overall["pr"]["precision"] == [0.75] * 51 + [0.5] * 50

    second = benchmark.create_evaluation(*nothing)
    assert "none of the data" in str(refused(ForbiddenError, second.get_result))
    evaluations = benchmark.list_evaluations()
    assert {each.evaluation_id for each in evaluations} == {first.evaluation_id, second.evaluation_id}
    assert evaluations[0].created_at >= evaluations[1].created_at
    assert evaluations[0].benchmark.name == "cats and dogs"
    assert list(sextant.get_benchmark("again").list_evaluations()) == []
