"""The one place that makes a thread or an event loop: a loop thread on which the async core runs.

A bare asyncio loop instead of anyio's BlockingPortal: a call costs half as much, and nothing has to be
finalised in a forked child, where calling the dead loop thread would hang. The thread is a daemon, starts
with the first call, and is replaced in a forked child.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib.util
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import anyio

__all__ = ["CLEANUP_SECONDS", "SLICE", "Portal", "portal"]

P = ParamSpec("P")
T = TypeVar("T")

# How long an interrupted call, and the end of the process, wait for work on the loop to clean up.
CLEANUP_SECONDS = 5.0
# A wait without a timeout can't be interrupted by Ctrl-C on Windows.
SLICE = 0.5 if sys.platform == "win32" else None
_PACKAGE = __name__.rpartition(".")[0].rpartition(".")[0]


class Portal:
    """Runs coroutine functions on the loop thread of this process.

    Called from a thread whose own event loop is running, `run` works and blocks that loop; it warns once,
    except in IPython, where blocking the cell is what the user asked for.
    """

    def __init__(self) -> None:
        # What belonged to the parent of a forked process. Kept alive: closing it would act on sockets and
        # on an epoll instance that the parent still uses.
        self._abandoned: list[object] = []
        self._warned = False
        self._lock: threading.Lock
        self._running: _Running | None
        self._closers: dict[weakref.finalize[..., object], Callable[[], Awaitable[None]]] = {}
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.stop)

    def __repr__(self) -> str:
        return f"<Portal [{'idle' if self._running is None else 'running'}]>"

    def run(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `func` on the loop and wait for its result.

        An exception in the waiting thread (Ctrl-C) cancels the call, and is raised when the call has cleaned
        up, at the latest after 5 seconds.
        """
        self.check_thread()
        call: _Call[T] = _Call(self.loop())
        try:
            call.schedule(func, args, kwargs)
            return wait_for(call)
        except BaseException:
            if not call.done():  # the wait was interrupted: an error of the call itself leaves it done
                call.interrupt()
                wait([call], CLEANUP_SECONDS)
            raise
        finally:
            del call  # an exception in it holds this frame

    def submit(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start `func` on the loop; cancelling the future cancels the call."""
        call: _Call[T] = _Call(self.loop())
        call.schedule(func, args, kwargs)
        return call

    async def bridge(self, func: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `func`, which belongs to the portal's loop, from any asyncio loop."""
        if self._owns(asyncio.get_running_loop()):
            return await func(*args, **kwargs)
        return await asyncio.wrap_future(self.submit(func, *args, **kwargs))

    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop of this process, started when there is none."""
        if (running := self._running) is None:
            with self._lock:
                running = self._running = self._running or _start()
        return running.loop

    def close_with(self, owner: object, aclose: Callable[[], Awaitable[None]]) -> None:
        """Have `aclose` run on the loop when `owner` is garbage, or else before the process ends.

        After a fork both processes run it; what it closes has to know to which of them it belongs.
        """
        finalizer: weakref.finalize[..., object]

        def close() -> None:
            # Runs wherever garbage is collected: no lock, no wait, and no loop is started for it.
            self._closers.pop(finalizer, None)
            if self._running is not None:
                self.submit(aclose)

        finalizer = weakref.finalize(owner, close)
        finalizer.atexit = False
        self._closers[finalizer] = aclose

    def stop(self) -> None:
        """End the loop thread; the next call starts a new one."""
        if self._running is None:
            return
        closers, self._closers = self._closers, {}
        for finalizer in closers:
            finalizer.detach()
        wait([self.submit(aclose) for aclose in closers.values()], CLEANUP_SECONDS)
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop()
            running.thread.join(CLEANUP_SECONDS)

    def _reset(self) -> None:
        # Neither the thread nor a lock held by another thread survives fork().
        self._lock = threading.Lock()
        self._running = None

    def _after_fork(self) -> None:
        self._abandoned.append(self._running)
        self._reset()

    def _owns(self, loop: asyncio.AbstractEventLoop) -> bool:
        return self._running is not None and self._running.loop is loop

    def check_thread(self) -> None:
        """Whether the calling thread may wait for the loop."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._owns(loop):
            raise RuntimeError(
                "The sync API was called from the event loop that runs it (from a callback or a coroutine "
                "that this package runs): use the async API there, or hand the work to another thread"
            )
        if not self._warned and not _in_ipython():
            self._warned = True
            warnings.warn(
                "The sync API is called in a thread with a running event loop, which stands still until the "
                "call returns: use AsyncGAS there",
                RuntimeWarning,
                stacklevel=_levels_to_user(),
            )


class _Call(Future[T]):
    """One call: the thread-safe side of a task on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._task: asyncio.Task[T | _Exit] | None = None
        self._interrupted = False

    def schedule(self, func: Callable[..., Awaitable[T]], args: Any, kwargs: Any) -> None:
        # call_soon runs in a copy of the caller's context: request ids and trace spans survive the hop.
        self._loop.call_soon_threadsafe(self._start, func, args, kwargs)

    def interrupt(self) -> None:
        """Cancel the work but not the future, which then tells when the work is really over."""
        self._interrupted = True
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._cancel_task)

    def cancel(self) -> bool:
        if not super().cancel():
            return False
        self.interrupt()
        return True

    def _start(self, func: Callable[..., Awaitable[T]], args: Any, kwargs: Any) -> None:
        if self._interrupted:
            self.cancel()
            self.set_running_or_notify_cancel()
            return
        self._task = self._loop.create_task(_await(func, args, kwargs))
        self._task.add_done_callback(self._finish)

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _finish(self, task: asyncio.Task[T | _Exit]) -> None:
        if task.cancelled():
            super().cancel()
        if not self.set_running_or_notify_cancel():
            return
        if (error := task.exception()) is not None:
            self.set_exception(error)
        elif isinstance(result := task.result(), _Exit):
            self.set_exception(result.error)
        else:
            self.set_result(result)


@dataclass
class _Exit:
    """SystemExit and its like, carried as a value: raised in a task they would end the loop."""

    error: BaseException


async def _await(func: Callable[..., Awaitable[T]], args: Any, kwargs: Any) -> T | _Exit:
    try:
        return await func(*args, **kwargs)
    except (KeyboardInterrupt, SystemExit) as error:
        return _Exit(error)


def wait_for(future: Future[T]) -> T:
    """The result of `future`; the wait can be interrupted by Ctrl-C on every platform."""
    while SLICE is not None and not wait([future], SLICE).done:
        pass
    return future.result()


@dataclass
class _Running:
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    stopping: asyncio.Event

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # it ended by itself
            self.loop.call_soon_threadsafe(self.stopping.set)


def _start() -> _Running:
    started: Future[_Running] = Future()
    threading.Thread(target=_serve, args=(started,), name="tensorbay-io", daemon=True).start()
    try:
        return wait_for(started)
    except BaseException:
        started.add_done_callback(_give_up)
        raise


def _serve(started: Future[_Running]) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        # Waiting for its threads takes one more, which Python 3.12 refuses at the end of the process.
        loop.shutdown_default_executor = _no_wait  # type: ignore[method-assign]
        running = _Running(loop, threading.current_thread(), asyncio.Event())
        started.set_result(running)
        await running.stopping.wait()

    uvloop = sys.platform != "win32" and importlib.util.find_spec("uvloop") is not None
    try:
        anyio.run(serve, backend="asyncio", backend_options={"use_uvloop": uvloop})
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


async def _no_wait(*_: object) -> None:
    """Closing the loop shuts its executor down."""


def _give_up(started: Future[_Running]) -> None:
    """Whoever waited for the start was interrupted: nobody knows the loop, so it ends."""
    if started.exception() is None:
        started.result().stop()


def _in_ipython() -> bool:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython is not None and get_ipython() is not None


def _levels_to_user() -> int:
    """The `stacklevel` at which a warning of our caller points at the first frame outside this package."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(f"{_PACKAGE}."):
        frame = frame.f_back
        level += 1
    return level


portal = Portal()
