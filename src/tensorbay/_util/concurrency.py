from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

__all__ = ["map_concurrently"]

T = TypeVar("T")
R = TypeVar("R")


async def map_concurrently(function: Callable[[T], Awaitable[R]], items: Sequence[T], *, limit: int) -> list[R]:
    """Results in the order of `items`, at most `limit` calls at a time; the first failure ends the others."""
    results: dict[int, R] = {}
    failures: list[Exception] = []
    pending = iter(enumerate(items))

    async def work() -> None:
        try:
            for index, item in pending:
                results[index] = await function(item)
        except Exception as error:  # one error, not a group of them
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(min(limit, len(items))):
            group.start_soon(work)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(items))]
