"""Where an entry's object lies: an uploaded file, a file indexed in place, or the store's copy of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tensorbay.exception import InvalidParamsError, ObjectNotFoundError, ResourceNotExistError
from tensorbay.server.concurrency import compute, map_concurrently
from tensorbay.storage import ObjectInfo, covers

if TYPE_CHECKING:
    from tensorbay.server.storages import Storage
    from tensorbay.wire import CloudObject

__all__ = ["copy_target", "missing_uploads", "place_objects", "upload_key", "upload_prefix", "uploaded_objects"]

_SHA1 = re.compile(r"[0-9a-f]{40}")


def upload_prefix(storage: Storage) -> str:
    return f"{storage.key('.tensorbay', 'objects')}/"


def upload_key(storage: Storage, checksum: str) -> str:
    """The key of an uploaded file: files with the same content are one object."""
    if not _SHA1.fullmatch(checksum):
        raise InvalidParamsError(f"Invalid checksum {checksum!r}: the file's SHA-1 in 40 lowercase hex digits.")
    return upload_prefix(storage) + checksum


def copy_target(file_path: str, dataset_id: str, source: ObjectInfo) -> str | None:
    """The key of the copy that is indexed instead of `source`; None: the file is indexed where it lies.

    A config promises that what is below its path stays. Anything else in the bucket may go away, so it is copied.
    The same version of the same file always has the same target: repeating an import copies nothing twice.
    """
    if covers(file_path, source.path):
        return None
    digest = hashlib.sha1(f"{source.path}\0{source.etag}".encode(), usedforsecurity=False).hexdigest()
    parts = [file_path, ".tensorbay/copies", dataset_id, digest, source.path.rpartition("/")[2]]
    return "/".join(part for part in parts if part)


async def place_objects(
    storage: Storage, dataset_id: str, objects: Sequence[CloudObject], *, limit: int
) -> list[ObjectInfo]:
    """The objects to index, in order. Those posted without etag are looked up; those outside the path are copied."""
    places = await compute(len(objects), lambda: _in_place(storage, objects))
    open_ = [index for index, place in enumerate(places) if place is None]
    if open_:
        place = partial(_place, storage, dataset_id)
        found = await map_concurrently(place, [objects[index] for index in open_], limit=limit)
        for index, info in zip(open_, found, strict=True):
            places[index] = info
    return [place for place in places if place is not None]


def _in_place(storage: Storage, objects: Sequence[CloudObject]) -> list[ObjectInfo | None]:
    """The objects that can be indexed without asking the store."""
    storage.check_keys([item.cloud_path for item in objects])
    root = storage.config.file_path
    return [
        None
        if item.etag is None or item.size is None or not covers(root, item.cloud_path)
        else ObjectInfo(item.cloud_path, item.size, item.etag, item.mtime, item.version)
        for item in objects
    ]


async def _place(storage: Storage, dataset_id: str, item: CloudObject) -> ObjectInfo:
    source = (
        await storage.head(item.cloud_path)
        if item.etag is None or item.size is None
        else ObjectInfo(item.cloud_path, item.size, item.etag)
    )
    target = copy_target(storage.config.file_path, dataset_id, source)
    if target is None:
        return source
    if source.etag:  # without one, what was copied before may be another version
        try:
            return await storage.store.head(target)
        except ObjectNotFoundError:
            pass
    try:
        return await storage.store.copy(source.path, target)
    except ObjectNotFoundError:
        raise await storage.not_found(source.path) from None


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
