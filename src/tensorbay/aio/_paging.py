from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tensorbay.aio._transport import Transport
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.wire import PAGE_LIMIT, V1

T = TypeVar("T")


def offset_pager(
    transport: Transport,
    path: str,
    key: str,
    load: Callable[[dict[str, Any]], T],
    *,
    root: str = V1,
    params: Callable[[], dict[str, Any]] = dict,
) -> AsyncPager[T]:
    """A listing of the Open API: items are under `key` of the answer. `params` is asked at each request."""

    async def fetch(cursor: Cursor) -> Page[T]:
        offset = int(cursor or 0)
        query = {**params(), "offset": offset, "limit": PAGE_LIMIT}
        body = (await transport.request("GET", path, root=root, params=query)).json()
        return offset_page([load(item) for item in body[key]], offset, body["totalCount"])

    return AsyncPager(fetch, page_size=PAGE_LIMIT)


def offset_page(items: list[T], offset: int, total: int) -> Page[T]:
    end = offset + len(items)
    return Page(items, end if items and end < total else None, total)
