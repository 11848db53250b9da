"""One function over many arguments in threads, as programs of 1.x ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, Generic, TypeVar

from tqdm.auto import tqdm

__all__ = ["MultiCallbackTask", "Tqdm", "multithread_upload"]

T = TypeVar("T")
R = TypeVar("R")


class Tqdm(tqdm):  # type: ignore[type-arg]  # generic in its stubs only
    """The bar of an upload of `total` files."""

    def __init__(self, total: int, disable: bool = False) -> None:
        super().__init__(desc="Uploading", total=total, disable=disable)

    def update_callback(self, _: Any) -> None:
        """One is done; for `Future.add_done_callback`."""
        self.update()

    def update_for_skip(self, condition: bool) -> bool:
        """Count what a filter leaves out; the condition comes back."""
        if not condition:
            self.update()
        return condition


class MultiCallbackTask(Generic[T, R]):
    """Calls `function`, and `callback` with its results that are not None, `size` of them at a time."""

    def __init__(
        self, *, function: Callable[[T], R | None], callback: Callable[[tuple[R, ...]], None], size: int = 50
    ) -> None:
        self._function = function
        self._callback = callback
        self._size = size
        self._results: list[R] = []
        self._lock = Lock()

    def work(self, argument: T) -> None:
        result = self._function(argument)
        if result is not None:
            self._report(result)

    def last_callback(self) -> None:
        """Report what is left."""
        with self._lock:
            batch, self._results = tuple(self._results), []
        if batch:
            self._callback(batch)

    def _report(self, result: R) -> None:
        with self._lock:
            self._results.append(result)
            if len(self._results) < self._size:
                return
            batch, self._results = tuple(self._results), []
        self._callback(batch)


def multithread_upload(
    function: Callable[[T], R | None],
    arguments: Iterable[T],
    *,
    callback: Callable[[tuple[R, ...]], None] | None = None,
    jobs: int = 1,
    pbar: Tqdm,
) -> None:
    """Call `function` with each of `arguments`, in `jobs` threads; `pbar` counts the calls.

    `callback` gets the results that are not None, 50 at a time and what is left at the end, also after a failure. The
    first exception is raised, when the calls that had begun have ended; the others are not begun.
    """
    task = None if callback is None else MultiCallbackTask(function=function, callback=callback)
    work: Callable[[T], object] = function if task is None else task.work
    try:
        with ThreadPoolExecutor(jobs) as executor:
            futures = [executor.submit(work, argument) for argument in arguments]
            for future in futures:
                future.add_done_callback(pbar.update_callback)
            done, pending = wait(futures, return_when=FIRST_EXCEPTION)
            for future in pending:
                future.cancel()
        for future in done:
            future.result()
    finally:
        if task is not None:
            task.last_callback()
