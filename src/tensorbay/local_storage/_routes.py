"""What can be asked of the service, apart from downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.routing import Route

from tensorbay.exception import AccessDeniedError, InvalidParamsError, RequestParamsMissingError
from tensorbay.local_storage._answers import reply
from tensorbay.local_storage._downloads import download
from tensorbay.local_storage._forms import FormUpload
from tensorbay.local_storage._keys import check_service_key
from tensorbay.local_storage._requests import (
    announced_size,
    authorize,
    claims_of,
    key_for,
    limit_of,
    listed_prefix,
    read_json,
    received,
    service_of,
)
from tensorbay.storage import PAGE_LIMIT, UPLOAD_KEY

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ROUTES"]


class _Key(PathConvertor):
    """Names of files may have line ends."""

    regex = "(?s:.*)"


register_url_convertor("storage_key", _Key())


class _Copy(msgspec.Struct, rename="camel"):
    source: str
    target: str
    source_token: str
    if_match: str | None = None


async def _healthz(_: Request) -> Response:
    return reply({"status": "ok"})


async def _check(request: Request) -> Response:
    """The token is good, and so is the folder."""
    authorize(claims_of(request), "list", "")
    await service_of(request).store.check()
    return reply({})


async def _list(request: Request) -> Response:
    prefix = listed_prefix(request)
    after, limit = request.query_params.get("after", ""), limit_of(request, PAGE_LIMIT)
    return reply(await service_of(request).store.list_page(prefix, after=after, limit=limit))


async def _level(request: Request) -> Response:
    prefix = listed_prefix(request)
    return reply(await service_of(request).store.list_level(prefix, limit=limit_of(request, 20)))


async def _info(request: Request) -> Response:
    key = key_for(request, "read", b"/info/")
    return reply(await service_of(request).store.head(key))


async def _put(request: Request) -> Response:
    key = key_for(request, "write")
    chunks = received(request)
    announced = announced_size(request)
    return reply(await service_of(request).write(key, chunks, announced=announced))


async def _post(request: Request) -> Response:
    """The form upload of 1.x: the fields `key` and `file`. Never answered with 5xx, which 1.x would repeat in vain."""
    claims = claims_of(request)
    form = FormUpload(request.headers.get("content-type", ""), received(request))
    await form.read_fields()
    key = form.fields.get("key")
    if key is None:
        raise RequestParamsMissingError("The form needs the field `key`, before the file.")
    check_service_key(key)
    authorize(claims, "write", key)
    if UPLOAD_KEY.search(key) is None:
        raise AccessDeniedError("The key of a form has to end with `.tensorbay/objects/` and the SHA-1 of the file.")
    await service_of(request).write(key, form.content())
    return reply({})


async def _copy(request: Request) -> Response:
    claims = claims_of(request)
    body = await read_json(request, _Copy)
    check_service_key(body.source)
    check_service_key(body.target)
    authorize(claims, "write", body.target)
    authorize(service_of(request).claims(body.source_token), "read", body.source)
    return reply(await service_of(request).copy(body.source, body.target, if_match=body.if_match))


async def _delete(request: Request) -> Response:
    claims = claims_of(request)
    keys = await read_json(request, list[str])
    if len(keys) > PAGE_LIMIT:
        raise InvalidParamsError(f"{len(keys)} files cannot be deleted at a time, only {PAGE_LIMIT}.")
    for key in keys:
        check_service_key(key)
        authorize(claims, "delete", key)
    await service_of(request).delete(keys)
    return reply({})


ROUTES = [
    Route("/healthz", _healthz),
    Route("/check", _check),
    Route("/list", _list),
    Route("/level", _level),
    Route("/info/{key:storage_key}", _info),
    Route("/objects/{key:storage_key}", download, methods=["GET"]),
    Route("/objects/{key:storage_key}", _put, methods=["PUT"]),
    Route("/objects", _post, methods=["POST"]),
    Route("/copy", _copy, methods=["POST"]),
    Route("/delete", _delete, methods=["POST"]),
]
