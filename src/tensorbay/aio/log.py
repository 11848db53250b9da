"""Words for the log: what was interrupted, and refused requests without anything secret."""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "CACHE_SPACE_WARNING",
    "REQUEST_TEMPLATE",
    "RESPONSE_TEMPLATE",
    "UPLOAD_DATASET_RESUME_TEMPLATE",
    "UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI",
    "UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK",
    "RequestLogging",
    "ResponseLogging",
    "dump_request_and_response",
]

CACHE_SPACE_WARNING = (
    "%d bytes left on device, less than the dataset size %d bytes.\n"
    " Please be aware that there is not enough space to cache the entire dataset."
)
UPLOAD_DATASET_RESUME_TEMPLATE = (
    "The upload stopped; draft %d keeps what arrived. To go on: "
    "gas.upload_dataset(dataset, %d, skip_uploaded_files=True)"
)
UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK = (
    "The upload stopped; draft %d keeps what arrived. To go on: dataset_client.checkout(draft_number=%d), "
    "then dataset_client.upload_segment(segment, skip_uploaded_files=True)"
)
UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI = (
    "The upload stopped; draft %d keeps what arrived. To go on: the same command with -s"
)
# Method, URL, headers, body; and status, body.
REQUEST_TEMPLATE = "{} {}\n{}\n{}"
RESPONSE_TEMPLATE = "-> {}\n{}"

_SECRET = ("secret", "token", "key", "signature", "authorization", "credential")


class RequestLogging:
    """A request, written out only where the log wants it."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __str__(self) -> str:
        return _request(self._request)


class ResponseLogging:
    """The same for a response and the request that it answers."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __str__(self) -> str:
        return dump_request_and_response(self._response)


def dump_request_and_response(response: Any) -> str:
    """Access keys, secrets and signatures are left out."""
    answer = RESPONSE_TEMPLATE.format(response.status_code, _body(response.content))
    return f"{_request(response.request)}\n{answer}"


def _request(request: Any) -> str:
    headers = _json({name: "***" if _is_secret(name) else value for name, value in request.headers.items()})
    url = f"{request.url}".partition("?")[0]
    try:
        body = _body(request.content)
    except RuntimeError:  # it was streamed, and is gone
        body = "<streamed>"
    return REQUEST_TEMPLATE.format(request.method, url, headers, body)


def _body(content: bytes) -> str:
    try:
        return _json(_redacted(json.loads(content)))
    except ValueError:
        return f"<{len(content)} bytes>"


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "***" if _is_secret(name) else _redacted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if isinstance(value, str) and "://" in value:
        return value.partition("?")[0]  # the query of a signed URL is as good as a key
    return value


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
