"""Things with a name, and lists in which they are found by it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TypeVar, overload

from tensorbay._util.codec import STRING, Codec, list_of
from tensorbay._util.record import Field, Record, record
from tensorbay._util.user import UserSequence


class NameMixin(Record):
    name = Field(STRING, readonly=True)
    description = Field(STRING, default="")

    def __init__(self, name: str, description: str = "") -> None:
        self._name = name
        self.description = description

    def _repr_head(self) -> str:
        return f'{type(self).__name__}("{self.name}")'


N = TypeVar("N", bound=NameMixin)


class NameList(UserSequence[N]):
    """Indexed by position or name; `in` asks for a name. Names are unique."""

    _data: list[N]

    def __init__(self, values: Iterable[N] = ()) -> None:
        self._by_name: dict[str, N] = {}
        self._data = []
        for value in values:
            self.append(value)

    @overload
    def __getitem__(self, index: int | str) -> N: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[N]: ...
    def __getitem__(self, index: int | str | slice) -> N | Sequence[N]:
        return self._by_name[index] if isinstance(index, str) else self._data[index]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def keys(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def append(self, value: N) -> None:
        if value.name in self._by_name:
            raise KeyError(f'name "{value.name}" is duplicated')
        self._by_name[value.name] = value
        self._data.append(value)


class SortedNameList(UserSequence[N]):
    """Kept in the order of the names; indexed by position or name."""

    _data: list[N]

    def __init__(self) -> None:
        self._data = []

    @overload
    def __getitem__(self, index: int | str) -> N: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[N]: ...
    def __getitem__(self, index: int | str | slice) -> N | Sequence[N]:
        return self._data[self._position(index) if isinstance(index, str) else index]

    def __delitem__(self, index: int | str | slice) -> None:
        del self._data[self._position(index) if isinstance(index, str) else index]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name)[1]

    def add(self, value: N) -> None:
        position, found = self._find(value.name)
        if found:
            raise KeyError(f'Name "{value.name}" already exists!')
        self._data.insert(position, value)

    def keys(self) -> tuple[str, ...]:
        return tuple(value.name for value in self._data)

    def _find(self, name: str) -> tuple[int, bool]:
        position = bisect_left(self._data, name, key=attrgetter("name"))
        return position, position < len(self._data) and self._data[position].name == name

    def _position(self, name: str) -> int:
        position, found = self._find(name)
        if not found:
            raise KeyError(name)
        return position


def name_list_of(cls: type[N]) -> Codec[NameList[N]]:
    elements = list_of(record(cls))
    return Codec(
        lambda contents: NameList(elements.load(contents)), lambda names: elements.dump(list(names)), elements.schema
    )
