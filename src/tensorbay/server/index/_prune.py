from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, exists, select

from tensorbay.server.database import page, segment, tree
from tensorbay.server.index._tree import decode_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tensorbay.server.database import Database

_SQL_BATCH = 500


class Pruned(NamedTuple):
    trees: int
    pages: int


async def prune(database: Database, *, grace: float) -> Pruned:
    """Mark and sweep. A merge touches each page it writes or finds written: what is old and unmarked is unused."""
    before = time.time() - grace
    is_used = exists().where(segment.c.tree == tree.c.hash)
    unused = delete(tree).where(tree.c.touched < before, ~is_used)
    trees = await database.write(lambda connection: connection.execute(unused).rowcount)
    used = await _used_pages(database)
    query = select(page.c.hash).where(page.c.touched < before)
    old = await database.read(lambda connection: set(connection.execute(query).scalars()))
    pages = await _sweep(database, sorted(old - used), before)
    await database.reclaim()
    return Pruned(trees, pages)


async def _used_pages(database: Database) -> set[bytes]:
    """Of all trees that are left, used or young."""
    hashes = await database.read(lambda connection: connection.execute(select(tree.c.hash)).scalars().all())
    used: set[bytes] = set()
    for hash_ in hashes:
        used |= await database.fetch(partial(_select_tree, hash_=hash_), _pages_of)
    return used


def _select_tree(connection: Connection, hash_: bytes) -> bytes | None:
    return connection.execute(select(tree.c.data).where(tree.c.hash == hash_)).scalar()


def _pages_of(data: bytes | None) -> set[bytes]:
    return set() if data is None else {ref.hash for ref in decode_tree(data).pages}


async def _sweep(database: Database, hashes: Sequence[bytes], before: float) -> int:
    count = 0
    for start in range(0, len(hashes), _SQL_BATCH):
        batch = hashes[start : start + _SQL_BATCH]
        count += await database.write(partial(_delete_pages, hashes=batch, before=before))
    return count


def _delete_pages(connection: Connection, hashes: Sequence[bytes], before: float) -> int:
    statement = delete(page).where(page.c.hash.in_(hashes), page.c.touched < before)
    return connection.execute(statement).rowcount
