from __future__ import annotations

import asyncio
import contextvars
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
from concurrent.futures import Future
from typing import Any, Literal

import pytest

from tensorbay.client._portal import Portal, portal

request_id = contextvars.ContextVar("request_id", default="none")


async def thread_name() -> str:
    return threading.current_thread().name


async def add(left: int, right: int = 1) -> int:
    await asyncio.sleep(0)
    return left + right


async def read_request_id() -> str:
    return request_id.get()


async def fail() -> None:
    raise LookupError("on the loop")


async def leave() -> None:
    raise SystemExit(3)


async def hang(started: threading.Event, cancelled: threading.Event) -> None:
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        cancelled.set()


def python(script: str, **kwargs: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **kwargs,
    )


def test_calls_run_on_one_named_daemon_thread() -> None:
    assert portal.run(thread_name) == "tensorbay-io"
    assert portal.run(thread_name) == "tensorbay-io"
    threads = [thread for thread in threading.enumerate() if thread.name == "tensorbay-io"]
    assert [thread.daemon for thread in threads] == [True]


def test_arguments_results_and_errors_pass_through() -> None:
    assert portal.run(add, 1, right=2) == 3
    assert portal.submit(add, 1).result() == 2
    with pytest.raises(LookupError, match="on the loop"):
        portal.run(fail)


def test_context_variables_reach_the_call() -> None:
    token = request_id.set("r1")
    try:
        assert portal.run(read_request_id) == "r1"
    finally:
        request_id.reset(token)


def test_system_exit_on_the_loop_reaches_the_caller_and_spares_the_loop() -> None:
    with pytest.raises(SystemExit):
        portal.run(leave)
    assert portal.run(add, 1) == 2


def test_cancelled_future_cancels_the_call() -> None:
    started, cancelled = threading.Event(), threading.Event()
    future = portal.submit(hang, started, cancelled)
    assert started.wait(10)
    assert future.cancel()
    assert future.cancel()
    assert cancelled.wait(10)


def test_call_from_the_loop_itself_is_refused() -> None:
    async def reenter() -> int:
        return portal.run(add, 1)

    with pytest.raises(RuntimeError, match="use the async API there"):
        portal.run(reenter)


def test_calls_from_many_threads_share_one_loop() -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda n=n: results.append(portal.run(add, n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(1, 21))


def test_call_inside_a_running_loop_works_and_warns_once() -> None:
    own = Portal()

    async def handler() -> None:
        with pytest.warns(RuntimeWarning, match="use AsyncGAS") as caught:
            assert own.run(add, 1) == 2
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert own.run(add, 2) == 3

    asyncio.run(handler())
    own.stop()


async def test_bridge_awaits_from_another_loop_and_from_its_own() -> None:
    assert await portal.bridge(thread_name) == "tensorbay-io"

    async def inner() -> str:
        return await portal.bridge(thread_name)

    assert await portal.bridge(inner) == "tensorbay-io"


async def test_cancelled_bridge_cancels_the_call() -> None:
    started, cancelled = threading.Event(), threading.Event()
    task = asyncio.create_task(portal.bridge(hang, started, cancelled))
    assert await asyncio.to_thread(started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(cancelled.wait, 10)


def test_stop_ends_the_thread_and_the_next_call_starts_another() -> None:
    own = Portal()
    assert repr(own) == "<Portal [idle]>"
    own.stop()
    own.run(add, 1)
    assert repr(own) == "<Portal [running]>"
    own.stop()
    assert repr(own) == "<Portal [idle]>"
    assert own.run(add, 1) == 2
    own.stop()


class Resource:
    def __init__(self, closed: list[str], name: str) -> None:
        self.closed = closed
        self.name = name

    async def aclose(self) -> None:
        self.closed.append(self.name)


class Owner:
    pass


def test_resources_are_closed_with_their_owner_or_at_stop() -> None:
    own = Portal()
    closed: list[str] = []
    kept, dropped = Owner(), Owner()
    own.close_with(kept, Resource(closed, "kept").aclose)
    own.close_with(dropped, Resource(closed, "dropped").aclose)
    own.run(add, 1)
    del dropped
    own.run(add, 1)
    assert closed == ["dropped"]
    own.stop()
    assert closed == ["dropped", "kept"]
    del kept
    assert closed == ["dropped", "kept"]


def test_stop_cancels_what_still_runs() -> None:
    own = Portal()
    started, cancelled = threading.Event(), threading.Event()
    future: Future[None] = own.submit(hang, started, cancelled)
    assert started.wait(10)
    own.stop()
    assert cancelled.is_set()
    assert future.cancelled()


def run_in_child(queue: Any) -> None:
    queue.put((os.getpid(), portal.run(add, 40, 2)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_child_gets_its_own_loop(method: Literal["fork", "spawn"]) -> None:
    assert portal.run(add, 1) == 2
    context: Any = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    with warnings.catch_warnings():
        # Python 3.12 warns of fork in a process with threads, which is what this test is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = context.Process(target=run_in_child, args=(queue,))
        process.start()
    pid, result = queue.get()
    process.join(30)
    assert (pid, result, process.exitcode) == (process.pid, 42, 0)
    assert portal.run(add, 1) == 2


def test_fork_while_the_lock_is_held() -> None:
    own = Portal()
    own.run(add, 1)
    with own._lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)  # a hang is a failure of this child alone
            os._exit(own.run(add, 40, 2))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42
    assert own.run(add, 1) == 2
    own.stop()


def test_forked_child_may_exit_normally() -> None:
    process = python(
        """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from tensorbay.client._portal import portal
        async def add(left, right): return left + right
        portal.run(add, 1, 1)
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        print("child" if pid == 0 else "parent", portal.run(add, 1, 2), flush=True)
        """
    )
    output, errors = process.communicate(timeout=60)
    assert (sorted(output.splitlines()), errors, process.returncode) == (["child 3", "parent 3"], "", 0)


def test_nothing_starts_at_import() -> None:
    process = python(
        """
        import threading, tensorbay.client
        from tensorbay.client._portal import portal
        print(threading.active_count(), portal)
        """
    )
    assert process.communicate(timeout=60)[0].strip() == "1 <Portal [idle]>"


def test_exit_with_a_call_still_running_does_not_hang() -> None:
    process = python(
        """
        import asyncio
        from tensorbay.client._portal import portal
        async def forever():
            try:
                await asyncio.Event().wait()
            finally:
                print("cleaned up", flush=True)
        portal.submit(forever)
        async def pause(): await asyncio.sleep(0)
        portal.run(pause)
        print("end", flush=True)
        """
    )
    output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == ("end\ncleaned up\n", "", 0)


def test_exit_starts_no_thread() -> None:
    """Python 3.12 refuses to; earlier ones are made to refuse."""
    process = python(
        """
        import asyncio, atexit, threading
        from tensorbay.client._portal import portal
        async def think(): await asyncio.get_running_loop().run_in_executor(None, int)
        def refuse(self): raise RuntimeError("can't create new thread at interpreter shutdown")
        portal.run(think)
        atexit.register(setattr, threading.Thread, "start", refuse)
        """
    )
    assert (*process.communicate(timeout=60), process.returncode) == ("", "", 0)


def test_ctrl_c_cancels_the_call_and_waits_for_its_cleanup() -> None:
    process = python(
        """
        import anyio
        from tensorbay.client._portal import portal
        async def upload():
            try:
                print("started", flush=True)
                await anyio.sleep_forever()
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.3)
                    print("aborted", flush=True)
        async def answer(): return 42
        try:
            portal.run(upload)
        except KeyboardInterrupt:
            print("interrupted", portal.run(answer), flush=True)
        """
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == ("aborted\ninterrupted 42\n", "", 0)
