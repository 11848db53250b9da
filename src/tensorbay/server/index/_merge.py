"""From the pages of a tree and a sorted stream of changes to the pages of the next tree.

Pages that no change falls into are taken over as they are, unread. An entry weighs what its label weighs, and at
least `ENTRY_WEIGHT`; so `PAGE_WEIGHT` means about a thousand entries, and fewer where labels are large. The frames of a
fusion segment are never cut in two, so that a page can tell how many it has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from tensorbay.server.index._entry import Entry, patched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tensorbay.server.index._entry import Change
    from tensorbay.server.index._tree import PageRef

    Load = Callable[[Sequence[PageRef]], list[list[Entry]]]
    Store = Callable[[list[Entry]], PageRef]

ENTRY_WEIGHT = 1 << 10
PAGE_WEIGHT = 1 << 20
MAX_WEIGHT = PAGE_WEIGHT * 3 // 2  # a heavier page is split (unless one entry makes it so)
MIN_WEIGHT = PAGE_WEIGHT // 4  # a lighter page is joined with a neighbour, when it is written anyway

SPILL_WEIGHT = PAGE_WEIGHT * 5 // 2
_READ_AHEAD = 8  # pages
_key = attrgetter("key")


def weigh(entries: Sequence[Entry]) -> int:
    lengths = [len(entry.label) for entry in entries]
    if max(lengths, default=0) <= ENTRY_WEIGHT:
        return len(entries) * ENTRY_WEIGHT
    return sum([max(ENTRY_WEIGHT, length) for length in lengths])


def merge(base: Sequence[PageRef], blocks: Iterable[Sequence[Change]], *, load: Load, store: Store) -> list[PageRef]:
    """`blocks` in order of keys, each sorted, no key twice. Memory: one block and a few pages."""
    rewriter = _Rewriter(base, load, store)
    for block in blocks:
        rewriter.apply(block)
    return rewriter.finish()


class _Rewriter:
    def __init__(self, base: Sequence[PageRef], load: Load, store: Store) -> None:
        self._base = base
        self._load = load
        self._store = store
        self._bounds = [page.start for page in base[1:]]
        self._loaded: dict[int, list[Entry]] = {}
        self._pages: list[PageRef] = []
        self._current = -1  # the base page that is being changed; those before it are done
        self._open: list[Entry] = []  # changed entries that are in no page yet ...
        self._weight = 0  # ... what they weigh ...
        self._rest: list[Entry] = []  # ... and what follows them in the current page

    def apply(self, changes: Sequence[Change]) -> None:
        parts = list(self._partition(changes))
        for number, (index, part) in enumerate(parts):
            if index != self._current:
                if self._base and index not in self._loaded:
                    self._read([i for i, _ in parts[number : number + _READ_AHEAD]])
                self._advance(index)
            self._change(part)
            self._spill()

    def finish(self) -> list[PageRef]:
        self._add(self._rest)
        self._keep(self._current + 1, len(self._base))
        last = self._pages[-1] if self._pages else None
        if self._is_light() and last is not None and last.weight <= MAX_WEIGHT:
            self._pages.pop()
            self._open = self._load([last])[0] + self._open
        self._close()
        return self._pages

    def _partition(self, changes: Sequence[Change]) -> Iterable[tuple[int, Sequence[Change]]]:
        """Splits changes by the base page whose range they fall into; the outer ranges are open."""
        start = 0
        while start < len(changes):
            index = bisect_right(self._bounds, changes[start].key)
            stop = len(changes)
            if index < len(self._bounds) and changes[-1].key >= self._bounds[index]:
                stop = _lower_bound(changes, self._bounds[index], start)
            yield index, changes[start:stop]
            start = stop

    def _read(self, indices: list[int]) -> None:
        pages = self._load([self._base[index] for index in indices])
        self._loaded.update(zip(indices, pages, strict=True))

    def _advance(self, index: int) -> None:
        self._add(self._rest)
        self._keep(self._current + 1, index)
        self._rest = self._loaded.pop(index, [])
        self._current = index

    def _keep(self, start: int, stop: int) -> None:
        """Takes over the base pages `start` to `stop`, but the first of them where it has to help out."""
        if start < stop and self._is_light() and self._base[start].weight <= MAX_WEIGHT:
            self._add(self._load([self._base[start]])[0])
            start += 1
        if start < stop:
            self._close()
            self._pages += self._base[start:stop]

    def _change(self, changes: Sequence[Change]) -> None:
        if not self._rest:
            self._add([change for change in changes if isinstance(change, Entry)])
            return
        cut = bisect_right(self._rest, changes[-1].key, key=_key)
        self._add(patched(self._rest[:cut], changes))
        self._rest = self._rest[cut:]

    def _add(self, entries: Sequence[Entry]) -> None:
        self._open += entries
        self._weight += weigh(entries)

    def _is_light(self) -> bool:
        return 0 < self._weight < MIN_WEIGHT

    def _spill(self) -> None:
        """Writes full pages early, but leaves enough for two, so that the last ones need no neighbour."""
        if self._weight >= SPILL_WEIGHT:
            pieces, self._open = cut_full(self._open)
            self._pages += [self._store(piece) for piece in pieces]
            self._weight = weigh(self._open)

    def _close(self) -> None:
        self._pages += [self._store(piece) for piece in split(self._open)]
        self._open = []
        self._weight = 0


def _lower_bound(changes: Sequence[Change], key: str, start: int) -> int:
    stop = len(changes)
    while start < stop:
        middle = (start + stop) // 2
        if changes[middle].key < key:
            start = middle + 1
        else:
            stop = middle
    return start


def cut_full(entries: list[Entry]) -> tuple[list[list[Entry]], list[Entry]]:
    """Full pages from the front, and a remainder of one and a half to two and a half pages."""
    ends = _ends(entries)
    pieces = []
    start = done = 0
    while ends[-1] - done >= SPILL_WEIGHT:
        stop = _whole_frames(entries, bisect_left(ends, done + PAGE_WEIGHT) + 1)
        if stop == len(entries):
            break  # more of the last frame may follow
        pieces.append(entries[start:stop])
        start, done = stop, ends[stop - 1]
    return pieces, entries[start:]


def split(entries: list[Entry]) -> list[list[Entry]]:
    """The fewest pages that are not too heavy, all of about the same weight."""
    if weigh(entries) <= MAX_WEIGHT:
        return [entries] if entries else []
    ends = _ends(entries)
    number = -(-ends[-1] // MAX_WEIGHT)
    stops = [_whole_frames(entries, bisect_left(ends, ends[-1] * part // number) + 1) for part in range(1, number + 1)]
    pieces = [entries[start:stop] for start, stop in pairwise([0, *stops])]
    return [piece for piece in pieces if piece]


def _whole_frames(entries: Sequence[Entry], stop: int) -> int:
    """From `stop` on, where no frame of a fusion segment is cut in two."""
    if entries[0].remote_path is not None:
        while stop < len(entries) and entries[stop].frame_id == entries[stop - 1].frame_id:
            stop += 1
    return stop


def _ends(entries: Sequence[Entry]) -> list[int]:
    """The weight of each entry and all before it."""
    return list(accumulate([max(ENTRY_WEIGHT, len(entry.label)) for entry in entries]))
