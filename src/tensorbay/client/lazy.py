from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from concurrent.futures import Future
from typing import Any, ClassVar, Generic, Protocol, TypeVar, overload

import anyio

from tensorbay._util.repr import ReprMixin, ReprType
from tensorbay.aio.lazy import AsyncPager, Cursor
from tensorbay.client._pages import GeneratedPages, InitPage, LazyItem, LazyPage, PagingGenerator, ReturnGenerator
from tensorbay.client._portal import portal

__all__ = ["InitPage", "LazyItem", "LazyPage", "PagingList", "ReturnGenerator"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# Takes the items of a page and the position of the first, and gives what the list shall hold instead.
Convert = Callable[[list[Any], int], list[T]]

_EVERYTHING = slice(None)


class PagingList(ReprMixin, MutableSequence[T]):
    """A listing as a list: nothing is requested before it is used, and every page at most once.

    Listings that are paged by offset fetch the page of the item that is touched; `len()` costs one request.
    Listings of a bucket can only be read from the start: `[i]` fetches up to there, `len()` all of it. In a
    loop over either, the next page is fetched while the current one is used.

    A slice is a PagingList of its own, as lazy, over the same pages. Changing one changes nothing on the
    server and no other list. Two lists are equal only if they are the same object.

    `PagingList(func, limit)` lists what a generator function gives: `func(offset, limit)` yields a page and returns
    the number of all items.
    """

    _repr_type: ClassVar[ReprType] = ReprType.SEQUENCE
    _repr_non_empty = True

    @overload
    def __init__(self, source: AsyncPager[Any], *, convert: Convert[T] | None = None) -> None: ...
    @overload
    def __init__(self, source: PagingGenerator[T], limit: int) -> None: ...
    def __init__(
        self, source: AsyncPager[Any] | PagingGenerator[T], limit: int = 0, *, convert: Convert[T] | None = None
    ) -> None:
        if isinstance(source, AsyncPager):
            self._set(_listing(source, convert or _as_is))
        else:
            self._set(GeneratedPages(source, limit))

    def _set(self, listing: _Listing[T], slices: tuple[slice, ...] = ()) -> None:
        self._listing = listing
        self._slices = slices
        # Which items of the listing, and in what order: known once the length is, unless every bound counts
        # from the start. In a list that was changed, boxes stand for items of the user's.
        self._entries: range | list[int | _Own[T]] | None = None
        self._open_entries = _open_range(slices)

    def __len__(self) -> int:
        return len(self._resolve())

    def __bool__(self) -> bool:
        return next(iter(self), self) is not self

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> PagingList[T]: ...
    def __getitem__(self, index: int | slice) -> T | PagingList[T]:
        if not isinstance(index, slice):
            return self._at(index)
        part: PagingList[T] = PagingList.__new__(type(self))
        part._set(self._listing, (*self._slices, index))
        if self._entries is not None:
            part._entries = self._entries[index]
        return part

    @overload
    def __setitem__(self, index: int, value: T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[T]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        owned = list(map(_Own, value)) if isinstance(index, slice) else _Own(value)
        self._change()[index] = owned

    def __delitem__(self, index: int | slice) -> None:
        del self._change()[index]

    def __iter__(self) -> Iterator[T]:
        index = 0
        while True:
            try:
                item = self._at(index)
            except IndexError:
                return
            yield item
            index += 1
            entries = self._entries if self._entries is not None else self._open_entries
            if isinstance(entries, range) and entries.step == 1:
                self._listing.prefetch(entries.start + index, entries.stop)

    def __copy__(self) -> PagingList[T]:
        return self[_EVERYTHING]

    def __reduce__(self) -> tuple[Any, ...]:
        # A listing needs its connection, so the items travel.
        return _restore, (list(self),)

    def insert(self, index: int, value: T) -> None:
        self._change().insert(index, _Own(value))

    def extend(self, values: Iterable[T]) -> None:
        owned = list(map(_Own, values))
        self._change().extend(owned)

    def reverse(self) -> None:
        self._change().reverse()

    def clear(self) -> None:
        self._entries = []

    def _at(self, index: int) -> T:
        entries = self._entries
        if entries is None:
            entries = self._open_entries
            if entries is None or index < 0:
                entries = self._resolve()
        entry = entries[index]
        return entry.value if isinstance(entry, _Own) else self._listing.get(entry)

    def _resolve(self) -> range | list[int | _Own[T]]:
        if self._entries is None:
            entries = range(self._listing.length())
            for part in self._slices:
                entries = entries[part]
            self._entries = entries
        return self._entries

    def _change(self) -> list[int | _Own[T]]:
        entries = self._resolve()
        if isinstance(entries, range):
            entries = self._entries = list(entries)
        return entries


class _Own(Generic[T]):
    """An item that the user put into the list."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


class _Listing(Protocol[T_co]):
    """Items by position, fetched when they are first asked for; shared by a list and its slices."""

    def get(self, index: int) -> T_co:
        """IndexError: past the end."""

    def length(self) -> int: ...

    def prefetch(self, index: int, stop: int) -> None:
        """A loop that ends before `stop` has come to `index`: begin to fetch the next page if it is time."""


class _Pages(Generic[T]):
    """A listing that is paged by offset."""

    def __init__(self, pager: AsyncPager[Any], convert: Convert[T], page_size: int) -> None:
        self._pager = pager
        self._convert = convert
        self._size = page_size
        self._pages: dict[int, list[T]] = {}
        self._total: int | None = None
        self._locks = _Locks()
        self._ahead: Future[None] | None = None

    def get(self, index: int) -> T:
        number, position = divmod(index, self._size)
        page = self._pages.get(number)
        if page is None:
            if self._total is None or index < self._total:
                page = portal.run(self._load, number)
            if page is None or index >= self.length():
                raise IndexError("list index out of range")
        try:
            return page[position]
        except IndexError:
            if index >= self.length():
                raise
        raise RuntimeError(f"The listing changed while it was read: item {index} of {self._total} is gone")

    def length(self) -> int:
        if self._total is None:
            portal.run(self._load, 0)
        assert self._total is not None  # noqa: S101  (every page of an offset listing names it)
        return self._total

    def prefetch(self, index: int, stop: int) -> None:
        number, position = divmod(index, self._size)
        # The second item: whoever wanted only the first one is not charged for another page.
        if position != 1 % self._size:
            return
        number += 1
        if number in self._pages or number * self._size >= min(stop, self._total or 0):
            return
        if self._ahead is None or self._ahead.done():
            self._ahead = portal.submit(_quietly, self._load, number)

    async def _load(self, number: int) -> list[T]:
        async with self._locks.get(number):
            if number not in self._pages:
                offset = number * self._size
                page = await self._pager.page(offset)
                if self._total is None:
                    self._total = page.total
                self._pages[number] = self._convert(page.items, offset)
        return self._pages[number]


class _Sequence(Generic[T]):
    """A listing in which only a page tells where the next one starts."""

    def __init__(self, pager: AsyncPager[Any] | None, convert: Convert[T], items: list[T]) -> None:
        self._pager = pager  # None: all is here
        self._convert = convert
        self._items = items
        self._cursor: Cursor = None
        self._last_page = 0
        self._locks = _Locks()
        self._ahead: Future[None] | None = None

    def get(self, index: int) -> T:
        while True:
            # In this order: a page that is being fetched ahead may arrive between the two looks.
            complete = self._pager is None
            if index < len(self._items):
                return self._items[index]
            if complete:
                raise IndexError("list index out of range")
            portal.run(self._load, len(self._items))

    def length(self) -> int:
        if self._pager is not None:
            portal.run(self._load_all)
        return len(self._items)

    def prefetch(self, index: int, stop: int) -> None:
        if index != self._last_page + 1 or self._pager is None or len(self._items) >= stop:
            return
        if self._ahead is None or self._ahead.done():
            self._ahead = portal.submit(_quietly, self._load, len(self._items))

    async def _load(self, known: int) -> None:
        """Fetch the page after the first `known` items, unless somebody else just did."""
        async with self._locks.get(0):
            if self._pager is None or len(self._items) > known:
                return
            page = await self._pager.page(self._cursor)
            self._last_page = known
            self._items += self._convert(page.items, known)
            self._cursor = page.next
            if page.next is None:
                self._pager = None

    async def _load_all(self) -> None:
        while self._pager is not None:
            await self._load(len(self._items))


class _Locks:
    """Locks by page, of the loop they are used on: one inherited from a forked parent may be held forever."""

    def __init__(self) -> None:
        self._owner: object = None
        self._locks: dict[int, anyio.Lock] = {}

    def get(self, key: int) -> anyio.Lock:
        if self._owner is not (owner := portal.loop()):
            self._owner, self._locks = owner, {}
        return self._locks.setdefault(key, anyio.Lock())


async def _quietly(load: Callable[[int], Any], argument: int) -> None:
    """Fetch ahead of use. A failure is forgotten: it comes again, and is raised, when the page is used."""
    with contextlib.suppress(Exception):
        await load(argument)


def _listing(pager: AsyncPager[Any], convert: Convert[T]) -> _Listing[T]:
    if pager.page_size is None:
        return _Sequence(pager, convert, [])
    return _Pages(pager, convert, pager.page_size)


def _open_range(slices: tuple[slice, ...]) -> range | None:
    """The items that `slices` name in a listing of any length, or None if that depends on its length."""
    entries = range(sys.maxsize)
    for part in slices:
        if any(bound is not None and bound < 0 for bound in (part.start, part.stop, part.step)):
            return None
        entries = entries[part]
    return entries


def _as_is(items: list[T], offset: int) -> list[T]:
    return items


def _restore(items: list[T]) -> PagingList[T]:
    restored: PagingList[T] = PagingList.__new__(PagingList)
    restored._set(_Sequence(None, _as_is, items))
    return restored
