"""Where an entry's object lies: an uploaded file, a file indexed in place, or the store's copy of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import (
    InvalidParamsError,
    ObjectChangedError,
    ObjectNotFoundError,
    ResourceNotExistError,
    StorageError,
)
from tensorbay.server.concurrency import compute
from tensorbay.server.errors import storage_error
from tensorbay.storage import ObjectInfo, covers

if TYPE_CHECKING:
    from tensorbay.server.storage import Storage
    from tensorbay.wire import CloudImport, CloudObject, Placement

__all__ = [
    "Placed",
    "copy_target",
    "missing_uploads",
    "place_objects",
    "upload_key",
    "upload_prefix",
    "uploaded_objects",
]

_SHA1 = re.compile(r"[0-9a-f]{40}")


def upload_prefix(storage: Storage) -> str:
    return f"{storage.key('.tensorbay', 'objects')}/"


def upload_key(storage: Storage, checksum: str) -> str:
    """The key of an uploaded file: files with the same content are one object."""
    if not _SHA1.fullmatch(checksum):
        raise InvalidParamsError(f"Invalid checksum {checksum!r}: the file's SHA-1 in 40 lowercase hex digits.")
    return upload_prefix(storage) + checksum


def copy_target(file_path: str, dataset_id: str, source: ObjectInfo, *, placement: Placement = "auto") -> str | None:
    """The key of the copy that is indexed instead of `source`; None: the file is indexed where it lies.

    A config promises that what is below its path stays. Anything else in the bucket may go away, so "auto" copies it.
    The same version of the same file always has the same target: repeating an import copies nothing twice.
    """
    if placement == "in_place" or (placement == "auto" and covers(file_path, source.path)):
        return None
    digest = hashlib.sha1(f"{source.path}\0{source.etag}".encode(), usedforsecurity=False).hexdigest()
    parts = [file_path, ".tensorbay/copies", dataset_id, digest, source.path.rpartition("/")[2]]
    return "/".join(part for part in parts if part)


class Placed(NamedTuple):
    """The objects to index, in the order they were posted, and how many of them are copies."""

    places: list[ObjectInfo]
    copied: int


async def place_objects(storage: Storage, dataset_id: str, body: CloudImport, *, limit: int) -> Placed:
    """Objects posted without etag are looked up, and what is to be copied is, `limit` of them at a time.

    Copies that were made before a failure stay, and are found when the same is posted again.
    """
    objects = body.objects
    places = await compute(len(objects), lambda: _in_place(storage, objects, body.placement))
    open_ = [index for index, place in enumerate(places) if place is None]
    if open_:
        place = partial(_place, storage, dataset_id, body.placement)
        found = await map_concurrently(place, [objects[index] for index in open_], limit=limit)
        for index, info in zip(open_, found, strict=True):
            places[index] = info
    known = [place for place in places if place is not None]
    copied = sum(place.path != item.cloud_path for place, item in zip(known, objects, strict=True))
    return Placed(known, copied)


def _in_place(storage: Storage, objects: Sequence[CloudObject], placement: Placement) -> list[ObjectInfo | None]:
    """The objects that can be indexed without asking the store."""
    storage.check_keys([item.cloud_path for item in objects])
    root = storage.config.file_path
    listed = [_listed(item) for item in objects]
    return [
        info if info is not None and copy_target(root, "", info, placement=placement) is None else None
        for info in listed
    ]


def _listed(item: CloudObject) -> ObjectInfo | None:
    """What the client's listing said, if that was enough."""
    if item.etag is None or item.size is None:
        return None
    return ObjectInfo(item.cloud_path, item.size, item.etag, item.mtime, item.version)


async def _place(storage: Storage, dataset_id: str, placement: Placement, item: CloudObject) -> ObjectInfo:
    source = _listed(item) or await storage.head(item.cloud_path)
    target = copy_target(storage.config.file_path, dataset_id, source, placement=placement)
    return source if target is None else await _copy(storage, source, target)


async def _copy(storage: Storage, source: ObjectInfo, target: str) -> ObjectInfo:
    """The copy of `source`, made by the store unless it is there: of the version that was listed, and whole."""
    if source.etag:  # without one, what was copied before may be another version
        with suppress(ObjectNotFoundError):
            there = await storage.store.head(target)
            if there.size == source.size:
                return there
    try:
        copied = await storage.store.copy(source.path, target, if_match=source.etag or None)
    except ObjectNotFoundError:
        raise await storage.not_found(source.path) from None
    except ObjectChangedError:
        raise InvalidParamsError(
            f'"{source.path}" has changed since it was listed, and was not copied: list it again.'
        ) from None
    except StorageError as error:
        raise storage_error(error, doing=f'Copying "{source.path}" to "{target}"') from error
    if copied.size != source.size:
        await storage.store.delete([target])
        raise InvalidParamsError(
            f'"{source.path}" was posted with {source.size} bytes, and its copy has {copied.size}: list it again.'
        )
    return copied


async def uploaded_objects(storage: Storage, checksums: Sequence[str], *, limit: int) -> dict[str, ObjectInfo]:
    """The uploaded files by checksum; ResourceNotExistError when one was not uploaded."""

    async def find(checksum: str) -> tuple[str, ObjectInfo]:
        try:
            return checksum, await storage.store.head(upload_key(storage, checksum))
        except ObjectNotFoundError:
            raise ResourceNotExistError(
                f"The file with checksum {checksum} was not uploaded: upload it before it is registered."
            ) from None

    return dict(await map_concurrently(find, list(dict.fromkeys(checksums)), limit=limit))


async def missing_uploads(storage: Storage, checksums: Sequence[str], *, limit: int) -> list[str | None]:
    """For each checksum the key to upload to, or None where the content is there already."""

    async def find(checksum: str) -> str | None:
        key = upload_key(storage, checksum)
        try:
            await storage.store.head(key)
        except ObjectNotFoundError:
            return key
        return None

    return await map_concurrently(find, checksums, limit=limit)
