"""Sequences and mappings that keep their content in `_data` and add names, units or laziness to it."""

from __future__ import annotations

from collections.abc import (
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    ValuesView,
)
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from tensorbay._util.repr import ReprMixin, ReprType

if TYPE_CHECKING:
    from typing_extensions import Self

_T = TypeVar("_T")
_K = TypeVar("_K")
_V = TypeVar("_V")


if TYPE_CHECKING:
    _Sequence = Sequence
    _MutableSequence = MutableSequence
else:
    # At run time the classes are registered as sequences instead: each abstract base of a class is paid for whenever
    # one of its instances is freed, which is a fifth of what it costs to make a box.
    class _Sequence:
        __slots__ = ()

        def __class_getitem__(cls, _):
            return cls

    _MutableSequence = _Sequence


class UserSequence(ReprMixin, _Sequence[_T]):
    """Slices are of the inner type."""

    __slots__ = ()

    _data: Sequence[_T]
    _repr_type: ClassVar[ReprType] = ReprType.SEQUENCE

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | Sequence[_T]:
        return self._data[index]

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._data)

    def __reversed__(self) -> Iterator[_T]:
        return reversed(self._data)

    def __contains__(self, value: object) -> bool:
        return value in self._data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._data == other._data

    __hash__ = None  # type: ignore[assignment]

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        return self._data.index(value, start, len(self._data) if stop is None else stop)

    def count(self, value: Any) -> int:
        return self._data.count(value)


Sequence.register(UserSequence)


class UserMutableSequence(UserSequence[_T], _MutableSequence[_T]):
    __slots__ = ()

    _data: MutableSequence[_T]

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> MutableSequence[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | MutableSequence[_T]:
        return self._data[index]

    @overload
    def __setitem__(self, index: int, value: _T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[_T]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        self._data[index] = value

    def __delitem__(self, index: int | slice) -> None:
        del self._data[index]

    def __iadd__(self, values: Iterable[_T]) -> Self:
        self.extend(values)
        return self

    def insert(self, index: int, value: _T) -> None:
        self._data.insert(index, value)

    def append(self, value: _T) -> None:
        self._data.append(value)

    def extend(self, values: Iterable[_T]) -> None:
        self._data.extend(values)

    def clear(self) -> None:
        self._data.clear()

    def reverse(self) -> None:
        self._data.reverse()

    def pop(self, index: int = -1) -> _T:
        return self._data.pop(index)

    def remove(self, value: _T) -> None:
        self._data.remove(value)


MutableSequence.register(UserMutableSequence)


class UserMapping(ReprMixin, Mapping[_K, _V]):
    __slots__ = ()

    _data: Mapping[_K, _V]
    _repr_type: ClassVar[ReprType] = ReprType.MAPPING

    def __getitem__(self, key: _K) -> _V:
        return self._data[key]

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[_K]:
        return iter(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._data == other._data

    __hash__ = None  # type: ignore[assignment]

    def keys(self) -> KeysView[_K]:
        return self._data.keys()

    def values(self) -> ValuesView[_V]:
        return self._data.values()

    def items(self) -> ItemsView[_K, _V]:
        return self._data.items()


class UserMutableMapping(UserMapping[_K, _V], MutableMapping[_K, _V]):
    __slots__ = ()

    _data: MutableMapping[_K, _V]

    def __setitem__(self, key: _K, value: _V) -> None:
        self._data[key] = value

    def __delitem__(self, key: _K) -> None:
        del self._data[key]
