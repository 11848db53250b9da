"""Files of folders, for clients that cannot open them: the URL itself is the permission."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from tensorbay.exception import (
    AccessDeniedError,
    InvalidParamsError,
    ObjectNotFoundError,
    RequestParamsMissingError,
    ResourceNotExistError,
    StorageError,
)
from tensorbay.local_storage.serving import Download, Span, asked_span, file_headers, is_met, media_type, verified
from tensorbay.server.dependencies import CurrentServices
from tensorbay.server.replies import OK, JsonResponse, reply
from tensorbay.server.storage import Storage
from tensorbay.storage import UPLOAD_KEY, ObjectInfo

router = APIRouter(prefix="/objects", tags=["objects"])

Expires = Annotated[int, Query(ge=0, le=2**53)]

_CHUNK = 1 << 20

_FILE = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {**_FILE, "description": "The whole file."},
    206: {**_FILE, "description": "The range of the `Range` header."},
}
_FORM = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
    "required": ["key", "file"],
}


@router.get("/{config_id}/{path:path}", response_class=Response, responses=_ANSWERS)
@router.head("/{config_id}/{path:path}", include_in_schema=False)
async def get_object(
    services: CurrentServices,
    request: Request,
    config_id: str,
    path: str,
    expires: Expires,
    signature: str,
    version: str | None = None,
) -> Response:
    """The bytes of a file, whole or the one range of the `Range` header. An expired or changed URL is 403.

    A range is for the file that has the etag in `If-Range`, if that is sent: another one is answered whole. With
    `If-Match` a file that has another etag is 412. One that changes on the way ends too soon. `version` is the one that
    the URL was made for.
    """
    services.signer.verify(request.method, config_id, path, expires=expires, signature=signature, version=version)
    storage = await services.storages.by_id(config_id)
    try:
        info = await storage.store.head(path, version=version)
    except ObjectNotFoundError:
        # Without a word on what else there is: whoever has a URL need not have a key.
        raise ResourceNotExistError(resource="file", identification=path) from None
    condition = request.headers.get("if-match")
    if not is_met(condition, info.etag):
        message = f'"{path}" has the etag {info.etag or "none"}: it is no longer the file that was meant.'
        return JsonResponse({"code": InvalidParamsError.CODE, "message": message}, 412)
    span = asked_span(request.headers, info)
    if span is None:
        message = f"The file has {info.size} bytes, none of them in the range asked for."
        return JsonResponse(
            {"code": InvalidParamsError.CODE, "message": message},
            416,
            {"Content-Range": f"bytes */{info.size}"},
        )
    status, headers, type_ = 206 if span.is_partial else 200, file_headers(info, span), media_type(path)
    if request.method == "HEAD":
        return Response(None, status, headers, type_)
    content = _stream(storage, info, span, version=version)
    return Download(content, status, headers, type_, held=content)


@router.put("/{config_id}/{path:path}", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}})
async def put_object(
    services: CurrentServices,
    request: Request,
    config_id: str,
    path: str,
    expires: Expires,
    signature: str,
    prefix: str | None = None,
) -> Response:
    """Write a file, whole or not at all. An uploaded file has to have the checksum that its key names.

    With `prefix` the permission is one from `policies` for all uploads below it. Settled here: that is answered with
    201 as Azure does, and like a form never with 5xx; headers of Azure are ignored.
    """
    if prefix is not None:
        services.signer.verify_prefix(config_id, prefix, expires=expires, signature=signature)
        await _put_upload(await services.storages.by_id(config_id), prefix, path, request.stream())
        return JsonResponse(OK, 201)
    services.signer.verify(request.method, config_id, path, expires=expires, signature=signature)
    storage = await services.storages.by_id(config_id)
    await storage.store.put(path, verified(request.stream(), path))
    return reply(OK)


@router.post("/{config_id}", openapi_extra={"requestBody": {"content": {"multipart/form-data": {"schema": _FORM}}}})
async def post_object(
    services: CurrentServices, request: Request, config_id: str, prefix: str, expires: Expires, signature: str
) -> Response:
    """The form upload of 1.x: the fields `key` and `file`, with a URL from `policies`. Never answered with 5xx."""
    services.signer.verify_prefix(config_id, prefix, expires=expires, signature=signature)
    storage = await services.storages.by_id(config_id)
    async with request.form(max_files=1) as form:
        key, file = form.get("key"), form.get("file")
        if not isinstance(key, str) or not isinstance(file, UploadFile):
            raise RequestParamsMissingError("The form needs the field `key` and the file `file`.")
        await _put_upload(storage, prefix, key, _chunks(file))
    return reply(OK)


async def _put_upload(storage: Storage, prefix: str, key: str, content: AsyncIterator[bytes]) -> None:
    match = UPLOAD_KEY.search(key)
    if match is None or key != f"{prefix}{match[1]}":
        raise AccessDeniedError(f"The key has to be `{prefix}` and the SHA-1 of the file.")
    try:
        await storage.store.put(key, verified(content, key))
    except StorageError as error:
        # Clients of 1.x answer 5xx by sending it again, without the file that was read to its end.
        raise InvalidParamsError(f"The storage did not take the file: {error}") from None


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


async def _stream(storage: Storage, info: ObjectInfo, span: Span, *, version: str | None) -> AsyncGenerator[bytes]:
    left = span.end - span.start
    if not left:
        return
    # The headers tell of the file that was looked at: bytes of one that has replaced it since would go under its etag.
    stream = storage.store.stream(info.path, start=span.start, if_match=info.etag or None, version=version)
    async with aclosing(stream) as content:
        async for chunk in content:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
