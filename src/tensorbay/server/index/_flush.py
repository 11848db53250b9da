from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import anyio
from sqlalchemy import delete, select, update

from tensorbay.server.database import run as run_table
from tensorbay.server.database import segment as segment_table
from tensorbay.server.index._entry import RunHead
from tensorbay.server.index._merge import merge
from tensorbay.server.index._pages import Document, decode_pages, make_page, make_tree, write_tree
from tensorbay.server.index._sort import sorted_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from tensorbay.server.database import Database
    from tensorbay.server.index._entry import Entry
    from tensorbay.server.index._pages import NewTree, PageStore
    from tensorbay.server.index._tree import PageRef, Tree

_WRITE_PAGES = 32
_SQL_BATCH = 500  # bound parameters in one statement
_RECLAIM_ENTRIES = 1 << 15


class Flusher:
    """Merges what was posted to a draft into its tree of pages, so that reading it is reading pages.

    The work is done beside other transactions and takes effect in a last, short one, if the runs and the tree it
    started from are still the same; otherwise it starts again. A merge that has begun is finished, also when its
    caller is cancelled; killed half way it leaves the draft as it was, and pages that nothing refers to.
    """

    def __init__(self, database: Database, pages: PageStore) -> None:
        self._database = database
        self._pages = pages
        self._locks: defaultdict[tuple[int, str], anyio.Lock] = defaultdict(anyio.Lock)
        # A merge fills a core and holds a thread until it ends.
        self._limiter = anyio.CapacityLimiter(2)

    async def flush(self, content_id: int, segment: str) -> None:
        """Returns when everything that was posted before the call is in the tree."""
        key = (content_id, segment)
        lock = self._locks[key]
        try:
            async with lock:
                while not await self._try_flush(content_id, segment):
                    pass
        finally:
            if not lock.locked():  # nobody took over
                self._locks.pop(key, None)

    async def flush_all(self, content_id: int) -> None:
        query = select(run_table.c.segment).where(run_table.c.content_id == content_id).distinct()
        segments = await self._database.read(lambda connection: connection.execute(query).scalars().all())
        for segment in segments:
            await self.flush(content_id, segment)

    async def _try_flush(self, content_id: int, segment: str) -> bool:
        def query(connection: Connection) -> tuple[list[RunHead], bytes | None]:
            heads = [RunHead._make(row) for row in connection.execute(_heads(content_id, segment))]
            return heads, connection.execute(select(segment_table.c.tree).where(of_segment)).scalar()

        def transaction(connection: Connection) -> None:
            write_tree(connection, new)
            moved = update(segment_table).where(of_segment, segment_table.c.tree.is_not_distinct_from(tree_hash))
            if not connection.execute(moved.values(tree=new.hash)).rowcount:
                raise RunsGoneError
            _delete_runs(connection, [head.id for head in heads])

        of_segment = (segment_table.c.content_id == content_id) & (segment_table.c.name == segment)
        heads, tree_hash = await self._database.read(query)
        if not heads:
            return True
        base = await self._pages.tree(tree_hash)
        try:
            async with self._limiter:
                # Shielded, because a thread that comes back to a cancelled task for SQL is never answered.
                with anyio.CancelScope(shield=True):
                    new = await anyio.to_thread.run_sync(self._merge, base, heads)
            await self._database.write(transaction)
        except RunsGoneError:
            return False
        if sum(head.entries for head in heads) >= _RECLAIM_ENTRIES:
            await self._database.reclaim()
        return True

    def _merge(self, base: Tree, heads: Sequence[RunHead]) -> NewTree:
        """Runs in a worker thread; goes back to the event loop for SQL."""
        pending: list[Document] = []

        def store(entries: list[Entry]) -> PageRef:
            ref, document = make_page(entries)
            pending.append(document)
            if len(pending) >= _WRITE_PAGES:
                write()
            return ref

        def write() -> None:
            anyio.from_thread.run(self._pages.write, pending.copy())
            pending.clear()

        def load(refs: Sequence[PageRef]) -> list[list[Entry]]:
            if pending:
                write()  # a page just written may be asked for
            return decode_pages(anyio.from_thread.run(self._pages.fetch, refs))

        def read(ids: Sequence[int]) -> list[bytes]:
            return anyio.from_thread.run(self._fetch_runs, ids)

        pages = merge(base.pages, sorted_blocks(heads, read), load=load, store=store)
        if pending:
            write()
        return make_tree(pages)

    async def _fetch_runs(self, ids: Sequence[int]) -> list[bytes]:
        return await self._database.read(lambda connection: _select_runs(connection, ids))


class RunsGoneError(Exception):
    """Somebody else has merged the runs, or removed the segment, meanwhile."""


def _heads(content_id: int, segment: str) -> Select[tuple[int, int, str, str]]:
    columns = (run_table.c.id, run_table.c.count, run_table.c.first, run_table.c.last)
    return select(*columns).where(run_table.c.content_id == content_id, run_table.c.segment == segment)


def _select_runs(connection: Connection, ids: Sequence[int]) -> list[bytes]:
    stored: dict[int, bytes] = {}
    for start in range(0, len(ids), _SQL_BATCH):
        batch = ids[start : start + _SQL_BATCH]
        query = select(run_table.c.id, run_table.c.data).where(run_table.c.id.in_(batch))
        stored.update((id_, data) for id_, data in connection.execute(query))
    if len(stored) < len(ids):
        raise RunsGoneError
    return [stored[id_] for id_ in ids]


def _delete_runs(connection: Connection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _SQL_BATCH):
        batch = ids[start : start + _SQL_BATCH]
        if connection.execute(delete(run_table).where(run_table.c.id.in_(batch))).rowcount < len(batch):
            raise RunsGoneError
