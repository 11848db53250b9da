"""How well predicted boxes fit the true ones: average precision as COCO defines it, at one threshold."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from tensorbay.exception import InvalidParamsError
from tensorbay.wire import CATEGORY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = ["Box", "Scorer"]

# Where precision is read off: COCO's 101 points.
_RECALLS = [step / 100 for step in range(101)]


class Box(msgspec.Struct, frozen=True, gc=False):
    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @property
    def area(self) -> float:
        return (self.xmax - self.xmin) * (self.ymax - self.ymin)

    def iou(self, other: Box) -> float:
        """Intersection over union; boxes without an area overlap nothing."""
        width = min(self.xmax, other.xmax) - max(self.xmin, other.xmin)
        height = min(self.ymax, other.ymax) - max(self.ymin, other.ymin)
        common = width * height
        if width <= 0 or height <= 0 or common <= 0:
            return 0.0
        return common / (self.area + other.area - common)


class Scorer:
    """Takes image after image, and keeps nine bytes of each prediction.

    Without `categories` those are scored that the truth has.
    """

    def __init__(self, threshold: float, categories: Collection[str] | None = None) -> None:
        self._threshold = threshold
        self._categories = categories
        self._wanted = None if categories is None else frozenset(categories)
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    def add(self, truth: Iterable[tuple[str, Box]], predictions: Iterable[tuple[str, float, Box]]) -> None:
        """The boxes of one image by category, those that were predicted with their confidence."""
        boxes: defaultdict[str, list[Box]] = defaultdict(list)
        guesses: defaultdict[str, list[tuple[float, Box]]] = defaultdict(list)
        for category, box in truth:
            boxes[category].append(box)
        for category, confidence, box in predictions:
            guesses[category].append((confidence, box))
        for category in boxes.keys() | guesses.keys():
            if self._wanted is None or category in self._wanted:
                self._tallies[category].add(boxes[category], guesses[category], self._threshold)

    def result(self) -> dict[str, Any]:
        """In the words of the Open API. A mean of nothing is null."""
        names = [name for name, tally in sorted(self._tallies.items()) if tally.truths]
        if not names:
            raise InvalidParamsError("The ground truth has no BOX2D labels of the categories to be evaluated.")
        scored = names if self._categories is None else self._categories
        if len(scored) > CATEGORY_LIMIT:
            raise InvalidParamsError(
                f"The ground truth has {len(scored)} categories: "
                f"a benchmark is of up to {CATEGORY_LIMIT}, which its `categories` may name."
            )
        tallies = [self._tallies[name] for name in names]
        curves = {name: self._tallies[name].curve() for name in names}
        mean = [_mean(points) for points in zip(*curves.values(), strict=True)]
        overall = _members("mAP", mean, sum(tally.hits for tally in tallies), sum(tally.overlap for tally in tallies))
        categories = {}
        for name in scored:
            tally = self._tallies[name]
            categories[name] = _members("AP", curves.get(name), tally.hits, tally.overlap)
        return {"categories": categories, "overall": overall}


class _Tally:
    """Of one category."""

    def __init__(self) -> None:
        self.truths = 0
        self.hits = 0
        self.overlap = 0.0  # the sum of the IoU of all hits
        self._confidences = array("d")
        self._is_hit = bytearray()

    def add(self, truth: Sequence[Box], guesses: Sequence[tuple[float, Box]], threshold: float) -> None:
        """The most confident one takes the box it overlaps most, then the next one of what is left."""
        self.truths += len(truth)
        free = list(truth)
        for confidence, guess in sorted(guesses, key=itemgetter(0), reverse=True):
            best, overlap = -1, threshold
            for index, box in enumerate(free):
                iou = guess.iou(box)
                if iou >= overlap:
                    best, overlap = index, iou
            if best >= 0:
                del free[best]
                self.hits += 1
                self.overlap += overlap
            self._confidences.append(confidence)
            self._is_hit.append(best >= 0)

    def curve(self) -> list[float]:
        """The best precision that is to be had at each recall or beyond."""
        precision, recall, hits = [], [], 0
        order = sorted(range(len(self._is_hit)), key=self._confidences.__getitem__, reverse=True)
        for rank, index in enumerate(order, 1):
            hits += self._is_hit[index]
            precision.append(hits / rank)
            recall.append(hits / self.truths)
        for index in range(len(precision) - 1, 0, -1):
            precision[index - 1] = max(precision[index - 1], precision[index])
        places = [bisect_left(recall, point) for point in _RECALLS]
        return [precision[place] if place < len(precision) else 0.0 for place in places]


def _members(name: str, curve: list[float] | None, hits: int, overlap: float) -> dict[str, Any]:
    """Of a category that the truth does not have there is no curve."""
    return {
        name: None if curve is None else _mean(curve),
        "averageIoU": overlap / hits if hits else None,
        "pr": {"precision": curve or [], "recall": [] if curve is None else _RECALLS},
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
