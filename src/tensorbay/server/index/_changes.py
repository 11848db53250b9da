from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from sqlalchemy import select

from tensorbay.server.database import segment as segment_table
from tensorbay.server.index._access import content_of, no_segment
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._diff import differences

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tensorbay.server.index._diff import Difference
    from tensorbay.server.index._values import Ref


class SegmentChange(msgspec.Struct, frozen=True):
    name: str
    action: Literal["add", "delete", "modify"]
    has_data_changes: bool
    has_sensor_changes: bool


class Changes(ContentBase):
    async def diff_segments(self, dataset_id: str, base: Ref, head: Ref) -> list[SegmentChange]:
        """The segments that differ between two versions, by name. Reads no entry."""
        before = await self._rows(dataset_id, base)
        after = await self._rows(dataset_id, head)
        return [
            SegmentChange(name, _action(name in before, name in after), old[0] != new[0], old[1] != new[1])
            for name in sorted(before.keys() | after.keys())
            if (old := before.get(name, _ABSENT)) != (new := after.get(name, _ABSENT))
            or (name in before) != (name in after)
        ]

    async def diff(self, dataset_id: str, base: Ref, head: Ref, segment: str) -> AsyncIterator[list[Difference]]:
        """The entries that differ, in order of keys, in batches; a segment that one side lacks is empty there.

        Reads only pages that one side has and the other has not.
        """
        before = await self._rows(dataset_id, base, segment)
        after = await self._rows(dataset_id, head, segment)
        if not before and not after:
            raise await self._database.read(
                lambda connection: no_segment(connection, content_of(connection, dataset_id, head), segment)
            )
        trees = [await self._pages.tree(rows.get(segment, _ABSENT)[0]) for rows in (before, after)]
        async for batch in differences(trees[0].pages, trees[1].pages, self._pages.load):
            yield batch

    async def _rows(self, dataset_id: str, ref: Ref, name: str | None = None) -> dict[str, tuple[bytes | None, bytes]]:
        """Tree and sensors of each segment, or of the one named."""
        content_id = await self._database.read(lambda connection: content_of(connection, dataset_id, ref))
        if content_id is None:
            return {}
        if name is None:
            await self._flusher.flush_all(content_id)
        else:
            await self._flusher.flush(content_id, name)
        columns = (segment_table.c.name, segment_table.c.tree, segment_table.c.sensors)
        query = select(*columns).where(segment_table.c.content_id == content_id)
        if name is not None:
            query = query.where(segment_table.c.name == name)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.name: (row.tree, row.sensors) for row in rows}


_ABSENT: tuple[bytes | None, bytes] = (None, b"{}")


def _action(is_before: bool, is_after: bool) -> Literal["add", "delete", "modify"]:
    if is_before and is_after:
        return "modify"
    return "add" if is_after else "delete"
