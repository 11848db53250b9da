"""Pagers over a list in memory that write down which pages they were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel

from tensorbay.aio.lazy import AsyncPager, Cursor, Page

T = TypeVar("T")


class Listing(Generic[T]):
    def __init__(self, items: Sequence[T], *, page_size: int = 4, by_offset: bool = True) -> None:
        self.items = list(items)
        self.page_size = page_size
        self.by_offset = by_offset
        self.requests: list[int] = []
        self.failures: dict[int, Exception] = {}

    def pager(self) -> AsyncPager[T]:
        return AsyncPager(self._fetch, page_size=self.page_size if self.by_offset else None)

    async def _fetch(self, cursor: Cursor) -> Page[T]:
        # An opaque cursor is a string; decoding it is this class's secret.
        start = int(cursor or 0)
        self.requests.append(start)
        await anyio.lowlevel.checkpoint()
        if (failure := self.failures.pop(start, None)) is not None:
            raise failure
        end = start + self.page_size
        has_more = end < len(self.items)
        items = self.items[start:end]
        if self.by_offset:
            return Page(items, end if has_more else None, len(self.items))
        return Page(items, f"{end}" if has_more else None)
