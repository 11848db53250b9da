"""Whether the files of a commit are still those that were indexed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import ObjectNotFoundError, StorageError, StorageUnreachableError
from tensorbay.server.concurrency import compute
from tensorbay.server.index import CommitRef
from tensorbay.server.lookup import look_up
from tensorbay.server.masks import stored_masks
from tensorbay.storage import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tensorbay.server.index import Entry, Index
    from tensorbay.server.storages import Storages

__all__ = ["Drift", "Verification", "VerifyArguments", "verify"]

Problem = Literal["changed", "missing", "unreadable"]

_BATCH = 1000
_SEGMENTS = 1000
_EXAMPLES = 100  # of each problem


class VerifyArguments(msgspec.Struct, frozen=True, rename="camel"):
    commit: str


class Drift(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A file that is not what was indexed; what it is now is known of a changed one.

    `version` is the one that was indexed, where the store has kept it: that one is what signed URLs lead to.
    """

    segment: str
    remote_path: str  # of fusion data: frame and sensor before it
    mask: str | None = None  # the type, where the file is a mask of the data
    problem: Problem
    cloud_path: str
    size: int
    etag: str = ""
    size_now: int | None = None
    etag_now: str | None = None
    reason: str | None = None
    version: str | None = None


class Verification(msgspec.Struct, rename="camel"):
    """The result as far as it is known, and where to go on. Files are data and masks."""

    commit_id: str
    total: int = 0  # data of the commit ...
    checked: int = 0  # ... and how many of them are done
    unchanged: int = 0
    changed: int = 0
    missing: int = 0
    unreadable: int = 0
    drifts: list[Drift] = []  # the first ones of each problem
    segment: str = ""
    offset: int = 0

    def count(self, drift: Drift | None) -> None:
        if drift is None:
            self.unchanged += 1
            return
        number = getattr(self, drift.problem) + 1
        setattr(self, drift.problem, number)
        if number <= _EXAMPLES:
            self.drifts.append(drift)


class _File(NamedTuple):
    remote_path: str
    mask: str | None
    config: str
    path: str
    size: int
    etag: str
    mtime: float | None
    version: str | None


async def verify(
    index: Index,
    storages: Storages,
    dataset_id: str,
    state: Verification,
    *,
    limit: int,
    note: Callable[[Verification], Awaitable[None]],
) -> None:
    """Goes on where `state` is, and calls `note` whenever it has come further."""
    contents, ref = index.contents, CommitRef(state.commit_id)
    segments = await _segments(index, dataset_id, ref)
    if not state.checked:
        totals = [await contents.list(dataset_id, ref, name, limit=0) for name in segments]
        state.total = sum(total for _, total in totals)
    for name in segments:
        if name < state.segment:
            continue
        if name != state.segment:
            state.segment, state.offset = name, 0
        while entries := (await contents.list(dataset_id, ref, name, offset=state.offset, limit=_BATCH)).items:
            files = await compute(len(entries), partial(_files, entries))
            for drift in await _drifts(storages, name, files, limit):
                state.count(drift)
            state.offset += len(entries)
            state.checked += len(entries)
            await note(state)


async def _segments(index: Index, dataset_id: str, ref: CommitRef) -> list[str]:
    """In code-point order, whatever the database's is."""
    names: list[str] = []
    total = 1
    while len(names) < total:
        rows, total = await index.contents.list_segments(dataset_id, ref, offset=len(names), limit=_SEGMENTS)
        names += [row.name for row in rows]
    return sorted(names)


def _files(entries: Sequence[Entry]) -> list[_File]:
    files: list[_File] = []
    for entry in entries:
        path = entry.key if entry.remote_path is None else f"{entry.key}/{entry.remote_path}"
        files.append(_File(path, None, entry.config, entry.path, entry.size, entry.etag, entry.mtime, entry.version))
        for type_, mask in stored_masks(entry.label).items():
            files.append(_File(path, type_, mask.config, mask.path, mask.size, "", None, None))
    return files


async def _drifts(storages: Storages, segment: str, files: Sequence[_File], limit: int) -> list[Drift | None]:
    found = [_drift(segment, file, now) for file, now in zip(files, await _now(storages, files, limit), strict=True)]
    versioned = [index for index, drift in enumerate(found) if drift is not None and files[index].version]
    kept = await map_concurrently(partial(_is_kept, storages), [files[index] for index in versioned], limit=limit)
    for index, is_kept in zip(versioned, kept, strict=True):
        drift = found[index]
        if drift is not None and is_kept:
            found[index] = msgspec.structs.replace(drift, version=files[index].version)
    return found


async def _is_kept(storages: Storages, file: _File) -> bool:
    storage = await storages.by_id(file.config)  # held: a store that nobody holds may be closed
    try:
        await storage.store.head(file.path, version=file.version)
    except StorageUnreachableError:
        raise
    except StorageError:
        return False
    return True


async def _now(storages: Storages, files: Sequence[_File], limit: int) -> list[ObjectInfo | StorageError]:
    keys: dict[str, list[str]] = {}
    for file in files:
        keys.setdefault(file.config, []).append(file.path)
    found: dict[str, Mapping[str, ObjectInfo | StorageError]] = {}
    for config, paths in keys.items():
        storage = await storages.by_id(config)
        found[config] = await look_up(storage.store, paths, limit=limit)
    return [found[file.config][file.path] for file in files]


def _drift(segment: str, file: _File, now: ObjectInfo | StorageError) -> Drift | None:
    problem: Problem
    facts: dict[str, int | str] = {}
    if isinstance(now, ObjectInfo):
        if _is_same(file, now):
            return None
        problem, facts = "changed", {"size_now": now.size, "etag_now": now.etag}
    else:
        problem, facts = "missing" if isinstance(now, ObjectNotFoundError) else "unreadable", {"reason": str(now)}
    return Drift(
        segment=segment,
        remote_path=file.remote_path,
        mask=file.mask,
        problem=problem,
        cloud_path=file.path,
        size=file.size,
        etag=file.etag,
        **facts,  # type: ignore[arg-type]
    )


def _is_same(file: _File, now: ObjectInfo) -> bool:
    """By etag where there is one: a file that was restored from a backup has another time."""
    if file.size != now.size:
        return False
    if file.etag and now.etag:
        # Some stores quote etags in one answer and not in another.
        return file.etag.strip('"') == now.etag.strip('"')
    return file.mtime is None or now.mtime is None or file.mtime == now.mtime
