from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import splitext
from typing import Generic, TypeVar

__all__ = ["Pair", "PairJoin", "stem"]

T = TypeVar("T")


def stem(path: str) -> str:
    """The path without its last extension: what a data file and its label file have in common."""
    return splitext(path)[0]


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """A data file and its label file; one of the two is None for an orphan. `rivals` are further label files."""

    data: T | None
    label: T | None
    rivals: tuple[T, ...] = ()


@dataclass(slots=True)
class _Group(Generic[T]):
    data: list[T] = field(default_factory=list)
    labels: list[T] = field(default_factory=list)


class PairJoin(Generic[T]):
    """A streaming join, by stem, of two listings that are each in ascending order of their paths.

    Memory is bounded by the files whose stem may still appear on the other side. All paths with the stem `s` begin
    with `s` or `s.`, and `/` is the character after `.`; so once a listing has passed `s + "/"` it is done with `s`.
    """

    def __init__(self) -> None:
        self._groups: dict[str, _Group[T]] = {}
        # Stems in the order they came up. Not sorted: "a.b.png" comes before "a.png", whose stem is the smaller.
        self._order: deque[str] = deque()
        self._data_at: str | None = ""
        self._labels_at: str | None = ""

    @property
    def done(self) -> bool:
        return self._data_at is None and self._labels_at is None

    @property
    def behind(self) -> str:
        """The side to feed next: "data" or "labels"."""
        if self._data_at is None:
            return "labels"
        return "data" if self._labels_at is None or self._data_at <= self._labels_at else "labels"

    def add_data(self, path: str, item: T) -> None:
        self._data_at = path
        self._group(path).data.append(item)

    def add_label(self, path: str, item: T) -> None:
        self._labels_at = path
        self._group(path).labels.append(item)

    def end_data(self) -> None:
        self._data_at = None

    def end_labels(self) -> None:
        self._labels_at = None

    def settled(self) -> Iterator[Pair[T]]:
        """Take out what no file to come can change."""
        waiting: list[str] = []
        while self._order:
            name = self._order.popleft()
            if _passed(self._data_at, name) and _passed(self._labels_at, name):
                yield from _pairs(self._groups.pop(name))
            else:
                waiting.append(name)
                # Stems come up nearly in order; a few that are out of order are all that can be settled behind this.
                if len(waiting) > _DISORDER:
                    break
        self._order.extendleft(reversed(waiting))

    def _group(self, path: str) -> _Group[T]:
        name = stem(path)
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _Group()
            self._order.append(name)
        return group


_DISORDER = 16


def _passed(position: str | None, name: str) -> bool:
    return position is None or position >= f"{name}/"


def _pairs(group: _Group[T]) -> Iterator[Pair[T]]:
    if not group.data:
        for label in group.labels:
            yield Pair(None, label)
        return
    first = group.labels[0] if group.labels else None
    for data in group.data:
        yield Pair(data, first, tuple(group.labels[1:]))
