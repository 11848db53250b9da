"""Lists of points, and lists of such lists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from itertools import chain
from typing import Any, ClassVar, TypeVar, overload

from tensorbay._util.codec import MALFORMED, Schema, check_array, reject
from tensorbay._util.record import Record
from tensorbay._util.user import UserMutableSequence
from tensorbay.geometry.box import Box2D
from tensorbay.geometry.vector import Vector2D

T = TypeVar("T")
P = TypeVar("P", bound=Vector2D)
L = TypeVar("L", bound="PointList2D[Any]")


class TypedList(UserMutableSequence[T], Record):
    """Whatever is put into the list is converted to the type of its elements."""

    __slots__ = ("_data",)

    _data: list[T]

    def __init__(self, elements: Iterable[Any] | None = None) -> None:
        self._data = [] if elements is None else [self._convert(element) for element in elements]

    @abstractmethod
    def _convert(self, element: Any) -> T: ...

    @classmethod
    @abstractmethod
    def _load_element(cls, contents: Any) -> T: ...

    @classmethod
    @abstractmethod
    def _element_schema(cls) -> Schema: ...

    @overload
    def __setitem__(self, index: int, value: Any) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Any]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._data[index] = [self._convert(element) for element in value]
        else:
            self._data[index] = self._convert(value)

    def insert(self, index: int, value: Any) -> None:
        self._data.insert(index, self._convert(value))

    def append(self, value: Any) -> None:
        self._data.append(self._convert(value))

    def extend(self, values: Iterable[Any]) -> None:
        self._data.extend([self._convert(value) for value in values])

    def _loads(self, contents: Any) -> None:
        check_array(contents)
        load = self._load_element
        self._data = []
        try:
            for element in contents:
                self._data.append(load(element))
        except MALFORMED as error:
            reject(error, len(self._data))

    @classmethod
    def _schema(cls) -> Schema:
        return {"type": "array", "items": cls._element_schema()}


class PointList2D(TypedList[P]):
    __slots__ = ()

    _element: ClassVar[type[Vector2D]] = Vector2D

    def __init__(self, points: Iterable[Iterable[float]] | None = None) -> None:
        super().__init__(points)

    def _convert(self, element: Any) -> P:
        return element if type(element) is self._element else self._element(*element)  # type: ignore[return-value]

    @classmethod
    def _load_element(cls, contents: Any) -> P:
        return cls._element.loads(contents)  # type: ignore[return-value]

    @classmethod
    def _element_schema(cls) -> Schema:
        return cls._element.json_schema()

    def _dumps(self) -> Any:
        return [point._dumps() for point in self._data]

    def bounds(self) -> Box2D:
        """The smallest box around all points; `Box2D(0, 0, 0, 0)` around none."""
        return _bounds(self._data)


class MultiPointList2D(TypedList[L]):
    __slots__ = ()

    _element: ClassVar[type[PointList2D[Any]]]

    def __init__(self, point_lists: Iterable[Iterable[Iterable[float]]] | None = None) -> None:
        super().__init__(point_lists)

    def _convert(self, element: Any) -> L:
        return self._element(element)  # type: ignore[return-value]

    @classmethod
    def _load_element(cls, contents: Any) -> L:
        return cls._element.loads(contents)  # type: ignore[return-value]

    @classmethod
    def _element_schema(cls) -> Schema:
        return cls._element.json_schema()

    def _dumps(self) -> Any:
        return [points._dumps() for points in self._data]

    def bounds(self) -> Box2D:
        """The smallest box around all points; `Box2D(0, 0, 0, 0)` around none."""
        return _bounds(chain.from_iterable(self._data))


def _bounds(points: Iterable[Vector2D]) -> Box2D:
    positions = [point._position for point in points]
    if not positions:
        return Box2D(0, 0, 0, 0)
    xs, ys = zip(*positions, strict=True)
    # Not through the constructor, which takes a box without extent for no box at all.
    return Box2D._of(min(xs), min(ys), max(xs), max(ys))
