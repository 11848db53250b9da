"""Rows of the index, and their batches as they lie in the database: JSON arrays, compressed with zstd."""

from __future__ import annotations

import threading
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One data of a segment: where its file lies, and its label, byte for byte as it was posted."""

    key: str  # remote path; "<frameId>/<sensorName>" in fusion segments
    label: msgspec.Raw  # a JSON object; `{}` when there is none
    timestamp: float | int | None
    config: str  # id of the storage config that holds the file
    path: str  # key of the object in that store
    size: int
    etag: str
    mtime: float | None
    version: str | None  # version id or generation, where the store has one
    remote_path: str | None = None  # only where it is not the key: in fusion segments

    @property
    def frame_id(self) -> str:
        """Of a fusion segment."""
        return self.key.partition("/")[0]

    @property
    def sensor(self) -> str:
        """Of a fusion segment."""
        return self.key.partition("/")[2]


def frames_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The frames of a fusion segment's entries, which are next to each other."""
    return [list(frame) for _, frame in groupby(entries, attrgetter("frame_id"))]


REMOVED = msgspec.Raw(b"null")


class Patch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A change of an entry that exists: another label, or its removal."""

    key: str
    label: msgspec.Raw = REMOVED

    @property
    def is_removal(self) -> bool:
        return self.label == REMOVED


Change = Entry | Patch


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Changes with distinct keys."""

    entries: list[Entry] = []
    patches: list[Patch] = []


_encoder = msgspec.json.Encoder()
_page_decoder = msgspec.json.Decoder(list[Entry])
_run_decoder = msgspec.json.Decoder(Run)

_LEVEL = 1  # smaller and faster than the higher ones, on arrays of short strings

_SPOOL_LEVEL = -3  # for what lives until the end of a merge


class _Zstd(threading.local):
    """Contexts are costly to make and not safe to share, so each worker thread keeps its own."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.spool = zstandard.ZstdCompressor(level=_SPOOL_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def encode_page(entries: Sequence[Entry]) -> bytes:
    """The bytes a page is named after: compression is left out, so the name outlives its settings."""
    return _encoder.encode(entries)


def compress(document: bytes) -> bytes:
    return _zstd.compressor.compress(document)


def compress_quickly(document: bytes) -> bytes:
    return _zstd.spool.compress(document)


def decompress(data: bytes) -> bytes:
    return _zstd.decompressor.decompress(data)


def decode_page(data: bytes) -> list[Entry]:
    return _page_decoder.decode(decompress(data))


def encode_run(run: Run) -> bytes:
    return _zstd.compressor.compress(_encoder.encode(run))


def decode_run(data: bytes) -> Run:
    return _run_decoder.decode(decompress(data))


class RunHead(NamedTuple):
    """What is known of a stored run without reading it."""

    id: int
    entries: int
    first: str
    last: str


def latest(changes: Sequence[Change]) -> list[Change]:
    """One change a key, sorted by key, that does what all of them do in the order given."""
    by_key: dict[str, Change]
    if has_patches(changes):
        by_key = {}
        for change in changes:
            earlier = by_key.get(change.key)
            by_key[change.key] = change if earlier is None else _in_turn(earlier, change)
    else:
        by_key = {change.key: change for change in changes}
    return [by_key[key] for key in sorted(by_key)]


def has_patches(changes: Iterable[Change]) -> bool:
    return Patch in set(map(type, changes))


def _in_turn(earlier: Change, change: Change) -> Change:
    if isinstance(change, Entry) or change.is_removal:
        return change
    if isinstance(earlier, Entry):
        return with_label(earlier, change.label)
    # What was removed stays removed; of two labels the later one counts.
    return earlier if earlier.is_removal else change


def patched(entries: Sequence[Entry], changes: Sequence[Change]) -> list[Entry]:
    """`entries` (sorted) after `changes`, sorted. A patch of a key that is not there does nothing."""
    by_key = {entry.key: entry for entry in entries}
    for change in changes:
        if isinstance(change, Entry):
            by_key[change.key] = change
        elif change.is_removal:
            by_key.pop(change.key, None)
        elif (entry := by_key.get(change.key)) is not None:
            by_key[change.key] = with_label(entry, change.label)
    return [by_key[key] for key in sorted(by_key)]


def with_label(entry: Entry, label: msgspec.Raw) -> Entry:
    return msgspec.structs.replace(entry, label=label)
