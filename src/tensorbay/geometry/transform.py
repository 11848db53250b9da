"""Rotation and translation in space."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, overload

from tensorbay._util.codec import Codec
from tensorbay._util.record import Field, Record, record
from tensorbay.geometry.quaternion import Quaternion, is_quaternion
from tensorbay.geometry.vector import Vector3D

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Rows of numbers: nested sequences or a numpy array.
MatrixType = Any

_QUATERNION: Codec[Quaternion] = record(Quaternion)


class Transform3D(Record):
    """First the rotation, then the translation.

    `rotation` is `(w, x, y, z)` or a quaternion. A `matrix` of 3x4 or 4x4 overrides both. Two transforms that differ
    only in the sign of the quaternion are equal: they rotate alike.
    """

    __slots__ = ("_rotation", "_translation")

    RotationType: ClassVar[Any] = Iterable[float] | Quaternion

    _repr_attrs = ("translation", "rotation")

    translation = Field(record(Vector3D), readonly=True)
    rotation = Field(_QUATERNION, readonly=True)

    _translation: Vector3D
    _rotation: Quaternion

    def __init__(
        self,
        translation: Iterable[float] = (0, 0, 0),
        rotation: Iterable[float] | Quaternion = (1, 0, 0, 0),
        *,
        matrix: MatrixType | None = None,
    ) -> None:
        if matrix is not None:
            translation, rotation = _from_matrix(matrix)
        self._translation = Vector3D(*translation)
        self._rotation = as_quaternion(rotation)

    @classmethod
    def _create(cls, translation: Vector3D, rotation: Quaternion) -> Transform3D:
        return cls(translation, rotation)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, type(self))
            and self._translation == other._translation
            and (self._rotation == other._rotation or self._rotation == -other._rotation)
        )

    __hash__ = None

    @overload
    def __mul__(self, other: Transform3D | Quaternion) -> Transform3D: ...
    @overload
    def __mul__(self, other: Iterable[float]) -> Vector3D: ...
    def __mul__(self, other: Any) -> Transform3D | Vector3D:
        if isinstance(other, Transform3D):
            return Transform3D(self._mul_vector(other._translation), self._rotation * other._rotation)
        if is_quaternion(other):
            return Transform3D(self._translation, self._rotation * other)
        try:
            return self._mul_vector(other)
        except (TypeError, ValueError):
            return NotImplemented

    def __rmul__(self, other: Any) -> Transform3D:
        if not is_quaternion(other):
            return NotImplemented
        rotation = as_quaternion(other)
        return Transform3D(rotation.rotate(self._translation), rotation * self._rotation)

    def _mul_vector(self, vector: Iterable[float]) -> Vector3D:
        if isinstance(vector, Transform3D):
            raise TypeError("a vector of three numbers is needed, not a Transform3D")
        if is_quaternion(vector) or not isinstance(vector, Iterable):
            raise ValueError(f"a vector of three numbers is needed, not {vector!r}")
        rotated = self._rotation.rotate(vector)
        return Vector3D(*(a + b for a, b in zip(rotated, self._translation, strict=True)))

    def set_translation(self, x: float, y: float, z: float) -> None:
        self._translation = Vector3D(x, y, z)

    def set_rotation(
        self,
        w: float | None = None,
        x: float | None = None,
        y: float | None = None,
        z: float | None = None,
        *,
        quaternion: Quaternion | None = None,
    ) -> None:
        if quaternion is not None:
            self._rotation = as_quaternion(quaternion)
        else:
            self._rotation = Quaternion(*(value for value in (w, x, y, z) if value is not None))

    def as_matrix(self) -> NDArray[np.float64]:
        """The 4x4 matrix; needs numpy."""
        import numpy as np

        rows = [[*row, shift] for row, shift in zip(self._rotation.as_matrix(), self._translation, strict=True)]
        return np.array([*rows, [0, 0, 0, 1]], dtype=float)

    def inverse(self) -> Transform3D:
        rotation = self._rotation.inverse()
        return Transform3D(rotation.rotate(-self._translation), rotation)


def as_quaternion(rotation: Any) -> Quaternion:
    if isinstance(rotation, Quaternion):
        return rotation
    return Quaternion(rotation) if is_quaternion(rotation) else Quaternion(*rotation)


def _from_matrix(matrix: MatrixType) -> tuple[list[float], Quaternion]:
    rows: Sequence[Sequence[float]] = [list(row) for row in matrix]
    if len(rows) not in (3, 4) or any(len(row) != 4 for row in rows):
        raise ValueError("The shape of input transform matrix must be 3x4 or 4x4.")
    return [row[3] for row in rows[:3]], Quaternion.from_matrix(rows)
