from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from sqlalchemy import select

from tensorbay.server.database import page_statistics, upsert_rows
from tensorbay.server.database import segment as segment_table
from tensorbay.server.index._access import content_of
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._entry import compress, decompress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import Connection

    from tensorbay.server.index._entry import Entry
    from tensorbay.server.index._tree import PageRef
    from tensorbay.server.index._values import Ref

    Count = Callable[[Sequence[Entry]], bytes]

_PAGES = 32


class Statistics(ContentBase):
    async def statistics(self, dataset_id: str, ref: Ref, count: Count) -> AsyncIterator[list[bytes]]:
        """What `count` (pure, always the same) makes of each page of a version, in batches.

        It is kept with the page, for all versions that have it, so no page is counted twice.
        """
        for tree_hash in await self._tree_hashes(dataset_id, ref):
            tree = await self._pages.tree(tree_hash)
            for start in range(0, len(tree.pages), _PAGES):
                yield await self._of_pages(tree.pages[start : start + _PAGES], count)

    async def _tree_hashes(self, dataset_id: str, ref: Ref) -> Sequence[bytes | None]:
        content_id = await self._database.read(lambda connection: content_of(connection, dataset_id, ref))
        if content_id is None:
            return []
        await self._flusher.flush_all(content_id)
        query = select(segment_table.c.tree).where(segment_table.c.content_id == content_id)
        return await self._database.read(lambda connection: connection.execute(query).scalars().all())

    async def _of_pages(self, refs: Sequence[PageRef], count: Count) -> list[bytes]:
        def query(connection: Connection) -> dict[bytes, bytes]:
            columns = (page_statistics.c.hash, page_statistics.c.data)
            rows = connection.execute(select(*columns).where(page_statistics.c.hash.in_([ref.hash for ref in refs])))
            return {hash_: decompress(data) for hash_, data in rows}

        found = await self._database.read(query)
        missing = [ref for ref in refs if ref.hash not in found]
        if missing:
            pages = await self._pages.load(missing)
            counted = await anyio.to_thread.run_sync(lambda: [count(page) for page in pages])
            new = dict(zip([ref.hash for ref in missing], counted, strict=True))
            rows = [{"hash": hash_, "data": compress(data)} for hash_, data in sorted(new.items())]
            await self._database.write(lambda connection: upsert_rows(connection, page_statistics, rows))
            found.update(new)
        return [found[ref.hash] for ref in refs]
