"""The tree of commits, with drafts on top of it, in order and as a picture."""

from __future__ import annotations

from bisect import insort_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, zip_longest

import click

__all__ = ["Entry", "draw", "order"]

_COLORS = ("red", "green", "yellow", "blue", "magenta", "cyan")


@dataclass(frozen=True, slots=True)
class Entry:
    """`date` in Unix seconds; `lines` are what is said of it."""

    id: str
    parent: str | None
    date: int
    lines: tuple[str, ...]
    mark: str = "*"


def order(entries: Iterable[Entry], *, by_date: bool) -> Iterator[Entry]:
    """Children before their parents: the newest first, or each line of history down to where it left another one."""
    by_id = {entry.id: entry for entry in entries}
    children = Counter(entry.parent for entry in by_id.values())
    # The last one is next.
    ready = sorted((entry for entry in by_id.values() if not children[entry.id]), key=_date)
    while ready:
        entry = ready.pop()
        yield entry
        children[entry.parent] -= 1
        parent = by_id.get(entry.parent or "")
        if parent is None or children[parent.id]:
            continue
        if by_date:
            insort_left(ready, parent, key=_date)
        else:
            ready.append(parent)


def _date(entry: Entry) -> int:
    return entry.date


@dataclass(slots=True)
class _Lane:
    """A column of the picture, and the entry that it leads to."""

    to: str | None
    color: str

    def drawn(self, mark: str = "|") -> str:
        return click.style(mark, fg=self.color)


def draw(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of the entries, which come with children before parents, beside lanes that join where they branched."""
    lanes: list[_Lane] = []
    colors = cycle(_COLORS)
    for entry in entries:
        at = next((at for at, lane in enumerate(lanes) if lane.to == entry.id), len(lanes))
        if at == len(lanes):
            lanes.append(_Lane(entry.id, next(colors)))
        width = 2 * len(lanes)
        rows = [{2 * i: lane.drawn(entry.mark if i == at else "|") for i, lane in enumerate(lanes)}]
        lanes[at].to = entry.parent
        left, *right = (i for i, lane in enumerate(lanes) if lane.to == entry.parent)
        for other in right:  # one at most, for lanes that lead to one entry have been joined
            rows += _join(lanes, left, other)
            del lanes[other]
        straight = {2 * i: lane.drawn() for i, lane in enumerate(lanes)}
        for row, line in zip_longest(rows, entry.lines):
            cells = straight if row is None else row
            yield f"{''.join(cells.get(i, ' ') for i in range(width))}{line or ''}".rstrip()


def _join(lanes: list[_Lane], left: int, right: int) -> Iterator[dict[int, str]]:
    """Rows in which one lane goes over to another, and those on its right move up."""
    for step in range(right - left):
        row = {2 * i: lane.drawn() for i, lane in enumerate(lanes[:right])}
        row[2 * (right - step) - 1] = lanes[right].drawn("/")
        for i, lane in enumerate(lanes[right + 1 :], right + 1):
            row[2 * i - 1 if step == 0 else 2 * i - 2] = lane.drawn("/" if step == 0 else "|")
        yield row
