"""What the API says of itself, beyond what FastAPI knows: bodies that handlers read themselves, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from tensorbay.wire import (
    GATEWAY,
    CatalogPut,
    CloudImport,
    DataCopyBody,
    LabelPut,
    LabelsPut,
    SegmentBody,
    SegmentCopyBody,
    SensorPut,
    UploadCallback,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["describe"]

_DESCRIPTION = """
The protocol of TensorBay 1.x, whole (v1), and what was added to it (v2). What 1.x left open is settled here, route by
route. For all routes:

* Errors are `{"code", "message"}`: clients choose the exception by `code`. Calls with nothing to tell answer `{}`.
* A dataset, draft, commit, segment or data that does not exist, or is another team's, is `ResourceNotExist`; the
  message names what comes close.
* Reads take one version, `draftNumber` or `commit`: none is `RequestParamsMissing`, both are `InvalidParamsValue`.
  `commit` is any revision; on a clash of names a branch goes before a tag before a commit id. The root, 32 zeros, reads
  as empty. A committed draft reads as its commit; a closed one is `Forbidden`.
* Writes take `draftNumber` only, `RequestParamsMissing` without it; a draft that is not open is `Forbidden`.
* Names are case-sensitive, have up to 255 characters and no control characters. Remote paths are relative, with `/`
  between folders and up to 1,024 bytes: a backslash, a `..` component and a leading `/` are `InvalidParamsValue`.
* Times are Unix seconds, sizes bytes. `isInternal` is accepted and means nothing: there is no other network.
"""

_BULK_BODIES = (CatalogPut, CloudImport, LabelPut, LabelsPut, SensorPut, UploadCallback)
_BODIES = (DataCopyBody, SegmentBody, SegmentCopyBody)

_ERROR = {
    "title": "Error",
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "What 1.x clients choose the exception by."},
        "message": {"type": "string"},
    },
    "required": ["code", "message"],
}
_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_REFUSALS = {
    400: "A parameter or the body is missing or wrong.",
    401: "No access key, or an unknown one.",
    403: "Not permitted, or never possible in this state.",
    404: "Something that is named does not exist.",
    409: "The name is taken.",
    405: "The endpoint has no such method.",
    412: "The file is no longer the one that was meant.",
    413: "The body is too large.",
    416: "The file has nothing in that range.",
    500: "The server or a store failed; also a conflict that was to abort, as 1.x has it.",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION.strip(), routes=app.routes
        )
        document.setdefault("components", {})["schemas"] = _schemas(document)
        document["components"]["responses"] = {
            f"Error{status}": {"description": text, "content": _REFUSAL} for status, text in _REFUSALS.items()
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                operation["responses"].pop("422", None)  # ours are others
                for status in _refusals(path, method):
                    operation["responses"][str(status)] = {"$ref": f"#/components/responses/Error{status}"}
        app.openapi_schema = document
    return app.openapi_schema


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    known = document["components"].get("schemas", {})
    template = "#/components/schemas/{name}"
    _, bulk = msgspec.json.schema_components(_BULK_BODIES, ref_template=template)
    models = [(model, "validation") for model in _BODIES]
    _, bodies = models_json_schema(models, ref_template=template.format(name="{model}"))  # type: ignore[arg-type]
    schemas = {**known, **bulk, **bodies["$defs"], "Error": _ERROR}
    return {name: schema for name, schema in schemas.items() if not name.endswith("ValidationError")}


def _refusals(path: str, method: str) -> list[int]:
    if path == "/healthz":
        return []
    if not path.startswith(f"/{GATEWAY}"):
        return [400, 403, 404, 413, 500, *([412, 416] if method == "get" else [])]
    return [400, 401, 403, 404, 500, *([409, 413] if method != "get" else [])]
