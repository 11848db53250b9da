"""Every error leaves the server as JSON `{"code", "message"}`; this is the only place that decides how."""

from __future__ import annotations

import logging
import re
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from tensorbay.exception import (
    AccessDeniedError,
    InternalServerError,
    InvalidParamsError,
    ObjectChangedError,
    ObjectNotFoundError,
    RequestParamsMissingError,
    ResourceNotExistError,
    ResponseError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
)
from tensorbay.server.replies import JsonResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["install", "storage_error"]

logger = logging.getLogger("tensorbay.server")

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

_STORAGE_ERRORS: dict[type[StorageError], type[ResponseError]] = {
    ObjectNotFoundError: ResourceNotExistError,
    StorageNotFoundError: ResourceNotExistError,
    StorageAccessError: AccessDeniedError,
    ObjectChangedError: InvalidParamsError,  # whoever named the version has to name another
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(ResponseError, _on_response_error)
    app.add_exception_handler(StorageError, _on_storage_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_middleware(_LastResort)


def storage_error(error: StorageError, *, doing: str = "") -> ResponseError:
    """What a store's refusal means to whoever asked the server; the store's own words stay."""
    kind = next((value for key, value in _STORAGE_ERRORS.items() if isinstance(error, key)), InternalServerError)
    return kind(f"{doing}: {error}" if doing else str(error))


def _answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status, headers)


async def _on_response_error(_: Request, error: Exception) -> JsonResponse:
    assert isinstance(error, ResponseError)  # noqa: S101  (the table above says so; mypy cannot know)
    return _answer(error.STATUS_CODE, error.CODE or InternalServerError.CODE, str(error))


async def _on_storage_error(request: Request, error: Exception) -> JsonResponse:
    assert isinstance(error, StorageError)  # noqa: S101
    return await _on_response_error(request, storage_error(error))


async def _on_validation_error(request: Request, error: Exception) -> JsonResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems: Sequence[dict[str, Any]] = error.errors()
    missing = all(problem["type"] == "missing" for problem in problems)
    kind = RequestParamsMissingError if missing else InvalidParamsError
    # Where and what, never the value itself: it may be a secret.
    text = "; ".join(f"{_place(problem['loc'])}: {problem['msg']}" for problem in problems)
    if "json" not in request.headers.get("content-type", "json") and problems[0]["loc"] == ("body",):
        text = "The body is JSON, and has to be sent with `Content-Type: application/json`."
    return _answer(kind.STATUS_CODE, kind.CODE, text)


def _place(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in location)


async def _on_http_exception(request: Request, error: Exception) -> JsonResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    what = f"{request.method} {request.url.path}"
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _answer(404, ResourceNotExistError.CODE, f"{what}: this server has no such endpoint.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _answer(405, "MethodNotAllowed", f"{what}: the endpoint has no such method; see /docs.", error.headers)
    if error.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return _answer(error.status_code, InvalidParamsError.CODE, str(error.detail))
    return _answer(error.status_code, HTTPStatus(error.status_code).phrase.replace(" ", ""), str(error.detail))


class _LastResort:
    """Answers for handlers that failed unexpectedly: the traceback goes to the log, its id to the client.

    Starlette's own last resort raises the exception again after answering, which an ASGI client in the same
    process would get instead of the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            request_id = _request_id(scope)
            # The path without its query, which may carry a signature.
            logger.exception("request %s failed: %s %s", request_id, scope["method"], scope["path"])
            if started:
                raise
            message = f"The server failed; its log tells why under request id {request_id}."
            await _answer(500, InternalServerError.CODE, message)(scope, receive, send)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and (match := _REQUEST_ID.fullmatch(value.decode("latin-1"))):
            return match[0]
    return uuid.uuid4().hex
