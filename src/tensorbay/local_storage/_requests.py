"""What requests to the service say, and whether they may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

import anyio
import msgspec
from starlette.requests import ClientDisconnect, Request

from tensorbay.exception import AccessDeniedError, InvalidParamsError
from tensorbay.local_storage._keys import check_service_prefix, key_of
from tensorbay.local_storage._space import TooLargeError
from tensorbay.storage import PAGE_LIMIT

if TYPE_CHECKING:
    from tensorbay.local_storage._service import Service
    from tensorbay.local_storage._tokens import Claims
    from tensorbay.storage import Operation

__all__ = [
    "announced_size",
    "authorize",
    "claims_of",
    "key_for",
    "limit_of",
    "listed_prefix",
    "read_json",
    "received",
    "service_of",
]

T = TypeVar("T")

_BODY_LIMIT = 8 << 20
_STALL_SECONDS = 120
"""How long an upload may send nothing."""
_SLOWEST = 1 << 10
"""Bytes that an upload has to send in a second, but for pauses."""


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def claims_of(request: Request) -> Claims:
    """Of the URL, for clients that send no headers, else of the header."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = request.query_params.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if not token:
        raise AccessDeniedError("The request has no token: ask the server for a signed URL.")
    return service_of(request).claims(token)


def authorize(claims: Claims, operation: Operation, key: str) -> None:
    if not claims.allows(operation, key):
        raise AccessDeniedError(f"The token is not for this: {operation} {key!r}.")


def key_for(request: Request, operation: Operation, prefix: bytes = b"/objects/") -> str:
    # The token first: without one nothing is said about keys.
    claims = claims_of(request)
    key = key_of(request.scope["raw_path"], prefix)
    authorize(claims, operation, key)
    return key


def listed_prefix(request: Request) -> str:
    prefix = request.query_params.get("prefix", "")
    authorize(claims_of(request), "list", prefix)
    check_service_prefix(prefix)
    return prefix


async def received(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; ClientDisconnect when it ends too early, or would never end."""
    chunks = request.stream()
    patience: float = _STALL_SECONDS
    while True:
        asked = anyio.current_time()
        try:
            with anyio.fail_after(patience):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise ClientDisconnect from None
        if chunk is None:
            return
        # Only the client's time counts, and what it sends gives it more.
        patience = min(patience - (anyio.current_time() - asked) + len(chunk) / _SLOWEST, _STALL_SECONDS)
        yield chunk


def announced_size(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length[:18]) if length.isdigit() else None


async def read_json(request: Request, type_: type[T]) -> T:
    body = bytearray()
    async for chunk in received(request):
        body += chunk
        if len(body) > _BODY_LIMIT:
            raise TooLargeError(f"The body is larger than {_BODY_LIMIT} bytes.", code="EntityTooLarge")
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidParamsError(f"The body is not what is expected: {error}") from None


def limit_of(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= PAGE_LIMIT):
        raise InvalidParamsError(f"Invalid limit: 1 to {PAGE_LIMIT} can be listed at a time.")
    return int(text)
