"""Average precision against pycocotools, and what it says of nothing."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tensorbay.exception import InvalidParamsError
from tensorbay.server.scoring import Box, Scorer
from tensorbay.wire import CATEGORY_LIMIT

Truth = tuple[str, Box]
Prediction = tuple[str, float, Box]
Image = tuple[list[Truth], list[Prediction]]

CATEGORIES = ["cat", "dog", "owl"]

# Whole numbers, and few of them: boxes that are the same, that touch, and overlaps of exactly the threshold.
sides = st.integers(0, 6)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w + 1, y + h + 1), sides, sides, sides, sides)
truths = st.tuples(st.sampled_from(CATEGORIES[:2]), boxes)
predictions = st.tuples(st.sampled_from(CATEGORIES), st.sampled_from([0.1, 0.5, 0.9, 1.0]), boxes)
images = st.lists(st.tuples(st.lists(truths, max_size=6), st.lists(predictions, max_size=6)), min_size=1, max_size=4)


def scored(images: list[Image], threshold: float, categories: list[str] | None = None) -> dict[str, Any]:
    scorer = Scorer(threshold, categories)
    for truth, found in images:
        scorer.add(truth, found)
    return scorer.result()


def by_coco(images: list[Image], threshold: float) -> dict[str, list[float]]:
    """Precision at the 101 recalls by category, of those that the truth has."""
    truth, found = COCO(), []
    ids = {name: number for number, name in enumerate(CATEGORIES, 1)}
    annotations: list[dict[str, Any]] = []
    for number, (boxes_of, guesses) in enumerate(images):
        for name, box in boxes_of:
            entry = {"id": len(annotations) + 1, "image_id": number, "category_id": ids[name], "bbox": sized(box)}
            annotations.append({**entry, "area": box.area, "iscrowd": 0})
        for name, sure, box in guesses:
            found.append({"image_id": number, "category_id": ids[name], "bbox": sized(box), "score": sure})
    truth.dataset = {
        "info": {},
        "images": [{"id": number} for number in range(len(images))],
        "categories": [{"id": number} for number in ids.values()],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluator = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluator.params.iouThrs = np.array([threshold])
        evaluator.params.recThrs = np.array([step / 100 for step in range(101)])
        evaluator.params.areaRng, evaluator.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluator.params.maxDets = [100_000]
        evaluator.evaluate()
        evaluator.accumulate()
    precision = evaluator.eval["precision"][0, :, :, 0, 0]
    return {name: precision[:, i].tolist() for i, name in enumerate(CATEGORIES) if precision[0, i] >= 0}


def sized(box: Box) -> list[float]:
    return [box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin]


def check(images: list[Image], threshold: float) -> None:
    expected = by_coco(images, threshold)
    result = scored(images, threshold)
    assert result["categories"].keys() == expected.keys()
    for name, curve in expected.items():
        assert result["categories"][name]["pr"]["precision"] == pytest.approx(curve)
        assert result["categories"][name]["AP"] == pytest.approx(np.mean(curve))
    assert result["overall"]["mAP"] == pytest.approx(np.mean([*expected.values()]))
    assert result["overall"]["pr"]["precision"] == pytest.approx(np.mean([*expected.values()], axis=0))


def boxes_at_the_threshold(*found: Box) -> list[Image]:
    truth = [("cat", Box(0, 0, 2, 1)), ("cat", Box(0, 1, 2, 2))]
    return [(truth, [("cat", 1.0, box) for box in found])]


@example(boxes_at_the_threshold(Box(0, 0, 1, 1)), 0.5)
@example(boxes_at_the_threshold(Box(0, 0, 2, 2), Box(0, 0, 2, 1)), 0.5)  # the first could take either
@given(images, st.sampled_from([0.25, 0.5, 0.75]))
def test_any_boxes_as_coco_scores_them(images: list[Image], threshold: float) -> None:
    # pycocotools takes no empty lists.
    if any(truth for truth, _ in images) and any(found for _, found in images):
        check(images, threshold)


def test_many_boxes_as_coco_scores_them() -> None:
    random = np.random.default_rng(20)
    images: list[Image] = []
    for _ in range(400):
        corners = random.uniform(0, 50, (12, 2))
        truth = [
            Box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, random.uniform(20, 40, (12, 2)), strict=True)
        ]
        shifts = random.normal(0, 4, (12, 4))
        moved = [
            Box(*(np.array([b.xmin, b.ymin, b.xmax, b.ymax]) + s).tolist()) for b, s in zip(truth, shifts, strict=True)
        ]
        names = random.choice(CATEGORIES, 12).tolist()
        seen = random.random(12) < 0.8
        sure = random.random(12).round(2).tolist()  # some are equal
        images.append(
            (
                list(zip(names, truth, strict=True)),
                [(n, c, b) for n, c, b, kept in zip(names, sure, moved, seen, strict=True) if kept],
            )
        )
    check(images, 0.5)


def test_the_iou_of_what_was_found() -> None:
    half, quarter = Box(0, 0, 10, 5), Box(0, 0, 5, 5)
    images: list[Image] = [
        ([("cat", Box(0, 0, 10, 10))], [("cat", 1.0, half)]),
        ([("cat", Box(0, 0, 10, 10)), ("dog", quarter)], [("dog", 1.0, quarter), ("cat", 1.0, quarter)]),
    ]
    result = scored(images, 0.3)
    assert (result["categories"]["cat"]["averageIoU"], result["categories"]["dog"]["averageIoU"]) == (0.5, 1.0)
    assert result["overall"]["averageIoU"] == 0.75  # of boxes, not of categories


def test_a_mean_of_nothing_is_null() -> None:
    images: list[Image] = [([("cat", Box(0, 0, 1, 1))], [("cat", 1.0, Box(5, 5, 6, 6)), ("dog", 1.0, Box(0, 0, 1, 1))])]
    result = scored(images, 0.5, ["dog", "cat"])
    assert [*result["categories"]] == ["dog", "cat"]
    assert result["categories"]["dog"] == {"AP": None, "averageIoU": None, "pr": {"precision": [], "recall": []}}
    assert (result["categories"]["cat"]["AP"], result["categories"]["cat"]["averageIoU"]) == (0.0, None)
    assert (result["overall"]["mAP"], result["overall"]["averageIoU"]) == (0.0, None)
    assert [*scored(images, 0.5)["categories"]] == ["cat"]
    for categories in (["owl"], ["dog"]):
        with pytest.raises(InvalidParamsError, match="no BOX2D"):
            scored(images, 0.5, categories)


@pytest.mark.parametrize("size", [0.0, 1e-200, 1e200, -1.0])
def test_boxes_that_are_hardly_any(size: float) -> None:
    box = Box(0.0, 0.0, size, size)
    assert scored([([("cat", box)], [("cat", 1.0, box)])], 0.5)["categories"]["cat"]["AP"] == 0.0


def test_more_categories_than_a_result_can_hold() -> None:
    truth = [(str(number), Box(0, 0, 1, 1)) for number in range(CATEGORY_LIMIT + 1)]
    with pytest.raises(InvalidParamsError, match="5001 categories"):
        scored([(truth, [])], 0.5)
