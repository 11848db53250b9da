from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Drain"]

_MAX_BYTES = 64 << 20
_MAX_SECONDS = 10


class Drain:
    """Takes in what is left of an upload before it is refused.

    A client that is still sending when the connection is closed sees the loss of the connection, not the refusal.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_ended = False

        async def watch() -> Message:
            nonlocal has_ended
            message = await receive()
            has_ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def drain(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                left = _MAX_BYTES
                with contextlib.suppress(TimeoutError), anyio.fail_after(_MAX_SECONDS):
                    while not has_ended and left > 0:
                        left -= len((await watch()).get("body", b""))
            await send(message)

        await self._app(scope, watch, drain)
