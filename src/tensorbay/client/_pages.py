"""Pages of a listing that a generator function gives, as programs of 1.x write them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from threading import RLock
from typing import Any, Generic, TypeVar

from typing_extensions import Self

__all__ = ["GeneratedPages", "InitPage", "LazyItem", "LazyPage", "PagingGenerator", "ReturnGenerator"]

T = TypeVar("T")
R = TypeVar("R")

# Yields the items of the page that begins at an offset and has a limit, and returns the number of all items.
PagingGenerator = Callable[[int, int], Generator[T, None, int]]


class ReturnGenerator(Generic[T, R]):
    """Iterates over a generator; afterwards `value` is what it returned."""

    value: R

    def __init__(self, generator: Generator[T, Any, R]) -> None:
        self._generator = generator

    def __iter__(self) -> Iterator[T]:
        self.value = yield from self._generator


class LazyItem(Generic[T]):
    """An item of a page, which fetches the page when it is asked for."""

    __slots__ = ("data", "page")

    data: T

    def __init__(self, page: LazyPage[T] | None, data: T) -> None:
        self.page = page
        self.data = data

    @classmethod
    def from_page(cls, page: LazyPage[T]) -> Self:
        item = cls.__new__(cls)
        item.page = page
        return item

    @classmethod
    def from_data(cls, data: T) -> Self:
        return cls(None, data)

    def get(self) -> T:
        if not hasattr(self, "data") and self.page is not None:
            self.page.pull()
        try:
            return self.data
        except AttributeError:
            raise RuntimeError("The listing changed while it was read: an item of it is gone") from None


class LazyPage(Generic[T]):
    """`limit` items from `offset` on; `func` is called when the first of them is asked for."""

    items: tuple[LazyItem[T], ...]

    def __init__(self, offset: int, limit: int, func: PagingGenerator[T]) -> None:
        self._set(offset, limit, func)
        self.items = tuple(LazyItem.from_page(self) for _ in range(limit))

    @classmethod
    def from_items(cls, offset: int, limit: int, func: PagingGenerator[T], contents: Iterable[T]) -> Self:
        """A page that is there already; `pull` fetches it anew."""
        page = cls.__new__(cls)
        page._set(offset, limit, func)
        page.items = tuple(LazyItem(page, data) for data in contents)
        return page

    def pull(self) -> None:
        """Fetch the page, again if it is there already."""
        for item, data in zip(self.items, self._func(self._offset, self._limit), strict=False):
            item.data = data

    def _set(self, offset: int, limit: int, func: PagingGenerator[T]) -> None:
        self._offset = offset
        self._limit = limit
        self._func = func


class InitPage(LazyPage[T]):
    """The page that is fetched first, at once: it tells the number of all items, `total_count`."""

    def __init__(self, offset: int, limit: int, func: PagingGenerator[T]) -> None:
        self._set(offset, limit, func)
        generator = ReturnGenerator(func(offset, limit))
        self.items = tuple(LazyItem(self, data) for data in generator)
        self.total_count = generator.value


class GeneratedPages(Generic[T]):
    """The listing behind a `PagingList(func, limit)`: each page is fetched once."""

    def __init__(self, func: PagingGenerator[T], limit: int) -> None:
        if limit < 1:
            raise ValueError(f"The limit of a page must be 1 or more, not {limit}")
        self._func = func
        self._limit = limit
        self._items: list[LazyItem[T]] | None = None
        self._lock = RLock()

    def get(self, index: int) -> T:
        with self._lock:
            return self._all(index)[index].get()

    def length(self) -> int:
        with self._lock:
            return len(self._all(0))

    def prefetch(self, index: int, stop: int) -> None:
        """The generator is the user's: it runs when it must."""

    def _all(self, index: int) -> list[LazyItem[T]]:
        if self._items is None:
            offset = index // self._limit * self._limit
            first = InitPage(offset, self._limit, self._func)
            total = first.total_count
            self._items = [item for start in range(0, total, self._limit) for item in self._page(start, total, first)]
        return self._items

    def _page(self, start: int, total: int, first: InitPage[T]) -> tuple[LazyItem[T], ...]:
        if start == first._offset:
            return first.items
        return LazyPage(start, min(self._limit, total - start), self._func).items
