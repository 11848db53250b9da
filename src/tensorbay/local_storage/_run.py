from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tensorbay.local_storage._app import create_app
from tensorbay.local_storage._settings import ServiceSettings
from tensorbay.local_storage._tokens import TokenVerifier

__all__ = ["HTTP", "run"]

_LOOK_SECONDS = 15
_LEAST = 16 << 10


class Connection(H11Protocol):
    """Hangs up on who dawdles and is served nothing: sends no request, or what is left of one that was answered.

    Nobody has shown a token by then. A head has 64 KiB at most; httptools, which is faster, takes one without end.
    """

    _timer: asyncio.TimerHandle | None = None
    _received = 0
    _was_slow = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def _look(self) -> None:
        is_served = not getattr(self.cycle, "response_complete", True)  # there is none before the first request
        # Between two requests it may rest: uvicorn has a limit for that.
        is_resting = self.timeout_keep_alive_task is not None
        is_slow = not is_served and not is_resting and self._received < _LEAST
        if is_slow and self._was_slow:
            self.transport.abort()
            return
        self._was_slow, self._received = is_slow, 0
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)


HTTP: dict[str, Any] = {
    "http": Connection,
    "ws": "none",
    # It would write down the tokens of URLs, which are as good as the files.
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": 75,
}
"""How uvicorn speaks to clients."""


def run(
    settings: ServiceSettings, *, host: str, port: int, certificate: Path | None = None, key: Path | None = None
) -> None:
    TokenVerifier(settings.public_key, audiences=settings.endpoints)  # a wrong key is told before anything starts
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="info",
        **HTTP,
    )
