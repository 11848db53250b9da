from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.server.index._access import segment_state
from tensorbay.server.index._cache import WeightedCache
from tensorbay.server.index._values import CommitRef

if TYPE_CHECKING:
    from tensorbay.server.database import Database
    from tensorbay.server.index._access import SegmentState
    from tensorbay.server.index._flush import Flusher
    from tensorbay.server.index._pages import PageStore
    from tensorbay.server.index._tree import Tree
    from tensorbay.server.index._values import Ref


_CACHED_COMMITS = 1 << 14  # pages of their trees


class ContentBase:
    def __init__(self, database: Database, pages: PageStore, flusher: Flusher) -> None:
        self._database = database
        self._pages = pages
        self._flusher = flusher
        # A commit's tree never changes; its pages are asked for one after the other.
        self._commits: WeightedCache[tuple[str, str, str], Tree] = WeightedCache(_CACHED_COMMITS)

    async def _merged(self, dataset_id: str, ref: Ref, segment: str) -> SegmentState:
        """The segment with everything in its tree that was posted before the call."""
        state = await self._state(dataset_id, ref, segment)
        if not state.is_pending:
            return state
        await self._flusher.flush(state.content_id, segment)
        return await self._state(dataset_id, ref, segment)

    async def _state(self, dataset_id: str, ref: Ref, segment: str) -> SegmentState:
        return await self._database.read(lambda connection: segment_state(connection, dataset_id, ref, segment))

    async def _tree(self, dataset_id: str, ref: Ref, segment: str) -> Tree:
        key = (dataset_id, ref.commit_id, segment) if isinstance(ref, CommitRef) else None
        if key is not None and (tree := self._commits.get(key)) is not None:
            return tree
        state = await self._merged(dataset_id, ref, segment)
        tree = await self._pages.tree(state.tree)
        if key is not None:
            self._commits.put(key, tree, max(1, len(tree.pages)))
        return tree
