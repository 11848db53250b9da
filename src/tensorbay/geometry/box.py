"""Boxes with sides parallel to the axes (2D), and oriented boxes (3D)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from tensorbay._util.codec import Schema, member
from tensorbay._util.number import coordinate, number
from tensorbay._util.record import Record
from tensorbay._util.repr import ReprType
from tensorbay._util.user import UserSequence
from tensorbay.geometry.quaternion import Quaternion, is_quaternion
from tensorbay.geometry.transform import MatrixType, Transform3D
from tensorbay.geometry.vector import Vector2D, Vector3D, numbers_schema

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

    @classmethod
    def _of(cls, xmin: float, ymin: float, xmax: float, ymax: float) -> Self:
        """As given, even without extent."""
        box = object.__new__(cls)
        box._data = (xmin, ymin, xmax, ymax)
        return box

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


class Box3D(Record):
    """A box of `size` (along its own axes) around a centre, rotated.

    `rotation` is `(w, x, y, z)` or a quaternion. A `transform_matrix` of 3x4 or 4x4 overrides translation and rotation.
    """

    __slots__ = ("_size", "_transform")

    _repr_attrs: ClassVar[tuple[str, ...]] = ("size", "translation", "rotation")

    _size: Vector3D
    _transform: Transform3D

    def __init__(
        self,
        size: Iterable[float],
        translation: Iterable[float] = (0, 0, 0),
        rotation: Iterable[float] | Quaternion = (1, 0, 0, 0),
        *,
        transform_matrix: MatrixType | None = None,
    ) -> None:
        self._size = Vector3D(*size)
        self._transform = Transform3D(translation, rotation, matrix=transform_matrix)

    @staticmethod
    def _line_intersect(length1: float, length2: float, midpoint_distance: float) -> float:
        """The overlap of two intervals whose middles are so far apart."""
        start = max(-length1 / 2, midpoint_distance - length2 / 2)
        end = min(length1 / 2, midpoint_distance + length2 / 2)
        return max(0, end - start)

    @classmethod
    def iou(cls, box1: Box3D, box2: Box3D, angle_threshold: float = 5) -> float:
        """Intersection over union, as if the boxes were parallel; 0 if they are more degrees apart than allowed."""
        if box1.rotation.angle_to(box2.rotation) > angle_threshold:
            return 0.0
        distances = box1._transform.inverse() * box2.translation
        intersection = prod(map(cls._line_intersect, box1.size, box2.size, distances))
        union = box1.volume() + box2.volume() - intersection
        return intersection / union if union else 0.0

    def __rmul__(self, other: Transform3D | Quaternion) -> Self:
        if not isinstance(other, Transform3D) and not is_quaternion(other):
            return NotImplemented
        moved: Any = other * self._transform
        box = copy(self)
        box._transform = moved
        return box

    @property
    def size(self) -> Vector3D:
        return self._size

    @property
    def translation(self) -> Vector3D:
        return self._transform.translation

    @property
    def rotation(self) -> Quaternion:
        return self._transform.rotation

    @property
    def transform(self) -> Transform3D:
        return self._transform

    def volume(self) -> float:
        return prod(self._size)

    def _loads(self, contents: Any) -> None:
        self._size = member(contents, "size", Vector3D.loads)
        self._transform = Transform3D.loads(contents)

    def _dumps(self) -> dict[str, Any]:
        return {**self._transform.dumps(), "size": self._size.dumps()}

    @classmethod
    def _schema(cls) -> Schema:
        schema = Transform3D.json_schema()
        schema["properties"]["size"] = Vector3D.json_schema()
        schema["required"].append("size")
        return schema
