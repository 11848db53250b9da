from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from tensorbay.exception import InvalidParamsError
from tensorbay.server.replies import JsonResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BodyLimit"]


class BodyLimit:
    """No request but the upload of a file may be larger than `limit` bytes, whether it says so or not."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/objects/"):
            await self._app(scope, receive, send)
            return
        if _declared(scope) > self._limit:
            content = {"code": InvalidParamsError.CODE, "message": self._message}
            await JsonResponse(content, 413)(scope, receive, send)
            return
        taken = 0

        async def count() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                # FastAPI would take any other exception for JSON that does not parse.
                raise HTTPException(413, self._message)
            return message

        await self._app(scope, count, send)

    @property
    def _message(self) -> str:
        return f"The body is larger than {self._limit} bytes; send fewer objects in one request."


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0
