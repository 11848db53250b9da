"""Basic search: the data of a commit that match, as the only commit of a dataset that nobody can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread

from tensorbay.server.index import CommitRef, DatasetRow, Entry, Index
from tensorbay.server.jobs._filters import make_match

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tensorbay.server.jobs._filters import Match, SearchArguments

__all__ = ["KEPT_RESULTS", "search"]

KEPT_RESULTS = 5  # the newest ones of a dataset
_PAGE = 1000


async def search(index: Index, source: DatasetRow, result: DatasetRow, arguments: SearchArguments, author: str) -> str:
    """Fills `result`; its commit."""
    contents = index.contents
    ref = CommitRef(await index.versions.resolve(source.id, arguments.commit))
    draft = await index.versions.create_draft(result.id, branch=result.default_branch, title="search", author=author)
    await contents.put_catalog(result.id, draft, await contents.get_catalog(source.id, ref))
    await contents.patch_notes(result.id, draft, await contents.get_notes(source.id, ref))
    configs = [] if source.config_id is None else [source.config_id]
    offset, total = 0, 1
    match = make_match(arguments)
    while offset < total:
        segments, total = await contents.list_segments(source.id, ref, offset=offset, limit=_PAGE)
        offset += len(segments)
        for segment in segments:
            is_made = False
            async for found in _matching(index, source, ref, segment.name, match, arguments):
                if not is_made:
                    await contents.create_segment(result.id, draft, segment.name, segment.description)
                    for name, sensor in (await contents.get_sensors(source.id, ref, segment.name)).items():
                        await contents.put_sensor(result.id, draft, segment.name, name, bytes(sensor))
                    is_made = True
                await contents.put(result.id, draft, segment.name, found, configs=configs, needs_sensors=False)
    commit = await index.versions.commit(result.id, draft, title="search", committer=author)
    return commit.commit_id


async def _matching(
    index: Index, source: DatasetRow, ref: CommitRef, segment: str, match: Match, arguments: SearchArguments
) -> AsyncIterator[list[Entry]]:
    offset, total = 0, 1
    while offset < total:
        groups: Sequence[Sequence[Entry]]
        if source.type and arguments.keeps_frames:
            groups, total = await index.contents.list_frames(source.id, ref, segment, offset=offset, limit=_PAGE)
        else:
            entries, total = await index.contents.list(source.id, ref, segment, offset=offset, limit=_PAGE)
            groups = [[entry] for entry in entries]
        offset += len(groups)
        if found := await to_thread.run_sync(_select, segment, groups, match):
            yield found


def _select(segment: str, groups: Sequence[Sequence[Entry]], match: Match) -> list[Entry]:
    """Groups are kept whole."""
    return [entry for group in groups if any(match(segment, entry) for entry in group) for entry in group]
