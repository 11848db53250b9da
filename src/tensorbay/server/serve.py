from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

from tensorbay._util.listening import check_listening
from tensorbay._util.self_signed import ANY_ADDRESS, ensure_self_signed
from tensorbay.exception import TensorBayException
from tensorbay.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tensorbay.server.settings import ServerSettings

__all__ = ["serve"]


def serve(
    settings: ServerSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    self_signed: bool = False,
    names: Sequence[str] = (),
    certificate: Path | None = None,
    key: Path | None = None,
) -> None:
    """Run a server until it is told to stop (SIGINT, SIGTERM). Blocks.

    With `self_signed`, or with `certificate` and `key` (PEM files), it speaks https. A self-signed certificate is for
    `names`, `host`, and what this machine calls itself. uvloop and httptools are used where they are installed.
    """
    import uvicorn  # an embedded server does without

    if settings.embedded:
        raise ValueError("An embedded server asks for no access keys: it cannot be opened to a network.")
    if self_signed:
        own = [socket.gethostname()] if host in ANY_ADDRESS else []
        certificate, key = ensure_self_signed(settings.home, host, *own, *names)
    check_listening(host, port, certificate=certificate, key=key)
    uvicorn.run(
        _in_words(create_app(settings)),
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="info",
        # It would write down the signatures of URLs, which are as good as the files.
        access_log=False,
        server_header=False,
        # 1.x clients look at their jobs every 5 seconds, which is when uvicorn would hang up by default.
        timeout_keep_alive=75,
    )


def _in_words(app: ASGIApp) -> ASGIApp:
    """An error of ours that keeps it from starting is logged as what it says, without a traceback."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            error = sys.exc_info()[1]
            if message["type"] == "lifespan.startup.failed" and isinstance(error, TensorBayException):
                message = {**message, "message": str(error)}
            await send(message)

        await app(scope, receive, say if scope["type"] == "lifespan" else send)

    return wrapped
