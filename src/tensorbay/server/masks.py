"""Masks: files that labels refer to.

A posted label names a mask by its checksum. The label that is kept has the place of the object instead, so that it can
go to other versions and datasets; the label that is given out has a path and a URL.
"""

from __future__ import annotations

from posixpath import splitext
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import InvalidParamsError, ResourceNotExistError
from tensorbay.server.concurrency import compute
from tensorbay.server.index import DraftRef
from tensorbay.server.placement import uploaded_objects
from tensorbay.wire import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tensorbay.server.index import DatasetRow
    from tensorbay.server.services import Services
    from tensorbay.server.storage import Storage
    from tensorbay.storage import ObjectInfo

__all__ = [
    "MASK_TYPES",
    "LabelledItem",
    "MaskType",
    "StoredMask",
    "mask_path",
    "place_masks",
    "stored_masks",
    "with_urls",
]

MaskType = Literal["SEMANTIC_MASK", "INSTANCE_MASK", "PANOPTIC_MASK"]
MASK_TYPES: tuple[MaskType, ...] = ("SEMANTIC_MASK", "INSTANCE_MASK", "PANOPTIC_MASK")

_LOOKUPS = 8
_NULL = msgspec.Raw(b"null")


class StoredMask(msgspec.Struct, frozen=True):
    """A mask in a label of the index."""

    config: str
    path: str
    size: int
    info: msgspec.Raw = _NULL


class _PostedMask(msgspec.Struct, frozen=True, rename="camel"):
    info: msgspec.Raw = _NULL
    checksum: str | None = None  # of an uploaded file ...
    file_size: int | None = None
    remote_path: str | None = None  # ... or the mask that the data has, as it was given out


class LabelledItem(NamedTuple):
    """A label on its way into the index; `remote_path` is for messages."""

    key: str
    remote_path: str
    label: msgspec.Raw


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_posted = msgspec.json.Decoder(_PostedMask).decode
_stored = msgspec.json.Decoder(StoredMask).decode


def mask_path(remote_path: str) -> str:
    """The path that a mask of the data of this path is given."""
    return f"{splitext(remote_path)[0]}.png"


def _may_have_masks(label: msgspec.Raw) -> bool:
    """False for nearly all labels, without parsing them. A backslash may be the beginning of any letter."""
    text = bytes(label)
    return b"_MASK" in text or b"\\u00" in text


# --- out ------------------------------------------------------------------------------------------------------


def stored_masks(label: msgspec.Raw) -> dict[MaskType, StoredMask]:
    if not _may_have_masks(label):
        return {}
    members = _members(label)
    return {type_: _stored(members[type_]) for type_ in MASK_TYPES if type_ in members}


def with_urls(label: msgspec.Raw, remote_path: str, urls: Mapping[MaskType, str]) -> msgspec.Raw:
    """The label as it is given out; `urls` has those of its masks."""
    if not urls:
        return label
    members = _members(label)
    for type_, url in urls.items():
        info = _stored(members[type_]).info
        mask = {"remotePath": mask_path(remote_path), "url": url}
        members[type_] = msgspec.Raw(encode(mask if info == _NULL else {**mask, "info": info}))
    return msgspec.Raw(encode(members))


# --- in -------------------------------------------------------------------------------------------------------


async def place_masks(
    services: Services,
    dataset: DatasetRow,
    storage: Storage,
    number: int,
    segment: str,
    items: Sequence[LabelledItem],
) -> list[msgspec.Raw]:
    """The labels as they are kept. ResourceNotExistError for a mask that is neither uploaded nor there already.

    `storage` is where the files of the dataset are uploaded to.
    """
    masked = await compute(len(items), lambda: _parse(items))
    labels = [item.label for item in items]
    if not masked:
        return labels
    checksums = [mask.checksum for masks in masked.values() for mask in masks.values() if mask.checksum is not None]
    limit = services.settings.store_concurrency
    uploaded = await uploaded_objects(storage, checksums, limit=limit)
    kept = await _kept_masks(services, dataset, number, segment, items, masked)
    for index, masks in masked.items():
        members = _members(items[index].label)
        for type_, mask in masks.items():
            members[type_] = msgspec.Raw(
                encode(_place(items[index], type_, mask, storage, uploaded, kept.get(index, {})))
            )
        labels[index] = msgspec.Raw(encode(members))
    return labels


def _parse(items: Sequence[LabelledItem]) -> dict[int, dict[MaskType, _PostedMask]]:
    """By the number of the item; those without masks are left out."""
    return {index: masks for index, item in enumerate(items) if _may_have_masks(item.label) and (masks := _masks(item))}


def _masks(item: LabelledItem) -> dict[MaskType, _PostedMask]:
    try:
        members = _members(item.label)
        masks = {type_: _posted(members[type_]) for type_ in MASK_TYPES if type_ in members}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidParamsError(f'Invalid mask in the label of "{item.remote_path}": {error}.') from None
    for type_, mask in masks.items():
        if mask.checksum is None and mask.remote_path is None:
            raise InvalidParamsError(f'The {type_} of "{item.remote_path}" has neither `checksum` nor `remotePath`.')
    return masks


async def _kept_masks(
    services: Services,
    dataset: DatasetRow,
    number: int,
    segment: str,
    items: Sequence[LabelledItem],
    masked: Mapping[int, Mapping[MaskType, _PostedMask]],
) -> dict[int, dict[MaskType, StoredMask]]:
    """What the data have now, where a post refers to it."""

    async def find(index: int) -> dict[MaskType, StoredMask]:
        entry = await services.index.contents.get(dataset.id, DraftRef(number), segment, items[index].key)
        return {} if entry is None else stored_masks(entry.label)

    indexes = [index for index, masks in masked.items() if any(mask.checksum is None for mask in masks.values())]
    found = await map_concurrently(find, indexes, limit=_LOOKUPS)
    return dict(zip(indexes, found, strict=True))


def _place(
    item: LabelledItem,
    type_: MaskType,
    mask: _PostedMask,
    storage: Storage,
    uploaded: Mapping[str, ObjectInfo],
    kept: Mapping[MaskType, StoredMask],
) -> StoredMask:
    if mask.checksum is None:
        if type_ not in kept:
            raise ResourceNotExistError(
                f'The data "{item.remote_path}" has no {type_} to keep: upload the file and give its `checksum`.'
            )
        return msgspec.structs.replace(kept[type_], info=_info(type_, mask))
    place = uploaded[mask.checksum]
    if mask.file_size is not None and mask.file_size != place.size:
        raise InvalidParamsError(
            f'The {type_} of "{item.remote_path}" was uploaded with {place.size} bytes, '
            f"and is registered with {mask.file_size}: upload it again."
        )
    return StoredMask(storage.config.id, place.path, place.size, _info(type_, mask))


def _info(type_: MaskType, mask: _PostedMask) -> msgspec.Raw:
    # Clients of 1.x read the info of a panoptic mask without asking whether there is one.
    return msgspec.Raw(b"[]") if type_ == "PANOPTIC_MASK" and mask.info == _NULL else mask.info
