"""Rotations as quaternions of plain floats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import atan2, degrees, hypot, sqrt
from typing import Any

from tensorbay._util.codec import Schema
from tensorbay._util.number import number
from tensorbay._util.record import Record
from tensorbay.geometry.vector import numbers_schema

Matrix3 = tuple[tuple[float, float, float], ...]


class Quaternion(Record):
    """`w + xi + yj + zk`, immutable. One argument is the real part, three are the vector part.

    Takes the place of `quaternion.quaternion` of numpy-quaternion, which is accepted, and compared, wherever this is.
    """

    __slots__ = ("w", "x", "y", "z")

    w: float
    x: float
    y: float
    z: float

    def __init__(self, *components: float) -> None:
        if len(components) == 1 and is_quaternion(components[0]):
            components = quaternion_components(components[0])
        if len(components) == 3:
            components = (0.0, *components)
        elif len(components) < 2:
            components = (*components, 0.0, 0.0, 0.0, 0.0)[:4]
        if len(components) != 4:
            raise TypeError(
                "quaternion constructor takes zero, one, three, or four float arguments, or a single quaternion"
            )
        self.w, self.x, self.y, self.z = map(float, components)

    @property
    def components(self) -> tuple[float, float, float, float]:
        return self.w, self.x, self.y, self.z

    @property
    def real(self) -> float:
        return self.w

    @property
    def imag(self) -> tuple[float, float, float]:
        return self.x, self.y, self.z

    vec = imag

    def norm(self) -> float:
        """The square of the length (Cayley norm)."""
        return self.w * self.w + self.x * self.x + self.y * self.y + self.z * self.z

    def __abs__(self) -> float:
        return sqrt(self.norm())

    def angle(self) -> float:
        """The angle of rotation in radians, from 0 to 2 pi."""
        return 2 * atan2(hypot(self.x, self.y, self.z), self.w)

    def conjugate(self) -> Quaternion:
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    conj = conjugate

    def inverse(self) -> Quaternion:
        return self.conjugate() / self.norm()

    def normalized(self) -> Quaternion:
        return self / abs(self)

    def __eq__(self, other: object) -> bool:
        return is_quaternion(other) and self.components == quaternion_components(other)

    __hash__ = None

    def __neg__(self) -> Quaternion:
        return Quaternion(-self.w, -self.x, -self.y, -self.z)

    def __truediv__(self, divisor: float) -> Quaternion:
        if not isinstance(divisor, (int, float)):
            return NotImplemented
        return Quaternion(*(value / divisor for value in self.components))

    def __mul__(self, other: Any) -> Quaternion:
        if isinstance(other, (int, float)):
            return Quaternion(*(value * other for value in self.components))
        if not is_quaternion(other):
            return NotImplemented
        w, x, y, z = quaternion_components(other)
        return Quaternion(
            self.w * w - self.x * x - self.y * y - self.z * z,
            self.w * x + self.x * w + self.y * z - self.z * y,
            self.w * y - self.x * z + self.y * w + self.z * x,
            self.w * z + self.x * y - self.y * x + self.z * w,
        )

    def __rmul__(self, other: Any) -> Quaternion:
        if is_quaternion(other):
            return Quaternion(other) * self
        return self * other if isinstance(other, (int, float)) else NotImplemented

    def as_matrix(self) -> Matrix3:
        """The rotation, whatever the length of the quaternion."""
        n = self.norm()
        if n == 0:
            raise ZeroDivisionError("a quaternion of length zero is no rotation")
        w, x, y, z = self.components
        return (
            (1 - 2 * (y * y + z * z) / n, 2 * (x * y - z * w) / n, 2 * (x * z + y * w) / n),
            (2 * (x * y + z * w) / n, 1 - 2 * (x * x + z * z) / n, 2 * (y * z - x * w) / n),
            (2 * (x * z - y * w) / n, 2 * (y * z + x * w) / n, 1 - 2 * (x * x + y * y) / n),
        )

    def rotate(self, vector: Iterable[float]) -> tuple[float, float, float]:
        x, y, z = vector
        a, b, c = (row[0] * x + row[1] * y + row[2] * z for row in self.as_matrix())
        return a, b, c

    @classmethod
    def from_matrix(cls, matrix: Sequence[Sequence[float]]) -> Quaternion:
        """Of unit length. Starts from the largest component, which loses least to rounding (Shepperd's method)."""
        (a, b, c), (d, e, f), (g, h, i) = ([float(value) for value in row[:3]] for row in matrix[:3])
        squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)
        largest = squares.index(max(squares))
        candidates = (
            (squares[0], h - f, c - g, d - b),
            (h - f, squares[1], b + d, c + g),
            (c - g, b + d, squares[2], f + h),
            (d - b, c + g, f + h, squares[3]),
        )
        rotation = cls(*candidates[largest]).normalized()
        return -rotation if rotation.w < 0 else rotation

    def angle_to(self, other: Quaternion) -> float:
        """The angle of the rotation between the two, in degrees from 0 to 180; `q` and `-q` are the same rotation."""
        between = (self.inverse() * other).angle()
        turn = degrees(between)
        return min(turn, 360 - turn)

    def _loads(self, contents: Any) -> None:
        self.w, self.x, self.y, self.z = (float(number(contents[key])) for key in "wxyz")

    def _dumps(self) -> dict[str, float]:
        return {"w": self.w, "x": self.x, "y": self.y, "z": self.z}

    @classmethod
    def _schema(cls) -> Schema:
        return numbers_schema("wxyz")

    def _repr_head(self) -> str:
        return f"quaternion({', '.join(f'{value:.15g}' for value in self.components)})"


def is_quaternion(value: Any) -> bool:
    return isinstance(value, Quaternion) or all(hasattr(value, name) for name in "wxyz")


def quaternion_components(value: Any) -> tuple[float, float, float, float]:
    return float(value.w), float(value.x), float(value.y), float(value.z)
