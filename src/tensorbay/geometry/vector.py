"""Vectors of two and three numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import sqrt
from operator import add, floordiv, mul, sub, truediv
from typing import TYPE_CHECKING, Any, ClassVar, overload

from tensorbay._util.codec import MALFORMED, Schema, reject
from tensorbay._util.number import coordinate, number
from tensorbay._util.record import Record
from tensorbay._util.repr import ReprType
from tensorbay._util.user import UserSequence

if TYPE_CHECKING:
    from typing_extensions import Self


class Vector(UserSequence[float], Record):
    """`Vector(x, y)` makes a `Vector2D`, `Vector(x, y, z)` a `Vector3D`. Immutable."""

    __slots__ = ("_data",)

    _data: tuple[float, ...]
    _keys: ClassVar[tuple[str, ...]] = ()
    _repr_type = ReprType.INSTANCE

    @overload
    def __new__(cls: type[Vector], x: float, y: float) -> Vector2D: ...
    @overload
    def __new__(cls: type[Vector], x: float, y: float, z: float) -> Vector3D: ...
    @overload
    def __new__(cls: type[Vector], x: float, y: float, z: float | None = None) -> Vector: ...
    def __new__(cls, x: float, y: float, z: float | None = None) -> Vector:
        return Vector2D(x, y) if z is None else Vector3D(x, y, z)

    def __getnewargs__(self) -> tuple[float, ...]:
        return self._data

    @classmethod
    def _of(cls, components: Iterable[float]) -> Self:
        """Without looking at the components: they are plain numbers already."""
        self = object.__new__(cls)
        self._data = tuple(components)
        return self

    @property
    def x(self) -> float:
        return self._data[0]

    @property
    def y(self) -> float:
        return self._data[1]

    @property
    def _position(self) -> tuple[float, ...]:
        """The components that take part in arithmetic."""
        return self._data

    def _moved(self, position: Iterable[float]) -> Vector:
        """What arithmetic on this vector results in."""
        return type(self)(*position)

    def __bool__(self) -> bool:
        return any(self._data)

    def __neg__(self) -> Vector:
        return self._moved(-value for value in self._position)

    def __add__(self, other: Iterable[float]) -> Vector:
        return self._combine(add, self, other)

    __radd__ = __add__

    def __sub__(self, other: Iterable[float]) -> Vector:
        return self._combine(sub, self, other)

    def __rsub__(self, other: Iterable[float]) -> Vector:
        return self._combine(sub, other, self)

    def __mul__(self, other: float) -> Vector:
        return self._scale(mul, other)

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> Vector:
        return self._scale(truediv, other)

    def __floordiv__(self, other: float) -> Vector:
        return self._scale(floordiv, other)

    def __abs__(self) -> float:
        return sqrt(sum(value * value for value in self._position))

    def _combine(
        self, operate: Callable[[float, float], float], left: Iterable[float], right: Iterable[float]
    ) -> Vector:
        left = left._position if isinstance(left, Vector) else left
        right = right._position if isinstance(right, Vector) else right
        try:
            return self._moved([operate(a, b) for a, b in zip(left, right, strict=True)])
        except (TypeError, ValueError):
            return NotImplemented  # type: ignore[no-any-return]

    def _scale(self, operate: Callable[[float, float], float], other: float) -> Vector:
        if not isinstance(other, (int, float)):
            return NotImplemented
        try:
            return self._moved([operate(value, other) for value in self._position])
        except TypeError:
            return NotImplemented  # type: ignore[no-any-return]

    @classmethod
    def loads(cls, contents: Any) -> Self:
        """On `Vector` itself the presence of "z" decides what is built."""
        kind: Any = cls
        if cls is Vector:
            kind = Vector3D if isinstance(contents, dict) and "z" in contents else Vector2D
        self = object.__new__(kind)
        try:
            self._loads(contents)
        except MALFORMED as error:
            reject(error)
        return self  # type: ignore[no-any-return]

    def _loads(self, contents: Any) -> None:
        self._data = tuple([number(contents[key]) for key in self._keys])

    def _dumps(self) -> dict[str, float]:
        return dict(zip(self._keys, self._data, strict=False))

    @classmethod
    def _schema(cls) -> Schema:
        return numbers_schema(cls._keys)

    def _repr_head(self) -> str:
        return f"{type(self).__name__}{self._data!r}"


class Vector2D(Vector):
    __slots__ = ()

    _keys = ("x", "y")

    def __new__(cls, x: float, y: float) -> Self:
        return cls._of((coordinate(x), coordinate(y)))


class Vector3D(Vector):
    __slots__ = ()

    _keys = ("x", "y", "z")

    def __new__(cls, x: float, y: float, z: float) -> Self:
        return cls._of((coordinate(x), coordinate(y), coordinate(z)))

    @property
    def z(self) -> float:
        return self._data[2]


def numbers_schema(keys: Iterable[str]) -> Schema:
    keys = list(keys)
    return {"type": "object", "properties": {key: {"type": "number"} for key in keys}, "required": keys}
