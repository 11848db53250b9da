"""What the service answers that is no file."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tensorbay.exception import (
    AccessDeniedError,
    InvalidParamsError,
    ObjectChangedError,
    ObjectNotFoundError,
    ResourceNotExistError,
    ResponseError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
)
from tensorbay.local_storage._requests import service_of
from tensorbay.local_storage._space import TooLargeError

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["HANDLERS", "refusal", "reply"]

_STATUS: dict[type[StorageError], tuple[int, str]] = {
    ObjectNotFoundError: (404, ResourceNotExistError.CODE),
    StorageNotFoundError: (404, "StorageNotFound"),
    StorageAccessError: (403, AccessDeniedError.CODE),
    ObjectChangedError: (412, "ObjectChanged"),
}


def reply(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode({"code": code, "message": message})
    return Response(body, status, headers, media_type="application/json")


async def _on_response_error(_: Request, error: ResponseError) -> Response:
    return refusal(error.STATUS_CODE, error.CODE, str(error))


async def _on_storage_error(request: Request, error: StorageError) -> Response:
    status, code = _STATUS.get(type(error), (400, InvalidParamsError.CODE))
    return refusal(status, code, service_of(request).without_root(str(error)))


async def _on_too_large(_: Request, error: TooLargeError) -> Response:
    return refusal(error.STATUS_CODE, error.code, str(error))


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    code = HTTPStatus(error.status_code).phrase.replace(" ", "")
    return refusal(error.status_code, code, f"{request.method}: the local storage service has no such address.")


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return refusal(400, InvalidParamsError.CODE, "The upload was cut short; send it again.")


async def _on_bug(request: Request, _: Exception) -> Response:
    # Starlette raises it again for the ASGI server's log. 1.x would send a form again after 5xx, without its file.
    status = 400 if request.method == "POST" else 500
    return refusal(status, "InternalServerError", "The local storage service failed; its log tells why.")


HANDLERS: dict[Any, Any] = {
    ResponseError: _on_response_error,
    StorageError: _on_storage_error,
    TooLargeError: _on_too_large,
    HTTPException: _on_http_exception,
    ClientDisconnect: _on_disconnect,
    Exception: _on_bug,
}
"""By the exception that is answered."""
