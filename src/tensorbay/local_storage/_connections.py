"""Connections, which anybody can open: none is held for as long as its client likes, nor more than can be served."""

from __future__ import annotations

import asyncio
import contextlib
import sys

try:
    import resource
except ImportError:  # Windows, which counts no descriptors
    resource = None  # type: ignore[assignment]

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection", "allow_descriptors"]

_LOOK_SECONDS = 15
_LEAST = 16 << 10
_UNREAD_LOOKS = 8
"""How often an answer may be looked at of which nothing was read since the last look."""
_DESCRIPTORS = 10240
_DESCRIPTORS_EACH = 4
"""Of a copy: its socket, both of its files, and the folder of one."""


class Connection(H11Protocol):
    """Hangs up on who dawdles and is served nothing: sends no request, or what is left of one that was answered.

    Nobody has shown a token by then. A head has 64 KiB at most; httptools, which is faster, takes one without end.
    Hangs up, too, on who reads no answer, whose rest uvicorn would keep for ever, and on who is one too many: he may
    try again, and who is served goes on.
    """

    _timer: asyncio.TimerHandle | None = None
    _received = 0
    _was_slow = False
    _unread = 0
    _unread_looks = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _most():
            transport.abort()
            return
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def _look(self) -> None:
        was_slow, self._was_slow = self._was_slow, self._is_slow()
        if (was_slow and self._was_slow) or self._is_left_unread():
            self.transport.abort()
            return
        self._received = 0
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)

    def _is_slow(self) -> bool:
        is_served = not getattr(self.cycle, "response_complete", True)  # there is none before the first request
        # Between two requests it may rest: uvicorn has a limit for that.
        is_resting = self.timeout_keep_alive_task is not None
        # One that is closed waits only for its last answer to be read.
        return not (is_served or is_resting or self.transport.is_closing()) and self._received < _LEAST

    def _is_left_unread(self) -> bool:
        unread, self._unread = self._unread, self.transport.get_write_buffer_size()
        self._unread_looks = self._unread_looks + 1 if self._unread and self._unread == unread else 0
        return self._unread_looks >= _UNREAD_LOOKS


def allow_descriptors() -> None:
    """As many for this process as a busy service may need and the system lets it have."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _most() -> int:
    """Connections that leave descriptors for the files."""
    if resource is None:
        return sys.maxsize
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // _DESCRIPTORS_EACH
