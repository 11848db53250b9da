"""A tree: the pages of one segment in one version, in order. Immutable and named by its hash, as pages are."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tensorbay.server.index._entry import decompress

if TYPE_CHECKING:
    from collections.abc import Sequence


class PageRef(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of a page without reading it."""

    hash: bytes
    count: int
    weight: int  # decides splits and joins, see `_merge`
    size: int  # of the files its entries point at, bytes
    first: str
    last: str


class Span(NamedTuple):
    """A part of a page: entries `start` to `stop`."""

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
        spans = []
        index = bisect_right(self._ends, offset)
        while limit > 0 and index < len(self.pages):
            page = self.pages[index]
            start = offset - (self._ends[index] - page.count)
            stop = min(page.count, start + limit)
            spans.append(Span(page, start, stop))
            offset += stop - start
            limit -= stop - start
            index += 1
        return spans

    def page_of(self, key: str) -> PageRef | None:
        """The only page that can hold the key."""
        index = bisect_right(self._firsts, key) - 1
        return self.pages[index] if index >= 0 and key <= self.pages[index].last else None

    def offset_of(self, key: str) -> int:
        """An offset near the key, not behind it."""
        index = max(0, bisect_right(self._firsts, key) - 1)
        return self._ends[index] - self.pages[index].count if self.pages else 0


def content_hash(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()[:20]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[PageRef])


def encode_tree(pages: Sequence[PageRef]) -> bytes:
    return _encoder.encode(pages)


def decode_tree(data: bytes) -> Tree:
    return Tree(_decoder.decode(decompress(data)))
