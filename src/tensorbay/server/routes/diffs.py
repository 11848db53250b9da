from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import Response

from tensorbay.exception import InvalidParamsError
from tensorbay.server.dependencies import MAX_NUMBER, CurrentDataset, CurrentServices, Paging
from tensorbay.server.entries import require_normal
from tensorbay.server.index import CommitRef, DatasetRow, Difference, DraftRef, Entry, Ref, SegmentChange
from tensorbay.server.replies import page_members, reply
from tensorbay.server.routes._routers import v1_router
from tensorbay.server.services import Services
from tensorbay.wire import ROOT_COMMIT_ID

router = v1_router("/datasets/{dataset_id}/diffs", "diffs")


class _Sides(NamedTuple):
    base: Ref
    head: Ref


# Before the listing: its path ends the same way for a segment of such a name. Revisions and names may have slashes.
@router.get("/{basehead}/segments/{segment_name}/data")
@router.get("/{basehead:path}/segments/{segment_name:path}/data", include_in_schema=False)
async def list_data(
    services: CurrentServices, dataset: CurrentDataset, basehead: str, segment_name: str, page: Paging
) -> Response:
    """The data of one segment that differ from the parent, by path; what is unchanged is not listed.

    Settled here: of each, `file` and `label` say what happened to them, "" where nothing; a data whose timestamp alone
    changed is a `modify` of neither. Fusion datasets are `Forbidden`; a segment that neither side has is
    `ResourceNotExist`.
    """
    require_normal(dataset)
    sides = await _sides(services, dataset, basehead)
    found, total = await _differences(services, dataset, sides, segment_name, *page)
    items = [_data(difference) for difference in found]
    return reply({"data": items, **page_members(page.offset, items, total)})


@router.get("/{basehead}/segments")
@router.get("/{basehead:path}/segments", include_in_schema=False)
async def list_segments(services: CurrentServices, dataset: CurrentDataset, basehead: str, page: Paging) -> Response:
    """The segments that differ between `draft-<number>` or `commit-<revision>` and its parent, by name.

    Settled here: the parent of a first commit is the root; unchanged segments are not listed; of a fusion dataset the
    numbers are of data, not of frames.
    """
    sides = await _sides(services, dataset, basehead)
    changes = await services.index.contents.diff_segments(dataset.id, *sides)
    shown = changes[page.offset : page.offset + page.limit]
    items = [await _segment(services, dataset, sides, change) for change in shown]
    return reply({"segments": items, **page_members(page.offset, items, len(changes))})


async def _sides(services: Services, dataset: DatasetRow, basehead: str) -> _Sides:
    kind, _, revision = basehead.partition("-")
    versions = services.index.versions
    if kind == "draft" and revision.isascii() and revision.isdecimal() and len(revision) <= len(str(MAX_NUMBER)):
        number = min(int(revision), MAX_NUMBER)
        draft = await versions.get_draft(dataset.id, number)
        return _Sides(CommitRef(draft.parent_id), DraftRef(number))
    if kind == "commit" and revision:
        commit_id = await versions.resolve(dataset.id, revision)
        parent_id = ROOT_COMMIT_ID
        if commit_id != ROOT_COMMIT_ID:
            parent_id = (await versions.get_commit(dataset.id, commit_id)).parent_id
        return _Sides(CommitRef(parent_id), CommitRef(commit_id))
    raise InvalidParamsError(f"Invalid basehead {basehead!a:.100}: `draft-<number>` or `commit-<revision>`.")


async def _differences(
    services: Services, dataset: DatasetRow, sides: _Sides, segment: str, offset: int, limit: int
) -> tuple[list[Difference], int]:
    contents = services.index.contents
    changes = {change.name: change.action for change in await contents.diff_segments(dataset.id, *sides)}
    if (action := changes.get(segment)) in ("add", "delete"):
        ref = sides.head if action == "add" else sides.base
        entries, total = await contents.list(dataset.id, ref, segment, offset=offset, limit=limit)
        pairs = [(None, entry) if action == "add" else (entry, None) for entry in entries]
        return [Difference(entry.key, *pair) for entry, pair in zip(entries, pairs, strict=True)], total
    total = 0
    found: list[Difference] = []
    # To the end, because pages tell the whole number. Pages of the index that both sides have are not read.
    async for batch in contents.diff(dataset.id, *sides, segment):
        start = max(0, offset - total)
        found += batch[start : start + limit - len(found)]
        total += len(batch)
    return found, total


async def _segment(services: Services, dataset: DatasetRow, sides: _Sides, change: SegmentChange) -> dict[str, Any]:
    contents = services.index.contents
    counts = {"add": 0, "delete": 0, "modify": 0}
    if change.action != "modify":  # without reading what is there
        ref = sides.head if change.action == "add" else sides.base
        counts[change.action] = (await contents.list(dataset.id, ref, change.name, limit=0)).total
    elif change.has_data_changes:
        async for batch in contents.diff(dataset.id, sides.base, sides.head, change.name):
            for difference in batch:
                counts[_action(difference.before, difference.after)] += 1
    stats = {
        "total": sum(counts.values()),
        "additions": counts["add"],
        "deletions": counts["delete"],
        "modifications": counts["modify"],
    }
    sensor = change.action if change.has_sensor_changes else ""
    return {"name": change.name, "action": change.action, "data": {"stats": stats}, "sensor": {"action": sensor}}


def _data(difference: Difference) -> dict[str, Any]:
    before, after = difference.before, difference.after
    return {
        "remotePath": difference.key,
        "action": _action(before, after),
        "file": {"action": _action(_file(before), _file(after))},
        "label": {"action": _action(_label(before), _label(after))},
    }


def _action(before: object, after: object) -> str:
    if before == after:
        return ""
    if before is None:
        return "add"
    return "delete" if after is None else "modify"


def _file(entry: Entry | None) -> object:
    return None if entry is None else (entry.config, entry.path, entry.size, entry.etag, entry.version)


def _label(entry: Entry | None) -> object:
    return None if entry is None or bytes(entry.label) == b"{}" else bytes(entry.label)
