"""Posted objects become entries of the index: pure checks and conversions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tensorbay.exception import InvalidParamsError
from tensorbay.server.index import Entry
from tensorbay.wire import BULK_LIMIT

if TYPE_CHECKING:
    from tensorbay.storage import ObjectInfo
    from tensorbay.wire import CloudImport, CloudObject, UploadCallback, UploadedObject

__all__ = ["check_count", "check_label", "check_objects", "entries"]


def check_objects(body: CloudImport | UploadCallback) -> None:
    """What can be said about a post without asking anybody."""
    check_count(len(body.objects))
    for item in body.objects:
        if item.frame_id is not None or item.sensor_name is not None:
            raise InvalidParamsError(
                f'"{item.remote_path}" comes with a frame or a sensor; this server has data of normal datasets only.'
            )
        check_label(item.remote_path, item.label)


def check_count(count: int, limit: int = BULK_LIMIT) -> None:
    if count > limit:
        raise InvalidParamsError(f"{count} objects in one request are too many: the limit is {limit}.")


def check_label(remote_path: str, label: msgspec.Raw) -> msgspec.Raw:
    if bytes(memoryview(label)[:1]) != b"{":
        raise InvalidParamsError(f'The label of "{remote_path}" is not a JSON object.')
    return label


def entries(
    config_id: str, objects: Sequence[CloudObject | UploadedObject], places: Sequence[ObjectInfo]
) -> list[Entry]:
    """`places` says where the file of each object lies."""
    return [
        Entry(
            item.remote_path,
            item.label,
            item.timestamp,
            config_id,
            place.path,
            place.size,
            place.etag,
            place.mtime,
            place.version,
        )
        for item, place in zip(objects, places, strict=True)
    ]
