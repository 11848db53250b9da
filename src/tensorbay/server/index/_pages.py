from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, select

from tensorbay.server.database import page as page_table
from tensorbay.server.database import tree as tree_table
from tensorbay.server.database import upsert_rows
from tensorbay.server.index._cache import WeightedCache
from tensorbay.server.index._entry import compress, decode_page, encode_page
from tensorbay.server.index._merge import weigh
from tensorbay.server.index._names import not_found
from tensorbay.server.index._tree import PageRef, Tree, content_hash, decode_tree, encode_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tensorbay.server.database import Database
    from tensorbay.server.index._entry import Entry

_CACHED_PAGE_WEIGHT = 16 << 20
_CACHED_TREE_PAGES = 1 << 14
EMPTY_TREE = Tree()


class Document(NamedTuple):
    """A page or a tree on its way to the database."""

    hash: bytes
    data: bytes


class PageStore:
    """Pages and trees by hash. Being immutable they are cached without further thought."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages: WeightedCache[bytes, list[Entry]] = WeightedCache(_CACHED_PAGE_WEIGHT)
        self._trees: WeightedCache[bytes, Tree] = WeightedCache(_CACHED_TREE_PAGES)

    async def read(self, refs: Sequence[PageRef]) -> list[list[Entry]]:
        """The entries of each page. They are shared with others: not to be changed."""
        found = {ref.hash: entries for ref in refs if (entries := self._pages.get(ref.hash)) is not None}
        if missing := [ref for ref in refs if ref.hash not in found]:
            pages = await self.load(missing)
            for ref, entries in zip(missing, pages, strict=True):
                self._pages.put(ref.hash, entries, ref.weight)
                found[ref.hash] = entries
        return [found[ref.hash] for ref in refs]

    async def load(self, refs: Sequence[PageRef]) -> list[list[Entry]]:
        """As `read`, past the cache."""
        return await self._database.fetch(partial(_select_pages, refs=refs), decode_pages)

    async def fetch(self, refs: Sequence[PageRef]) -> list[bytes]:
        """The pages as they lie in the database."""
        return await self._database.read(partial(_select_pages, refs=refs))

    async def tree(self, hash_: bytes | None) -> Tree:
        if hash_ is None:
            return EMPTY_TREE
        tree = self._trees.get(hash_)
        if tree is None:
            query = select(tree_table.c.data).where(tree_table.c.hash == hash_)
            tree = await self._database.fetch(lambda c: c.execute(query).scalar_one(), decode_tree)
            self._trees.put(hash_, tree, len(tree.pages))
        return tree

    async def write(self, documents: Sequence[Document]) -> None:
        now = time.time()
        # In order of their names: two transactions that write the same pages must not wait for each other.
        rows = [{"hash": d.hash, "touched": now, "data": d.data} for d in sorted(set(documents))]
        await self._database.write(partial(upsert_rows, table=page_table, rows=rows, update=["touched"]))


# Built once, and for one page: building the statement, or one with a list in it, costs more than running it.
_page_by_hash = select(page_table.c.data).where(page_table.c.hash == bindparam("hash"))


def _select_pages(connection: Connection, refs: Sequence[PageRef]) -> list[bytes]:
    pages = []
    for ref in refs:
        data = connection.execute(_page_by_hash, {"hash": ref.hash}).scalar()
        if data is None:
            raise not_found("page", ref.hash.hex())  # its dataset was deleted and pruned while it was read
        pages.append(data)
    return pages


def decode_pages(pages: Sequence[bytes]) -> list[list[Entry]]:
    return [decode_page(data) for data in pages]


def make_page(entries: Sequence[Entry]) -> tuple[PageRef, Document]:
    document = encode_page(entries)
    ref = PageRef(
        hash=content_hash(document),
        count=len(entries),
        weight=weigh(entries),
        size=sum([entry.size for entry in entries]),
        first=entries[0].key,
        last=entries[-1].key,
        frames=0 if entries[0].remote_path is None else len({entry.frame_id for entry in entries}),
    )
    return ref, Document(ref.hash, compress(document))


class NewTree(NamedTuple):
    tree: Tree
    hash: bytes | None
    data: bytes


def make_tree(pages: Sequence[PageRef]) -> NewTree:
    if not pages:
        return NewTree(EMPTY_TREE, None, b"")
    document = encode_tree(pages)
    return NewTree(Tree(pages), content_hash(document), compress(document))


def write_tree(connection: Connection, new: NewTree) -> None:
    if new.hash is None:
        return
    row = {
        "hash": new.hash,
        "count": new.tree.count,
        "size": new.tree.size,
        "touched": time.time(),
        "data": new.data,
    }
    upsert_rows(connection, tree_table, row, update=["touched"])
