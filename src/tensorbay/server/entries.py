"""Posted objects become entries of the index: pure checks and conversions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server.index import Entry
from tensorbay.server.masks import LabelledItem
from tensorbay.wire import BULK_LIMIT

if TYPE_CHECKING:
    from tensorbay.server.index import DatasetRow
    from tensorbay.storage import ObjectInfo
    from tensorbay.wire import CloudImport, CloudObject, UploadCallback, UploadedObject

__all__ = ["check_count", "check_label", "check_objects", "entries", "labelled", "require_fusion", "require_normal"]

# None of these begins another one, so frames sort by their ids as their keys do.
_FRAME_ID = re.compile(
    r"[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}|[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)


def check_objects(body: CloudImport | UploadCallback, *, is_fusion: bool) -> None:
    """What can be said about a post without asking anybody."""
    check_count(len(body.objects))
    for item in body.objects:
        if is_fusion:
            _check_frame(item)
        elif item.frame_id is not None or item.sensor_name is not None:
            raise InvalidParamsError(
                f'"{item.remote_path}" comes with a frame or a sensor, and the dataset is no fusion dataset.'
            )
        check_label(item.remote_path, item.label)


def _check_frame(item: CloudObject | UploadedObject) -> None:
    if item.frame_id is None or item.sensor_name is None:
        raise InvalidParamsError(
            f'"{item.remote_path}" needs a `frameId` and a `sensorName`: the dataset is a fusion dataset.'
        )
    if not _FRAME_ID.fullmatch(item.frame_id):
        raise InvalidParamsError(
            f'Invalid frame id {item.frame_id!a:.100} of "{item.remote_path}": a ULID (26 characters) or a UUID.'
        )


def require_fusion(dataset: DatasetRow) -> None:
    if not dataset.type:
        raise ForbiddenError(f'"{dataset.name}" is no fusion dataset: it has neither sensors nor frames.')


def require_normal(dataset: DatasetRow) -> None:
    if dataset.type:
        raise ForbiddenError(f'"{dataset.name}" is a fusion dataset; this is for normal datasets only.')


def check_count(count: int, limit: int = BULK_LIMIT) -> None:
    if count > limit:
        raise InvalidParamsError(f"{count} objects in one request are too many: the limit is {limit}.")


def check_label(remote_path: str, label: msgspec.Raw) -> msgspec.Raw:
    if bytes(memoryview(label)[:1]) != b"{":
        raise InvalidParamsError(f'The label of "{remote_path}" is not a JSON object.')
    return label


def labelled(objects: Sequence[CloudObject | UploadedObject]) -> list[LabelledItem]:
    return [LabelledItem(_key(item), item.remote_path, item.label) for item in objects]


def _key(item: CloudObject | UploadedObject) -> str:
    return item.remote_path if item.frame_id is None else f"{item.frame_id}/{item.sensor_name}"


def entries(
    config_id: str,
    objects: Sequence[CloudObject | UploadedObject],
    places: Sequence[ObjectInfo],
    labels: Sequence[msgspec.Raw],
) -> list[Entry]:
    """`places` says where the file of each object lies, `labels` are those to keep."""
    return [
        Entry(
            _key(item),
            label,
            item.timestamp,
            config_id,
            place.path,
            place.size,
            place.etag,
            place.mtime,
            place.version,
            None if item.frame_id is None else item.remote_path,
        )
        for item, place, label in zip(objects, places, labels, strict=True)
    ]
