"""Files, whole or a range of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from tensorbay.exception import InvalidParamsError
from tensorbay.local_storage._answers import refusal
from tensorbay.local_storage._requests import key_for, service_of
from tensorbay.local_storage.serving import Download, asked_span, file_headers, is_met, media_type
from tensorbay.storage import changed

if TYPE_CHECKING:
    from starlette.requests import Request

    from tensorbay.storage import OpenFile

__all__ = ["download"]


async def download(request: Request) -> Response:
    """GET and HEAD."""
    key = key_for(request, "read")
    file = await service_of(request).store.open(key)
    try:
        response = _file_response(request, file)
    except BaseException:
        await file.aclose()
        raise
    if not isinstance(response, Download):
        await file.aclose()
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
    return Download(body, status, headers, media_type(info.path), held=file)
