# Generated from tensorbay.aio.log by `python -m tensorbay.client._generate`. Do not edit.

"""Words for the log: what was interrupted, and refused requests without anything secret."""

from __future__ import annotations

from tensorbay.aio.log import (
    CACHE_SPACE_WARNING,
    REQUEST_TEMPLATE,
    RESPONSE_TEMPLATE,
    UPLOAD_DATASET_RESUME_TEMPLATE,
    UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI,
    UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK,
    RequestLogging,
    ResponseLogging,
    dump_request_and_response,
)

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
