from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["AsyncPager", "Cursor", "Page"]

T = TypeVar("T")
R = TypeVar("R")

# Where a page starts: an offset, or an opaque position that the page before named. None is the start.
Cursor = int | str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing; `next` is None on the last one, `total` is None where the server can't know it."""

    items: list[T]
    next: Cursor = None
    total: int | None = None


class AsyncPager(Generic[T]):
    """A lazy listing: nothing is requested before it is used.

    `async for item in pager` gives every item, one request a page; `await pager` the first page;
    `await pager.collect()` a list of all. Each iteration starts a new listing.

    With a `page_size` the listing is paged by offset: any page can be asked for, and pages know the total.
    Without one it can only be walked from the start, page by page.
    """

    def __init__(self, fetch: Callable[[Cursor], Awaitable[Page[T]]], *, page_size: int | None = None) -> None:
        self._fetch = fetch
        self.page_size = page_size

    async def page(self, cursor: Cursor = None) -> Page[T]:
        return await self._fetch(cursor)

    async def pages(self) -> AsyncIterator[Page[T]]:
        cursor: Cursor = None
        while True:
            page = await self._fetch(cursor)
            yield page
            if page.next is None:
                return
            cursor = page.next

    async def collect(self) -> list[T]:
        return [item async for item in self]

    def map(self, function: Callable[[T], R]) -> AsyncPager[R]:
        """The same listing with `function` applied to each item; still lazy."""

        async def fetch(cursor: Cursor) -> Page[R]:
            page = await self._fetch(cursor)
            return Page([function(item) for item in page.items], page.next, page.total)

        return AsyncPager(fetch, page_size=self.page_size)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    def __await__(self) -> Generator[Any, None, Page[T]]:
        return self.page().__await__()
