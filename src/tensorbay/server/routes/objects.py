"""Files of folders, for clients that cannot open them: the URL itself is the permission."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from tensorbay.exception import (
    AccessDeniedError,
    InvalidParamsError,
    ObjectNotFoundError,
    RequestParamsMissingError,
    ResourceNotExistError,
    StorageError,
)
from tensorbay.server.dependencies import CurrentServices
from tensorbay.server.replies import OK, JsonResponse, reply
from tensorbay.server.services import Services
from tensorbay.server.storages import Storage
from tensorbay.storage import ObjectInfo

router = APIRouter(prefix="/objects", tags=["objects"])

Expires = Annotated[int, Query(ge=0, le=2**53)]

_CHUNK = 1 << 20
# At import, for it reads the system's list of types.
_TYPES = mimetypes.MimeTypes()
_UPLOAD = re.compile(r"(?:^|/)\.tensorbay/objects/([0-9a-f]{40})$")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HEADERS = {
    "Accept-Ranges": "bytes",
    # The files are of users, the origin is ours: no script in one of them may act in its name.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


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
) -> Response:
    """The bytes of a file, whole or the one range of the `Range` header. An expired or changed URL is 403."""
    storage = await _authorized(services, request, config_id, path, expires, signature)
    try:
        info = await storage.store.head(path)
    except ObjectNotFoundError:
        # Without a word on what else there is: whoever has a URL need not have a key.
        raise ResourceNotExistError(resource="file", identification=path) from None
    headers = {**_HEADERS, **({"ETag": info.etag} if info.etag else {})}
    span = _span(request.headers.get("range"), info.size)
    if span is None:
        message = f"The file has {info.size} bytes, none of them in the range asked for."
        return JsonResponse(
            {"code": InvalidParamsError.CODE, "message": message},
            416,
            {"Content-Range": f"bytes */{info.size}"},
        )
    headers["Content-Length"] = str(span.end - span.start)
    if span.is_partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{info.size}"
    return StreamingResponse(
        _stream(storage, info, span),
        206 if span.is_partial else 200,
        headers,
        _TYPES.guess_type(path)[0] or "application/octet-stream",
    )


@router.put("/{config_id}/{path:path}", openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}})
async def put_object(
    services: CurrentServices,
    request: Request,
    config_id: str,
    path: str,
    expires: Expires,
    signature: str,
) -> Response:
    """Write a file, whole or not at all. An uploaded file has to have the checksum that its key names."""
    storage = await _authorized(services, request, config_id, path, expires, signature)
    checksum = match[1] if (match := _UPLOAD.search(path)) else None
    await storage.store.put(path, _verified(request.stream(), checksum))
    return reply(OK)


@router.post("/{config_id}", openapi_extra={"requestBody": {"content": {"multipart/form-data": {"schema": _FORM}}}})
async def post_object(
    services: CurrentServices, request: Request, config_id: str, prefix: str, expires: Expires, signature: str
) -> Response:
    """The form upload of 1.x: the fields `key` and `file`, with a URL from `policies`. Never answered with 5xx."""
    services.signer.verify("POST", config_id, prefix, expires=expires, signature=signature)
    storage = await services.storages.by_id(config_id)
    async with request.form(max_files=1) as form:
        key, file = form.get("key"), form.get("file")
        if not isinstance(key, str) or not isinstance(file, UploadFile):
            raise RequestParamsMissingError("The form needs the field `key` and the file `file`.")
        match = _UPLOAD.search(key)
        if match is None or key != f"{prefix}{match[1]}":
            raise AccessDeniedError(f"The key has to be `{prefix}` and the SHA-1 of the file.")
        try:
            await storage.store.put(key, _verified(_chunks(file), match[1]))
        except StorageError as error:
            # Clients of 1.x answer 5xx by sending the form again, without the file that was read to its end.
            raise InvalidParamsError(f"The storage did not take the file: {error}") from None
    return reply(OK)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk


async def _authorized(
    services: Services, request: Request, config_id: str, path: str, expires: int, signature: str
) -> Storage:
    services.signer.verify(request.method, config_id, path, expires=expires, signature=signature)
    return await services.storages.by_id(config_id)


class _Span(NamedTuple):
    start: int
    end: int
    is_partial: bool


def _span(header: str | None, size: int) -> _Span | None:
    """The bytes to send; None when the range has none. What is no single range is no range, as HTTP wants it."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return _Span(0, size, is_partial=False)
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return _Span(0, size, is_partial=False)
    return _Span(start, end, is_partial=True) if start < end else None


async def _stream(storage: Storage, info: ObjectInfo, span: _Span) -> AsyncIterator[bytes]:
    left = span.end - span.start
    if not left:
        return
    async for chunk in storage.store.stream(info.path, start=span.start):
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


async def _verified(chunks: AsyncIterator[bytes], checksum: str | None) -> AsyncIterator[bytes]:
    """Fails at the end, before the store makes the file appear, if the content is not what was announced."""
    digest = hashlib.sha1(usedforsecurity=False)
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if checksum is not None and digest.hexdigest() != checksum:
        raise InvalidParamsError(
            f"The content has the SHA-1 {digest.hexdigest()}, its key says {checksum}: "
            "the file changed or was cut short on the way; upload it again."
        )
