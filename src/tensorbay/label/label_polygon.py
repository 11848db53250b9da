"""Areas with labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay.geometry import RLE, MultiPolygon, Polygon
from tensorbay.label.basic import LABEL_SLOTS, Labeled
from tensorbay.label.supports import TrackedSubcatalog

__all__ = [
    "LabeledMultiPolygon",
    "LabeledPolygon",
    "LabeledRLE",
    "MultiPolygonSubcatalog",
    "PolygonSubcatalog",
    "RLESubcatalog",
]


class PolygonSubcatalog(TrackedSubcatalog):
    """What polygons of a dataset may be."""


class MultiPolygonSubcatalog(TrackedSubcatalog):
    """What multi-polygons of a dataset may be."""


class RLESubcatalog(TrackedSubcatalog):
    """What run-length encoded masks of a dataset may be."""


class LabeledPolygon(Labeled, Polygon):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = Polygon
    _KEY = "polygon"

    def __init__(
        self,
        points: Iterable[Iterable[float]] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        Polygon.__init__(self, points)
        self._label(category, attributes, instance)


class LabeledMultiPolygon(Labeled, MultiPolygon):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = MultiPolygon
    _KEY = "multiPolygon"

    def __init__(
        self,
        polygons: Iterable[Iterable[Iterable[float]]] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        MultiPolygon.__init__(self, polygons)
        self._label(category, attributes, instance)


class LabeledRLE(Labeled, RLE):
    __slots__ = LABEL_SLOTS

    _GEOMETRY = RLE
    _KEY = "rle"

    def __init__(
        self,
        rle: Iterable[int] | None = None,
        *,
        category: str | None = None,
        attributes: dict[str, Any] | None = None,
        instance: str | None = None,
    ) -> None:
        RLE.__init__(self, rle)
        self._label(category, attributes, instance)
