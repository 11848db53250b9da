"""Areas: polygons, several polygons as one, and run-length encoded masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay._util.codec import Schema
from tensorbay._util.number import coordinate, number
from tensorbay.geometry.point_list import MultiPointList2D, PointList2D, TypedList
from tensorbay.geometry.vector import Vector2D


class Polygon(PointList2D[Vector2D]):
    __slots__ = ()

    def area(self) -> float:
        """Signed: positive if the points go counter-clockwise where y points up."""
        following = [*self._data[1:], *self._data[:1]]
        return sum(p.x * q.y - q.x * p.y for p, q in zip(self._data, following, strict=True)) / 2


class MultiPolygon(MultiPointList2D[Polygon]):
    __slots__ = ()

    _element = Polygon

    def __init__(self, polygons: Iterable[Iterable[Iterable[float]]] | None = None) -> None:
        super().__init__(polygons)


class RLE(TypedList[int]):
    """Lengths of runs of pixels, by turns outside and inside."""

    __slots__ = ()

    def __init__(self, rle: Iterable[int] | None = None) -> None:
        super().__init__(rle)

    def _convert(self, element: Any) -> int:
        run: int = coordinate(element)
        return run

    @classmethod
    def _load_element(cls, contents: Any) -> int:
        run: int = number(contents)
        return run

    @classmethod
    def _element_schema(cls) -> Schema:
        return {"type": "integer"}

    def _dumps(self) -> Any:
        return list(self._data)
