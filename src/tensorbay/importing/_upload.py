from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import anyio.to_thread
import msgspec

from tensorbay._util.digest import sha1_of
from tensorbay.dataset import AuthData, Data
from tensorbay.importing._masks import local_masks, upload_masks
from tensorbay.importing._targets import TargetPort, UploadTarget
from tensorbay.pipeline import Emit, Flow
from tensorbay.wire import NO_LABEL, CloudObject, UploadedObject

__all__ = ["UploadItem", "UploadPort", "upload_items"]

D = TypeVar("D", AuthData, Data)
T = TypeVar("T")

_POST = 1000
_POSTS = 2
_POST_BYTES = 4 * 1024 * 1024

# Files between two registrations: what an interrupted upload has to do again.
_UPLOAD = 50


class UploadPort(TargetPort, Protocol):
    """What an upload needs of the world."""

    async def post(self, objects: Sequence[CloudObject], *, config: str | None) -> None:
        """Index files that lie in a storage config."""

    async def register(self, objects: Sequence[UploadedObject]) -> None: ...


@dataclass(frozen=True, slots=True)
class UploadItem:
    """A file for a segment; with its frame and sensor if that is one of a fusion dataset."""

    data: AuthData | Data
    frame_id: str | None = None
    sensor_name: str | None = None


@dataclass(frozen=True, slots=True)
class _Import:
    data: AuthData
    entry: CloudObject


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    entry: UploadedObject
    data: Data


async def upload_items(
    items: Iterable[UploadItem], port: UploadPort, *, jobs: int, count: Callable[[int], object]
) -> None:
    """Index the AuthData and upload the local Data among `items`, `jobs` files at a time.

    `count(n)` is called when n more of them are in the draft.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be 1 or more, not {jobs}")
    local: list[tuple[Data, UploadItem]] = []

    async def produce(emit: Emit[_Import]) -> None:
        for item in items:
            if isinstance(item.data, AuthData):
                await emit(_Import(item.data, await _with_label(item.data, _cloud_object, item)))
            else:
                local.append((item.data, item))

    async def post(batch: Sequence[_Import]) -> None:
        await upload_masks([item.data.label for item in batch], port, jobs=jobs)
        for config in dict.fromkeys(item.data.config_name for item in batch):
            entries = [item.entry for item in batch if item.data.config_name == config]
            await port.post(entries, config=config)
        count(len(batch))

    await Flow(produce).batch(_POST, max_size=_POST_BYTES, size=_size).run(post, workers=_POSTS)
    if local:
        await _upload(local, port, jobs=jobs, count=count)


async def _upload(
    data: Sequence[tuple[Data, UploadItem]], port: UploadPort, *, jobs: int, count: Callable[[int], object]
) -> None:
    async def produce(emit: Emit[tuple[Data, UploadItem]]) -> None:
        for item in data:
            await emit(item)

    async def target(files: Sequence[_File]) -> list[tuple[UploadTarget | None, _File]]:
        targets = await port.targets([file.entry.checksum for file in files])
        return list(zip(targets, files, strict=True))

    async def put(job: tuple[UploadTarget | None, _File]) -> _File:
        to, file = job
        if to is not None:
            await port.write(to, file.path)
        return file

    async def register(files: Sequence[_File]) -> None:
        await upload_masks([file.data.label for file in files], port, jobs=jobs)
        await port.register([file.entry for file in files])
        count(len(files))

    files = Flow(produce).map(_digest, workers=min(jobs, 4)).batch(_UPLOAD).map(target).flatten()
    await files.map(put, workers=jobs).batch(_UPLOAD).run(register)


def _cloud_object(data: AuthData, item: UploadItem) -> CloudObject:
    return CloudObject(
        cloud_path=data.path,
        remote_path=data.target_remote_path,
        label=_label(data),
        timestamp=getattr(data, "timestamp", None),
        frame_id=item.frame_id,
        sensor_name=item.sensor_name,
        size=data.size,
        etag=data.etag,
        mtime=data.mtime,
        version=data.version,
    )


async def _digest(local: tuple[Data, UploadItem]) -> _File:
    data, item = local
    path = Path(data.path)
    # Not `data.get_checksum()`, which remembers: the file may have changed since it was last uploaded.
    checksum, size = await anyio.to_thread.run_sync(sha1_of, path)
    timestamp = getattr(data, "timestamp", None)
    entry = UploadedObject(
        checksum,
        size,
        data.target_remote_path,
        await _with_label(data, _label),
        timestamp,
        frame_id=item.frame_id,
        sensor_name=item.sensor_name,
    )
    return _File(path, entry, data)


async def _with_label(data: D, function: Callable[..., T], *arguments: object) -> T:
    """`function(data, *arguments)`, which writes out the label: in a thread where that reads mask files."""
    if local_masks(data.label):
        return await anyio.to_thread.run_sync(function, data, *arguments)
    return function(data, *arguments)


def _label(data: AuthData | Data) -> msgspec.Raw:
    return msgspec.Raw(data.label.dump_json()) if data.label else NO_LABEL


def _size(item: _Import) -> int:
    return memoryview(item.entry.label).nbytes + len(item.entry.cloud_path)
