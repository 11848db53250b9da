"""The part of a segment that a request asks for: a page of data or frames, or what has a remote path."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorbay.exception import InvalidParamsError, ResourceNotExistError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensorbay.server.index import Contents, DatasetRow, Entry, Ref

__all__ = ["Selection", "find_entry", "keys_of", "select"]


class Selection(NamedTuple):
    """`items` and `total` are numbers of data, and in fusion datasets of frames."""

    entries: Sequence[Entry]
    items: int
    total: int


async def select(
    contents: Contents,
    dataset: DatasetRow,
    version: Ref,
    segment: str,
    page: tuple[int, int],
    remote_path: str | None = None,
) -> Selection:
    """A page (offset, limit), or with `remote_path` what has it: in fusion datasets that may be several data."""
    if remote_path is not None:
        found = await _with_path(contents, dataset, version, segment, remote_path)
        items = len({entry.frame_id for entry in found}) if dataset.type else 1
        return Selection(found, items, items)
    offset, limit = page
    if not dataset.type:
        entries, total = await contents.list(dataset.id, version, segment, offset=offset, limit=limit)
        return Selection(entries, len(entries), total)
    frames, total = await contents.list_frames(dataset.id, version, segment, offset=offset, limit=limit)
    return Selection([entry for frame in frames for entry in frame], len(frames), total)


async def _with_path(
    contents: Contents, dataset: DatasetRow, version: Ref, segment: str, remote_path: str
) -> Sequence[Entry]:
    if not dataset.type:
        return [await find_entry(contents, dataset, version, segment, remote_path)]
    found = (await contents.find_remote(dataset.id, version, segment, [remote_path]))[remote_path]
    if not found:
        raise ResourceNotExistError(resource="data", identification=remote_path)
    return found


async def find_entry(contents: Contents, dataset: DatasetRow, version: Ref, segment: str, key: str) -> Entry:
    entry = await contents.get(dataset.id, version, segment, key)
    if entry is None:
        nearby = await contents.nearby(dataset.id, version, segment, key)
        raise ResourceNotExistError(resource="data", identification=key, nearby=nearby)
    return entry


async def keys_of(
    contents: Contents, dataset: DatasetRow, version: Ref, segment: str, paths: Sequence[str]
) -> dict[str, str]:
    """The key of each remote path. In fusion segments several data may have one path, which is an error here."""
    if not dataset.type:
        return {path: path for path in paths}
    keys = {}
    for path, entries in (await contents.find_remote(dataset.id, version, segment, paths)).items():
        if not entries:
            raise ResourceNotExistError(resource="data", identification=path)
        if len(entries) > 1:
            where = ", ".join(f'"{entry.sensor}" of frame {entry.frame_id}' for entry in entries[:5])
            raise InvalidParamsError(f'Several data have the remote path "{path}": those of {where}.')
        keys[path] = entries[0].key
    return keys
