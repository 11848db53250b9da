"""JSON in and out of the server; bulk bodies never pass through pydantic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from tensorbay.exception import InvalidParamsError, RequestParamsMissingError
from tensorbay.server.concurrency import compute
from tensorbay.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tensorbay.server.index import CommitRow

__all__ = [
    "OK",
    "JsonResponse",
    "bulk_schema",
    "commit_members",
    "page_members",
    "read_body",
    "read_bulk",
    "reply",
    "reply_bulk",
    "stamp",
]

T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=BaseModel)

# From this size on, a body is worked on in a thread: the loop has other requests to serve.
_INLINE_BYTES = 256 << 10


class JsonResponse(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)


def reply(content: Any) -> Response:
    return JsonResponse(content)


OK: dict[str, Any] = {}
"""What calls answer whose result nobody reads: a 204 would be an error to 1.x clients."""


async def read_body(request: Request, type_: type[M]) -> M:
    """A control message of a route that takes more than one kind; FastAPI reads the others."""
    try:
        return type_.model_validate_json(await request.body())
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_input=False)]
        raise RequestValidationError(problems) from None


async def read_bulk(request: Request, type_: type[T], convert: Callable[[T], R]) -> R:
    """Decode a bulk body and `convert` it (pure), both off the loop when the body is large."""
    body = await request.body()
    if len(body) > _INLINE_BYTES:
        return await to_thread.run_sync(_decode, body, type_, convert)
    return _decode(body, type_, convert)


def _decode(body: bytes, type_: type[T], convert: Callable[[T], R]) -> R:
    if not body:
        raise RequestParamsMissingError("The request has no body; a JSON object is expected.")
    try:
        # msgspec skips over raw labels without looking at their encoding.
        if not body.isascii():
            body.decode()
        message = decode(body, type_)
    except UnicodeDecodeError as error:
        raise InvalidParamsError(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
    except RecursionError:
        raise InvalidParamsError("The body is nested too deeply.") from None
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            raise RequestParamsMissingError(str(error)) from None
        raise InvalidParamsError(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidParamsError(f"The body is not JSON: {error}") from None
    return convert(message)


async def reply_bulk(items: int, build: Callable[[], Any]) -> Response:
    """Answer with what `build` (pure) makes of `items` items, built and encoded off the loop when they are many."""
    body = await compute(items, lambda: encode(build()))
    return Response(body, media_type="application/json")


def bulk_schema(*types: type[Any], flags: Sequence[str] = ()) -> dict[str, Any]:
    """The OpenAPI description of a body that the handler reads itself (`openapi_extra` of the route): one of the types.

    `flags` are parameters of the query that have no value.
    """
    schemas = [{"$ref": f"#/components/schemas/{type_.__name__}"} for type_ in types]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    described: dict[str, Any] = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }
    if flags:
        described["parameters"] = [
            {"in": "query", "name": flag, "allowEmptyValue": True, "schema": {"type": "string", "maxLength": 0}}
            for flag in flags
        ]
    return described


def page_members(offset: int, items: Sequence[object], total: int) -> dict[str, int]:
    return {"offset": offset, "recordSize": len(items), "totalCount": total}


def stamp(name: str, seconds: float) -> dict[str, object]:
    return {"name": name, "date": int(seconds)}


def commit_members(row: CommitRow) -> dict[str, object]:
    return {
        "commitId": row.commit_id,
        "parentCommitId": row.parent_id,
        "title": row.title,
        "description": row.description,
        "committer": stamp(row.committer, row.created),
    }
