"""Helpers of 1.x that users import."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Event, Lock
from typing import Any, TypeVar, cast

from tensorbay._util.names import camel, upper
from tensorbay._util.record import EqMixin
from tensorbay.geometry.transform import MatrixType

__all__ = ["EqMixin", "MatrixType", "camel", "common_loads", "locked", "upper"]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])

_guard = Lock()


def common_loads(object_class: type[T], contents: Any) -> T:
    """Build a value without `__init__`, by the `_loads` of its class."""
    value = object.__new__(object_class)
    value._loads(contents)  # type: ignore[attr-defined]
    return value


class _Call:
    def __init__(self) -> None:
        self.finished = Event()
        self.succeeded = False


def locked(method: F) -> F:
    """Calls of the method on one object that overlap share one run of it.

    Whoever comes while it runs waits for it; if it fails, they try themselves.
    """
    name = method.__name__

    @wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> None:
        while True:
            with _guard:
                calls: dict[str, _Call] = self.__dict__.setdefault("_locked_calls", {})
                running = calls.get(name)
                if running is None:
                    own = calls[name] = _Call()
            if running is None:
                break
            running.finished.wait()
            if running.succeeded:
                return
        try:
            method(self, *args, **kwargs)
            own.succeeded = True
        finally:
            with _guard:
                del calls[name]
            own.finished.set()

    return cast(F, run)
