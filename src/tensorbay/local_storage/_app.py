"""The service over HTTP. Who has a token for it may do what the token says; nobody else anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import msgspec
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tensorbay.exception import (
    AccessDeniedError,
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
from tensorbay.local_storage._forms import FormUpload
from tensorbay.local_storage._keys import check_service_key, check_service_prefix, key_of
from tensorbay.local_storage._service import Service
from tensorbay.local_storage._space import TooLargeError
from tensorbay.local_storage.serving import file_headers, media_type, parse_range
from tensorbay.storage import PAGE_LIMIT, UPLOAD_KEY, changed

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tensorbay.local_storage._settings import ServiceSettings
    from tensorbay.local_storage._tokens import Claims
    from tensorbay.storage import OpenFile, Operation

__all__ = ["create_app"]

T = TypeVar("T")


_BODY_LIMIT = 8 << 20
_STALL_SECONDS = 120
"""How long an upload may send nothing, or a download be left unread."""
_SLOWEST = 1 << 10
"""Bytes that an upload has to send in a second, but for pauses."""

# Who has a URL may read with it, also in a page of any origin: there are no cookies that could act for somebody else.
_PAGES: dict[str, Any] = {
    "allow_origins": ["*"],
    "allow_methods": ["GET", "HEAD"],
    "allow_headers": ["If-Match", "Range"],
    "expose_headers": ["Content-Range", "ETag"],
}

_STATUS: dict[type[StorageError], tuple[int, str]] = {
    ObjectNotFoundError: (404, ResourceNotExistError.CODE),
    StorageNotFoundError: (404, "StorageNotFound"),
    StorageAccessError: (403, AccessDeniedError.CODE),
    ObjectChangedError: (412, "ObjectChanged"),
}


class _Key(PathConvertor):
    """Names of files may have line ends."""

    regex = "(?s:.*)"


register_url_convertor("storage_key", _Key())


class _Copy(msgspec.Struct, rename="camel"):
    source: str
    target: str
    source_token: str
    if_match: str | None = None


def create_app(settings: ServiceSettings, service: Service | None = None) -> Starlette:
    """Without `service` the app opens its own at startup."""
    app = Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/check", _check),
            Route("/list", _list),
            Route("/level", _level),
            Route("/info/{key:storage_key}", _info),
            Route("/objects/{key:storage_key}", _get, methods=["GET"]),
            Route("/objects/{key:storage_key}", _put, methods=["PUT"]),
            Route("/objects", _post, methods=["POST"]),
            Route("/copy", _copy, methods=["POST"]),
            Route("/delete", _delete, methods=["POST"]),
        ],
        middleware=[Middleware(CORSMiddleware, **_PAGES)],
        exception_handlers={
            ResponseError: _on_response_error,
            StorageError: _on_storage_error,
            TooLargeError: _on_too_large,
            HTTPException: _on_http_exception,
            ClientDisconnect: _on_disconnect,
            Exception: _on_bug,
        },
        lifespan=_lifespan(settings) if service is None else None,
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


def _lifespan(settings: ServiceSettings) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.service = await Service.open(settings)
        yield

    return lifespan


# --- who may do what ------------------------------------------------------------------------------------------


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _claims(request: Request) -> Claims:
    """Of the URL, for clients that send no headers, else of the header."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = request.query_params.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if not token:
        raise AccessDeniedError("The request has no token: ask the server for a signed URL.")
    return _service(request).claims(token)


def _authorize(claims: Claims, operation: Operation, key: str) -> None:
    if not claims.allows(operation, key):
        raise AccessDeniedError(f"The token is not for this: {operation} {key!r}.")


def _key(request: Request, operation: Operation, prefix: bytes = b"/objects/") -> str:
    # The token first: without one nothing is said about keys.
    claims = _claims(request)
    key = key_of(request.scope["raw_path"], prefix)
    _authorize(claims, operation, key)
    return key


def _prefix(request: Request) -> str:
    prefix = request.query_params.get("prefix", "")
    _authorize(_claims(request), "list", prefix)
    check_service_prefix(prefix)
    return prefix


# --- listings and metadata ------------------------------------------------------------------------------------


async def _healthz(_: Request) -> Response:
    return _reply({"status": "ok"})


async def _check(request: Request) -> Response:
    """The token is good, and so is the folder."""
    _authorize(_claims(request), "list", "")
    await _service(request).store.check()
    return _reply({})


async def _list(request: Request) -> Response:
    prefix = _prefix(request)
    after, limit = request.query_params.get("after", ""), _limit(request, PAGE_LIMIT)
    return _reply(await _service(request).store.list_page(prefix, after=after, limit=limit))


async def _level(request: Request) -> Response:
    prefix = _prefix(request)
    return _reply(await _service(request).store.list_level(prefix, limit=_limit(request, 20)))


async def _info(request: Request) -> Response:
    key = _key(request, "read", b"/info/")
    return _reply(await _service(request).store.head(key))


# --- files ----------------------------------------------------------------------------------------------------


async def _get(request: Request) -> Response:
    """GET and HEAD."""
    key = _key(request, "read")
    file = await _service(request).store.open(key)
    try:
        response = _file_response(request, file)
    except BaseException:
        file.close()
        raise
    if not isinstance(response, _FileResponse):
        file.close()
    return response


def _file_response(request: Request, file: OpenFile) -> Response:
    info, if_match = file.info, request.headers.get("if-match")
    if if_match not in (None, "*", info.etag):
        raise changed(info.path)
    span = parse_range(request.headers.get("range"), info.size)
    if span is None:
        message = f"The file has {info.size} bytes, none of them in the range asked for."
        return _refusal(416, InvalidParamsError.CODE, message, {"Content-Range": f"bytes */{info.size}"})
    headers, status = file_headers(info, span), 206 if span.is_partial else 200
    if request.method == "HEAD" or span.start == span.end:
        return Response(None, status, headers, media_type(info.path))
    body = file.chunks(span.start, span.end, unchanged=if_match is not None)
    return _FileResponse(file, body, status, headers, media_type(info.path))


class _FileResponse(StreamingResponse):
    """Closes its file, also when it is never asked for a byte, or not asked any more."""

    def __init__(self, file: OpenFile, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(_STALL_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        finally:
            self._file.close()


async def _put(request: Request) -> Response:
    key = _key(request, "write")
    chunks = _received(request)
    announced = _announced(request)
    return _reply(await _service(request).write(key, chunks, announced=announced))


async def _post(request: Request) -> Response:
    """The form upload of 1.x: the fields `key` and `file`. Never answered with 5xx, which 1.x would repeat in vain."""
    claims = _claims(request)
    form = FormUpload(request.headers.get("content-type", ""), _received(request))
    await form.read_fields()
    key = form.fields.get("key")
    if key is None:
        raise RequestParamsMissingError("The form needs the field `key`, before the file.")
    check_service_key(key)
    _authorize(claims, "write", key)
    if UPLOAD_KEY.search(key) is None:
        raise AccessDeniedError("The key of a form has to end with `.tensorbay/objects/` and the SHA-1 of the file.")
    await _service(request).write(key, form.content())
    return _reply({})


async def _copy(request: Request) -> Response:
    claims = _claims(request)
    body = await _body(request, _Copy)
    check_service_key(body.source)
    check_service_key(body.target)
    _authorize(claims, "write", body.target)
    _authorize(_service(request).claims(body.source_token), "read", body.source)
    return _reply(await _service(request).copy(body.source, body.target, if_match=body.if_match))


async def _delete(request: Request) -> Response:
    claims = _claims(request)
    keys = await _body(request, list[str])
    if len(keys) > PAGE_LIMIT:
        raise InvalidParamsError(f"{len(keys)} files cannot be deleted at a time, only {PAGE_LIMIT}.")
    for key in keys:
        check_service_key(key)
        _authorize(claims, "delete", key)
    await _service(request).delete(keys)
    return _reply({})


# --- bodies ---------------------------------------------------------------------------------------------------


async def _received(request: Request) -> AsyncIterator[bytes]:
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


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length[:18]) if length.isdigit() else None


async def _body(request: Request, type_: type[T]) -> T:
    body = bytearray()
    async for chunk in _received(request):
        body += chunk
        if len(body) > _BODY_LIMIT:
            raise TooLargeError(f"The body is larger than {_BODY_LIMIT} bytes.", code="EntityTooLarge")
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidParamsError(f"The body is not what is expected: {error}") from None


def _limit(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= PAGE_LIMIT):
        raise InvalidParamsError(f"Invalid limit: 1 to {PAGE_LIMIT} can be listed at a time.")
    return int(text)


# --- answers --------------------------------------------------------------------------------------------------


def _reply(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode({"code": code, "message": message})
    return Response(body, status, headers, media_type="application/json")


async def _on_response_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ResponseError)  # noqa: S101  (the table above says so; mypy cannot know)
    return _refusal(error.STATUS_CODE, error.CODE, str(error))


async def _on_storage_error(request: Request, error: Exception) -> Response:
    status, code = _STATUS.get(type(error), (400, InvalidParamsError.CODE))  # type: ignore[arg-type]
    # Where the folder lies on this machine is nobody's business.
    return _refusal(status, code, _service(request).without_root(str(error)))


async def _on_too_large(_: Request, error: Exception) -> Response:
    assert isinstance(error, TooLargeError)  # noqa: S101
    return _refusal(error.STATUS_CODE, error.code, str(error))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = HTTPStatus(error.status_code).phrase.replace(" ", "")
    return _refusal(error.status_code, code, f"{request.method}: the local storage service has no such address.")


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return _refusal(400, InvalidParamsError.CODE, "The upload was cut short; send it again.")


async def _on_bug(request: Request, _: Exception) -> Response:
    # Starlette raises it again for the ASGI server's log. 1.x would send a form again after 5xx, without its file.
    status = 400 if request.method == "POST" else 500
    return _refusal(status, "InternalServerError", "The local storage service failed; its log tells why.")
