from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tensorbay.exception import LabelFormatError
from tensorbay.label import Classification, Label

__all__ = ["LABEL_FORMATS", "LabelParser", "label_bytes"]

# Bytes of a label file in, a label out: pure, and run on the event loop, so it should be short.
LabelParser = Callable[[bytes], Label]


def _document(body: bytes) -> dict[str, Any]:
    try:
        contents = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LabelFormatError(f"not JSON: {error}") from error
    if not isinstance(contents, dict):
        raise LabelFormatError(f"a JSON object is expected, not {type(contents).__name__}")
    return contents


def _tensorbay(body: bytes) -> Label:
    """`{"CLASSIFICATION": {...}, "BOX2D": [...], ...}`, or a classification alone: `{"category": ...}`."""
    contents = _document(body)
    if contents.keys() & {"category", "attributes"}:
        label = Label()
        label.classification = Classification.loads(contents)
        return label
    label = Label.loads(contents)
    if contents and not label:
        raise LabelFormatError(f"no label type among the members {', '.join(map(repr, list(contents)[:5]))}")
    return label


LABEL_FORMATS: dict[str, LabelParser] = {"tensorbay": _tensorbay}


def label_bytes(parser: LabelParser, body: bytes) -> bytes:
    """The label as the JSON that is indexed."""
    return parser(body).dump_json()
