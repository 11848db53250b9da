"""Runs in arrival order to sorted changes, in bounded memory.

Runs that do not overlap are read one after the other. Runs that do (keys that arrive in random order) are dealt out
by ranges of keys into a temporary file, as they come and without looking into their entries, and sorted by ranges.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from itertools import pairwise
from operator import attrgetter
from typing import IO, TYPE_CHECKING, NamedTuple

import msgspec

from tensorbay.server.index._entry import Run, RunHead, compress_quickly, decode_run, decompress, latest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tensorbay.server.index._entry import Change

    Read = Callable[[Sequence[int]], list[bytes]]  # stored runs by id, in the order of the ids

GROUP_ENTRIES = 1 << 14  # are sorted in memory
BLOCK_ENTRIES = 1 << 12
CHUNK_ENTRIES = 1 << 8  # are written to the file at once
_READ_RUNS = 16


def sorted_blocks(heads: Sequence[RunHead], read: Read) -> Iterator[list[Change]]:
    """All changes of the runs, each key once with its last value, in order of keys, in blocks."""
    for cluster in _pack(_clusters(heads), BLOCK_ENTRIES):
        if sum(head.entries for head in cluster) <= GROUP_ENTRIES:
            yield latest(_in_order([decode_run(data) for data in read([head.id for head in sorted(cluster)])]))
        else:
            yield from _by_ranges(sorted(cluster), read)


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


def _in_order(runs: Iterable[Run]) -> list[Change]:
    changes: list[Change] = []
    for run in runs:
        changes += run.entries
        changes += run.patches
    return changes


class _RawRun(msgspec.Struct, array_like=True, gc=False):
    """A run whose entries stay as they are written."""

    entries: list[msgspec.Raw] = []
    patches: list[msgspec.Raw] = []


class _Keyed(msgspec.Struct, array_like=True, gc=False):
    key: str


class _KeyRun(msgspec.Struct, array_like=True, gc=False):
    entries: list[_Keyed] = []
    patches: list[_Keyed] = []


_encoder = msgspec.json.Encoder()
_raw_decoder = msgspec.json.Decoder(_RawRun)
_key_decoder = msgspec.json.Decoder(_KeyRun)
_chunk_decoder = msgspec.json.Decoder(list[Run])


def _by_ranges(heads: Sequence[RunHead], read: Read) -> Iterator[list[Change]]:
    """`heads` in order of arrival."""
    bounds = _bounds(heads, read)
    with tempfile.TemporaryFile(prefix="tensorbay-") as file:
        ranges = [_Range(file) for _ in range(len(bounds) + 1)]
        for data in _stored(heads, read):
            document = decompress(data)
            raws, keys = _raw_decoder.decode(document), _key_decoder.decode(document)
            entries, patches = _cut(raws.entries, keys.entries, bounds), _cut(raws.patches, keys.patches, bounds)
            for range_, *part in zip(ranges, entries, patches, strict=True):
                range_.add(_RawRun(*part))
        for range_ in ranges:
            if changes := range_.changes():
                yield changes


def _stored(heads: Sequence[RunHead], read: Read) -> Iterator[bytes]:
    for start in range(0, len(heads), _READ_RUNS):
        yield from read([head.id for head in heads[start : start + _READ_RUNS]])


def _bounds(heads: Sequence[RunHead], read: Read) -> list[str]:
    """Keys between ranges of about `GROUP_ENTRIES`, from a sample of the runs."""
    total = sum(head.entries for head in heads)
    keys: list[str] = []
    for data in _stored(heads[:: max(1, total // GROUP_ENTRIES)], read):
        run = _key_decoder.decode(decompress(data))
        keys += [keyed.key for part in (run.entries, run.patches) for keyed in part]
    keys.sort()
    number = -(-total // GROUP_ENTRIES)
    return sorted({keys[len(keys) * place // number] for place in range(1, number)})


def _cut(raws: list[msgspec.Raw], keys: list[_Keyed], bounds: Sequence[str]) -> Iterable[list[msgspec.Raw]]:
    names = [keyed.key for keyed in keys]
    stops = [0, *(bisect_left(names, bound) for bound in bounds), len(names)]
    return [raws[start:stop] for start, stop in pairwise(stops)]


class _Place(NamedTuple):
    offset: int
    length: int


class _Range:
    """Changes of one range of keys, in order of arrival: in the file, and a few that are still in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[_Place] = []
        self._pending: list[_RawRun] = []
        self._count = 0

    def add(self, part: _RawRun) -> None:
        if more := len(part.entries) + len(part.patches):
            self._pending.append(part)
            self._count += more
            if self._count >= CHUNK_ENTRIES:
                self._write()

    def _write(self) -> None:
        data = compress_quickly(_encoder.encode(self._pending))
        self._places.append(_Place(self._file.tell(), self._file.write(data)))
        self._pending, self._count = [], 0

    def changes(self) -> list[Change]:
        self._write()
        changes: list[Change] = []
        for offset, length in self._places:
            self._file.seek(offset)
            changes += _in_order(_chunk_decoder.decode(decompress(self._file.read(length))))
            if len(changes) > 4 * GROUP_ENTRIES:
                changes = latest(changes)  # the same few keys again and again
        self._file.seek(0, 2)
        return latest(changes)
