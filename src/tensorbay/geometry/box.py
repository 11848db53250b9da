"""Boxes with sides parallel to the axes (2D), and oriented boxes (3D)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorbay._util.codec import Schema
from tensorbay._util.number import coordinate, number
from tensorbay._util.record import Record
from tensorbay._util.repr import ReprType
from tensorbay._util.user import UserSequence
from tensorbay.geometry.vector import Vector2D, numbers_schema

if TYPE_CHECKING:
    from typing_extensions import Self


class Box2D(UserSequence[float], Record):
    """`(xmin, ymin, xmax, ymax)`. Without extent in some direction all four become 0.0."""

    __slots__ = ("_data",)

    _data: tuple[float, float, float, float]
    _repr_type = ReprType.INSTANCE

    def __init__(self, xmin: float, ymin: float, xmax: float, ymax: float) -> None:
        if xmin >= xmax or ymin >= ymax:
            self._data = (0.0, 0.0, 0.0, 0.0)
        else:
            self._data = (coordinate(xmin), coordinate(ymin), coordinate(xmax), coordinate(ymax))

    @classmethod
    def from_xywh(cls, x: float, y: float, width: float, height: float) -> Self:
        return cls(x, y, x + width, y + height)

    @staticmethod
    def iou(box1: Box2D, box2: Box2D) -> float:
        """Intersection over union; 0 for two boxes without area."""
        intersection = (box1 & box2).area()
        union = box1.area() + box2.area() - intersection
        return intersection / union if union else 0.0

    @property
    def xmin(self) -> float:
        return self._data[0]

    @property
    def ymin(self) -> float:
        return self._data[1]

    @property
    def xmax(self) -> float:
        return self._data[2]

    @property
    def ymax(self) -> float:
        return self._data[3]

    @property
    def tl(self) -> Vector2D:
        return Vector2D(self.xmin, self.ymin)

    @property
    def br(self) -> Vector2D:
        return Vector2D(self.xmax, self.ymax)

    @property
    def width(self) -> float:
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        return self.ymax - self.ymin

    def area(self) -> float:
        return self.width * self.height

    def __and__(self, other: Box2D) -> Box2D:
        if not isinstance(other, Box2D):
            return NotImplemented
        return Box2D(
            max(self.xmin, other.xmin),
            max(self.ymin, other.ymin),
            min(self.xmax, other.xmax),
            min(self.ymax, other.ymax),
        )

    def _loads(self, contents: Any) -> None:
        # Not normalised: a document is kept as it is. Unrolled, because boxes come by the million.
        xmin, ymin = contents["xmin"], contents["ymin"]
        xmax, ymax = contents["xmax"], contents["ymax"]
        if type(xmin) is type(ymin) is type(xmax) is type(ymax) is float:
            self._data = (xmin, ymin, xmax, ymax)
        else:
            self._data = (number(xmin), number(ymin), number(xmax), number(ymax))

    def _dumps(self) -> dict[str, float]:
        xmin, ymin, xmax, ymax = self._data
        return {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}

    @classmethod
    def _schema(cls) -> Schema:
        return numbers_schema(("xmin", "ymin", "xmax", "ymax"))

    def _repr_head(self) -> str:
        return f"{type(self).__name__}{self._data!r}"
