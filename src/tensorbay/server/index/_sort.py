"""Runs in arrival order to sorted changes, in bounded memory.

Runs that do not overlap are read one after the other. A heap of runs that do (random key order) is sorted by
groups into a temporary file, and the groups are merged from there.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from itertools import islice
from operator import attrgetter
from typing import IO, TYPE_CHECKING, NamedTuple

from tensorbay.server.index._entry import Entry, Patch, Run, decode_run, encode_spooled, has_patches, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tensorbay.server.index._entry import Change, RunHead

    Read = Callable[[Sequence[int]], list[Run]]  # runs by id, in the order of the ids

GROUP_ENTRIES = 1 << 15
BLOCK_ENTRIES = 1 << 12
CHUNK_ENTRIES = 1 << 8

_key = attrgetter("key")


def sorted_blocks(heads: Sequence[RunHead], read: Read) -> Iterator[list[Change]]:
    """All changes of the runs, each key once with its last value, in order of keys, in blocks."""
    for cluster in _pack(_clusters(heads), BLOCK_ENTRIES):
        groups = list(_groups(cluster, GROUP_ENTRIES))
        if len(groups) == 1:
            yield _changes(groups[0], read)
        else:
            yield from _external(groups, read)


def _clusters(heads: Sequence[RunHead]) -> Iterator[list[RunHead]]:
    """Runs that overlap, directly or through others; the clusters follow each other in order of keys."""
    cluster: list[RunHead] = []
    last = ""
    for head in sorted(heads, key=attrgetter("first")):
        if cluster and head.first > last:
            yield cluster
            cluster = []
        last = max(last, head.last) if cluster else head.last
        cluster.append(head)
    if cluster:
        yield cluster


def _pack(clusters: Iterable[list[RunHead]], entries: int) -> Iterator[list[RunHead]]:
    """Puts small neighbours together, so that a thousand runs of one entry are not a thousand reads."""
    packed: list[RunHead] = []
    count = 0
    for cluster in clusters:
        more = sum(head.entries for head in cluster)
        if packed and count + more > entries:
            yield packed
            packed, count = [], 0
        packed += cluster
        count += more
    if packed:
        yield packed


def _groups(cluster: list[RunHead], entries: int) -> Iterator[list[int]]:
    """Ids of runs that arrived one after the other."""
    group: list[int] = []
    count = 0
    for head in sorted(cluster):
        if group and count + head.entries > entries:
            yield group
            group, count = [], 0
        group.append(head.id)
        count += head.entries
    yield group


def _changes(ids: Sequence[int], read: Read) -> list[Change]:
    changes: list[Change] = []
    for run in read(ids):
        changes += run.entries
        changes += run.patches
    return latest(changes)


def _external(groups: Sequence[Sequence[int]], read: Read) -> Iterator[list[Change]]:
    with tempfile.TemporaryFile(prefix="tensorbay-") as file:
        sources = [_Spooled(file, _changes(ids, read)) for ids in groups]
        while sources := [source for source in sources if source.fill()]:
            bound = min(source.chunk[-1].key for source in sources)
            # Earlier groups first: where two have a key, the later one is the later change.
            yield latest([change for source in sources for change in source.take(bound)])


class _Place(NamedTuple):
    offset: int
    length: int


class _Spooled:
    """A sorted group in the file, of which one chunk at a time is in memory."""

    def __init__(self, file: IO[bytes], changes: list[Change]) -> None:
        self._file = file
        places = []
        changes_left = iter(changes)
        while chunk := list(islice(changes_left, CHUNK_ENTRIES)):
            data = encode_spooled(_as_run(chunk))
            places.append(_Place(file.tell(), file.write(data)))
        self._places = iter(places)
        self.chunk: list[Change] = []

    def fill(self) -> bool:
        """Reads the next chunk when there is none; false at the end."""
        if not self.chunk and (place := next(self._places, None)):
            self._file.seek(place.offset)
            run = decode_run(self._file.read(place.length))
            self.chunk = sorted([*run.entries, *run.patches], key=_key) if run.patches else [*run.entries]
        return bool(self.chunk)

    def take(self, bound: str) -> list[Change]:
        cut = bisect_right(self.chunk, bound, key=_key)
        taken, self.chunk = self.chunk[:cut], self.chunk[cut:]
        return taken


def _as_run(changes: list[Change]) -> Run:
    return Run(
        entries=[change for change in changes if isinstance(change, Entry)],
        patches=[change for change in changes if isinstance(change, Patch)] if has_patches(changes) else [],
    )
