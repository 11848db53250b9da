"""Points that may say whether they are visible."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tensorbay._util.codec import Schema
from tensorbay._util.number import coordinate, number
from tensorbay.geometry.point_list import PointList2D
from tensorbay.geometry.vector import Vector, Vector2D, numbers_schema

if TYPE_CHECKING:
    from typing_extensions import Self


class Keypoint2D(Vector2D):
    """A point and, if known, its visibility `v`. Arithmetic is on the position and gives a `Vector2D`."""

    __slots__ = ()

    def __new__(cls, x: float, y: float, v: int | None = None) -> Self:
        position = (coordinate(x), coordinate(y))
        return cls._of(position if v is None else (*position, coordinate(v)))

    @property
    def v(self) -> int | None:
        """By the convention of the catalog: 0 invisible, 1 visible; or 0 not labelled, 1 hidden, 2 visible."""
        return self._data[2] if len(self._data) > 2 else None  # type: ignore[return-value]

    @property
    def _position(self) -> tuple[float, ...]:
        return self._data[:2]

    def _moved(self, position: Iterable[float]) -> Vector:
        return Vector2D(*position)

    def __add__(self, other: Iterable[float]) -> Vector:
        # Unsupported, as ever: the sum of two positions is no position.
        return NotImplemented

    __radd__ = __add__

    def _loads(self, contents: Any) -> None:
        super()._loads(contents)
        if (visibility := contents.get("v")) is not None:
            self._data = (*self._data, number(visibility))

    def _dumps(self) -> dict[str, float]:
        return dict(zip(("x", "y", "v"), self._data, strict=False))

    @classmethod
    def _schema(cls) -> Schema:
        schema = numbers_schema(("x", "y"))
        schema["properties"]["v"] = {"type": "integer"}
        return schema


class Keypoints2D(PointList2D[Keypoint2D]):
    __slots__ = ()

    _element = Keypoint2D
