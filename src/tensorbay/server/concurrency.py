from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from anyio import to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compute"]

R = TypeVar("R")


# What costs a few microseconds an item is done on the loop up to here (a few milliseconds), and in a thread beyond.
_INLINE_ITEMS = 1000


async def compute(items: int, function: Callable[[], R]) -> R:
    """The result of a pure function that looks at `items` items."""
    return await to_thread.run_sync(function) if items > _INLINE_ITEMS else function()
