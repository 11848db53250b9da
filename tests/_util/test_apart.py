from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import anyio
import pytest

from tensorbay._util.apart import run_apart


async def test_what_comes_of_it() -> None:
    assert await run_apart(threading.current_thread) is not threading.current_thread()
    with pytest.raises(ZeroDivisionError):
        await run_apart(lambda: 1 / 0)


async def test_who_is_cancelled_does_not_wait() -> None:
    begun, end = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        begun.set()
        end.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(run_apart, work)
        await asyncio.to_thread(begun.wait)
        group.cancel_scope.cancel()
    assert group.cancel_scope.cancelled_caught
    [thread] = threads
    assert thread.is_alive()
    end.set()
    await asyncio.to_thread(thread.join)  # and tells nobody what came of it


def test_the_end_of_the_process_does_not_wait() -> None:
    code = (
        "import anyio, threading\n"
        "from tensorbay._util.apart import run_apart\n"
        "async def main():\n"
        "    with anyio.move_on_after(0.01):\n"
        "        await run_apart(threading.Event().wait)\n"
        "anyio.run(main)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
