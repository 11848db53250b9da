from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["run_apart"]

T = TypeVar("T")


async def run_apart(work: Callable[[], T]) -> T:
    """Blocking work in a thread of its own, for what may take minutes and changes nothing.

    Who is cancelled does not wait for it, nor does a process that ends: those of anyio and asyncio do.
    """
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()  # so that it is only its waiter that can be cancelled

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name="tensorbay-apart", daemon=True).start()
    return await asyncio.wrap_future(result)
