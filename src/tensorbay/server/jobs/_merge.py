"""Squash and merge: what a source branch changed since the common ancestor, on top of a target branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from tensorbay.exception import ResourceNotExistError
from tensorbay.server.index import CommitRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tensorbay.server.index import Difference, Index, SegmentChange

__all__ = ["MergeArguments", "merge"]

Strategy = Literal["abort", "override", "skip"]
T = TypeVar("T")


class MergeArguments(msgspec.Struct, frozen=True, rename="camel"):
    title: str
    source_branch_name: str
    target_branch_name: str
    strategy: Strategy
    description: str = ""


class _ConflictError(Exception):
    """Both sides have changed the same."""


async def merge(index: Index, dataset_id: str, number: int, arguments: MergeArguments) -> None:
    """Into the draft `number`, a fresh one of the target branch."""
    draft = await index.versions.get_draft(dataset_id, number)
    source = await index.versions.resolve(dataset_id, arguments.source_branch_name)
    base = await index.versions.common_ancestor(dataset_id, source, draft.parent_id)
    sides = (CommitRef(base), CommitRef(source), CommitRef(draft.parent_id))
    if arguments.strategy == "abort":
        try:
            await _Merge(index, dataset_id, *sides, number=None, strategy="abort").run()
        except _ConflictError:
            return  # the draft stays what the target is
    await _Merge(index, dataset_id, *sides, number=number, strategy=arguments.strategy).run()


class _Merge:
    """Without `number` nothing is written. The first conflict with "abort" raises _ConflictError."""

    def __init__(
        self,
        index: Index,
        dataset_id: str,
        base: CommitRef,
        source: CommitRef,
        target: CommitRef,
        *,
        number: int | None,
        strategy: Strategy,
    ) -> None:
        self._contents = index.contents
        self._dataset_id = dataset_id
        self._base, self._source, self._target = base, source, target
        self._number = number
        self._strategy = strategy

    async def run(self) -> None:
        await self._merge_documents()
        theirs = await self._contents.diff_segments(self._dataset_id, self._base, self._source)
        ours = await self._contents.diff_segments(self._dataset_id, self._base, self._target)
        changed = {change.name: change for change in ours}
        for change in theirs:
            mine = changed.get(change.name)
            if mine is None:
                await self._take(change)
            elif "delete" not in (change.action, mine.action):
                await self._merge_sensors(change.name)
                await self._merge_entries(change.name)
            elif change.action != mine.action and self._does_source_win():
                await self._take(change)

    def _does_source_win(self) -> bool:
        """In a conflict."""
        if self._strategy == "abort":
            raise _ConflictError
        return self._strategy == "override"

    async def _take(self, change: SegmentChange) -> None:
        """The whole segment as the source has it."""
        if self._number is None:
            return
        if change.action == "delete":
            await self._contents.delete_segment(self._dataset_id, self._number, change.name)
            return
        await self._contents.copy_segment(
            self._dataset_id,
            self._number,
            change.name,
            source=change.name,
            source_ref=self._source,
            strategy="override",
        )

    async def _merge_entries(self, name: str) -> None:
        batches = self._contents.diff(self._dataset_id, self._base, self._source, name)
        async for batch in batches:
            keys = [difference.key for difference in batch]
            there = await self._contents.get_many(self._dataset_id, self._target, name, keys)
            taken = [difference for difference in batch if self._is_taken(difference, there.get(difference.key))]
            await self._apply(name, taken, there)

    def _is_taken(self, theirs: Difference, there: object) -> bool:
        if there == theirs.after:
            return False
        return there == theirs.before or self._does_source_win()

    async def _apply(self, name: str, taken: Sequence[Difference], there: Mapping[str, object]) -> None:
        if self._number is None:
            return
        puts = [difference.after for difference in taken if difference.after is not None]
        gone = [difference.key for difference in taken if difference.after is None and difference.key in there]
        await self._contents.put(self._dataset_id, self._number, name, puts, needs_sensors=False)
        await self._contents.delete(self._dataset_id, self._number, name, gone)

    async def _merge_sensors(self, name: str) -> None:
        base, theirs, ours = [await self._sensors(ref, name) for ref in (self._base, self._source, self._target)]
        for sensor in theirs.keys() | base.keys():
            before, after = base.get(sensor), theirs.get(sensor)
            if not self._is_new(before, after, ours.get(sensor)) or self._number is None:
                continue
            if after is not None:
                await self._contents.put_sensor(self._dataset_id, self._number, name, sensor, bytes(after))
            elif sensor in ours:
                await self._contents.delete_sensor(self._dataset_id, self._number, name, sensor)

    async def _sensors(self, ref: CommitRef, name: str) -> dict[str, msgspec.Raw]:
        """Of a segment that is not there: none."""
        try:
            return await self._contents.get_sensors(self._dataset_id, ref, name)
        except ResourceNotExistError:
            return {}

    async def _merge_documents(self) -> None:
        refs = (self._base, self._source, self._target)
        catalogs = [await self._contents.get_catalog(self._dataset_id, ref) for ref in refs]
        if self._is_new(*catalogs) and self._number is not None:
            await self._contents.put_catalog(self._dataset_id, self._number, catalogs[1])
        notes = [await self._contents.get_notes(self._dataset_id, ref) for ref in refs]
        if self._is_new(*notes) and self._number is not None:
            await self._contents.patch_notes(self._dataset_id, self._number, notes[1])

    def _is_new(self, before: T, after: T, ours: T) -> bool:
        """Whether what the source has is to be taken."""
        if after in (before, ours):
            return False
        return ours == before or self._does_source_win()
