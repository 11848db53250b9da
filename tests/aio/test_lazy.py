from __future__ import annotations

from tensorbay.aio import AsyncPager, Page
from tensorbay.aio.lazy import Cursor


def listing(total: int, size: int) -> tuple[AsyncPager[int], list[Cursor]]:
    asked: list[Cursor] = []

    async def fetch(cursor: Cursor) -> Page[int]:
        asked.append(cursor)
        start = int(cursor or 0)
        end = min(start + size, total)
        return Page(list(range(start, end)), end if end < total else None, total)

    return AsyncPager(fetch, page_size=size), asked


async def test_nothing_is_asked_before_it_is_used() -> None:
    pager, asked = listing(5, 2)
    mapped = pager.map(str)
    assert asked == []
    assert (await mapped).items == ["0", "1"]
    assert asked == [None]


async def test_iterating_asks_once_a_page() -> None:
    pager, asked = listing(5, 2)
    assert [item async for item in pager] == [0, 1, 2, 3, 4]
    assert asked == [None, 2, 4]


async def test_collect_starts_anew_each_time() -> None:
    pager, asked = listing(3, 2)
    assert await pager.collect() == await pager.collect() == [0, 1, 2]
    assert len(asked) == 4


async def test_a_page_can_be_asked_for_by_its_cursor() -> None:
    pager, _ = listing(5, 2)
    page = await pager.page(4)
    assert (page.items, page.next, page.total) == ([4], None, 5)


async def test_an_empty_listing() -> None:
    pager, _ = listing(0, 2)
    assert await pager.collect() == []
