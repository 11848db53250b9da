from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.server.index._access import segment_state

if TYPE_CHECKING:
    from tensorbay.server.database import Database
    from tensorbay.server.index._access import SegmentState
    from tensorbay.server.index._flush import Flusher
    from tensorbay.server.index._pages import PageStore
    from tensorbay.server.index._tree import Tree
    from tensorbay.server.index._values import Ref


class ContentBase:
    def __init__(self, database: Database, pages: PageStore, flusher: Flusher) -> None:
        self._database = database
        self._pages = pages
        self._flusher = flusher

    async def _merged(self, dataset_id: str, ref: Ref, segment: str) -> SegmentState:
        """The segment with everything in its tree that was posted before the call."""
        async with self._database.connect() as connection:
            state = await segment_state(connection, dataset_id, ref, segment)
        if not state.is_pending:
            return state
        await self._flusher.flush(state.content_id, segment)
        async with self._database.connect() as connection:
            return await segment_state(connection, dataset_id, ref, segment)

    async def _tree(self, dataset_id: str, ref: Ref, segment: str) -> Tree:
        state = await self._merged(dataset_id, ref, segment)
        return await self._pages.tree(state.tree)
