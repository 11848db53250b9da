"""A tree: the pages of one segment in one version, in order. Immutable and named by its hash, as pages are."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tensorbay.server.index._entry import decompress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class PageRef(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of a page without reading it."""

    hash: bytes
    count: int
    weight: int  # decides splits and joins, see `_merge`
    size: int  # of the files its entries point at, bytes
    first: str
    last: str
    frames: int = 0  # in fusion segments: no frame is in two pages

    @property
    def start(self) -> str:
        """No key before this belongs into the page: all sensors of a frame do."""
        return self.first[: self.first.index("/") + 1] if self.frames else self.first


class Span(NamedTuple):
    """A part of a page: entries, or frames, `start` to `stop`."""

    page: PageRef
    start: int
    stop: int


class Tree:
    def __init__(self, pages: Sequence[PageRef] = ()) -> None:
        self.pages = pages
        self._ends = list(accumulate(page.count for page in pages))
        self._firsts = [page.first for page in pages]

    @property
    def count(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def size(self) -> int:
        return sum(page.size for page in self.pages)

    def spans(self, offset: int, limit: int) -> list[Span]:
        """Where the entries `offset` to `offset + limit` lie."""
        return list(_spans(self.pages, self._ends, offset, limit))

    def frame_spans(self, offset: int, limit: int) -> list[Span]:
        """Where the frames `offset` to `offset + limit` lie."""
        return list(_spans(self.pages, self._frame_ends, offset, limit))

    @cached_property
    def _frame_ends(self) -> list[int]:
        return list(accumulate(page.frames for page in self.pages))

    @property
    def frames(self) -> int:
        return self._frame_ends[-1] if self.pages else 0

    def page_of_frame(self, frame_id: str) -> PageRef | None:
        """The only page that can hold the frame."""
        index = bisect_right(self.pages, f"{frame_id}/", key=attrgetter("start")) - 1
        return self.pages[index] if index >= 0 else None

    def page_of(self, key: str) -> PageRef | None:
        """The only page that can hold the key."""
        index = bisect_right(self._firsts, key) - 1
        return self.pages[index] if index >= 0 and key <= self.pages[index].last else None

    def offset_of(self, key: str) -> int:
        """An offset near the key, not behind it."""
        index = max(0, bisect_right(self._firsts, key) - 1)
        return self._ends[index] - self.pages[index].count if self.pages else 0


def _spans(pages: Sequence[PageRef], ends: Sequence[int], offset: int, limit: int) -> Iterator[Span]:
    index = bisect_right(ends, offset)
    while limit > 0 and index < len(pages):
        begin = ends[index - 1] if index else 0
        start, stop = offset - begin, min(ends[index], offset + limit) - begin
        yield Span(pages[index], start, stop)
        offset += stop - start
        limit -= stop - start
        index += 1


def content_hash(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()[:20]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[PageRef])


def encode_tree(pages: Sequence[PageRef]) -> bytes:
    return _encoder.encode(pages)


def decode_tree(data: bytes) -> Tree:
    return Tree(_decoder.decode(decompress(data)))
