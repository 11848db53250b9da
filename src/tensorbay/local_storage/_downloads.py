"""Files, whole or a range of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from tensorbay.exception import InvalidParamsError
from tensorbay.local_storage._answers import refusal
from tensorbay.local_storage._requests import key_for, service_of
from tensorbay.local_storage.serving import asked_span, file_headers, is_met, media_type
from tensorbay.storage import changed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from tensorbay.storage import OpenFile

__all__ = ["download"]


async def download(request: Request) -> Response:
    """GET and HEAD."""
    key = key_for(request, "read")
    file = await service_of(request).store.open(key)
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
    if not is_met(if_match, info.etag):
        raise changed(info.path)
    span = asked_span(request.headers, info)
    if span is None:
        message = f"The file has {info.size} bytes, none of them in the range asked for."
        return refusal(416, InvalidParamsError.CODE, message, {"Content-Range": f"bytes */{info.size}"})
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
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
