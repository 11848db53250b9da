from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import anyio
from sqlalchemy import delete, exists, select

from tensorbay.server.database import page, segment, tree
from tensorbay.server.index._tree import decode_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from tensorbay.server.database import Database

_SQL_BATCH = 500


class Pruned(NamedTuple):
    trees: int
    pages: int


async def prune(database: Database, *, grace: float) -> Pruned:
    """Mark and sweep. A merge touches each page it writes or finds written, so what is old and unmarked is unused."""
    before = time.time() - grace
    async with database.begin() as connection:
        is_used = exists().where(segment.c.tree == tree.c.hash)
        trees = (await connection.execute(delete(tree).where(tree.c.touched < before, ~is_used))).rowcount
    used = await _used_pages(database)
    async with database.connect() as connection:
        old = set((await connection.execute(select(page.c.hash).where(page.c.touched < before))).scalars())
    pages = await _sweep(database, page, sorted(old - used), before)
    await database.reclaim()
    return Pruned(trees, pages)


async def _used_pages(database: Database) -> set[bytes]:
    """Of all trees that are left, used or young."""
    async with database.connect() as connection:
        hashes = (await connection.execute(select(tree.c.hash))).scalars().all()
    used: set[bytes] = set()
    for hash_ in hashes:
        async with database.connect() as connection:
            data = (await connection.execute(select(tree.c.data).where(tree.c.hash == hash_))).scalar()
        if data is not None:
            pages = (await anyio.to_thread.run_sync(decode_tree, data)).pages
            used.update(ref.hash for ref in pages)
    return used


async def _sweep(database: Database, table: Table, hashes: Sequence[bytes], before: float) -> int:
    count = 0
    for start in range(0, len(hashes), _SQL_BATCH):
        batch = hashes[start : start + _SQL_BATCH]
        statement = delete(table).where(table.c.hash.in_(batch), table.c.touched < before)
        async with database.begin() as connection:
            count += (await connection.execute(statement)).rowcount
    return count
