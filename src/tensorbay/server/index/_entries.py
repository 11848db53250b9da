from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

import anyio
from sqlalchemy import func, insert, select

from tensorbay.server.database import run
from tensorbay.server.database import segment as segment_table
from tensorbay.server.database import tree as tree_table
from tensorbay.server.index._access import content_of, open_draft, segment_in, use_configs
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._batch import label_batch, put_batch, removal_batch
from tensorbay.server.index._documents import require_sensors
from tensorbay.server.index._names import nearest, not_found
from tensorbay.server.index._values import DraftRef, Listing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import msgspec
    from sqlalchemy import Connection

    from tensorbay.server.index._batch import Batch
    from tensorbay.server.index._entry import Entry
    from tensorbay.server.index._tree import PageRef, Tree
    from tensorbay.server.index._values import Ref

_LOOKUP_PAGES = 8
_NEARBY_WINDOW = 50

Keys = list[str]  # `list` is a method below

_key = attrgetter("key")


class Entries(ContentBase):
    async def put(
        self,
        dataset_id: str,
        number: int,
        segment: str,
        entries: Sequence[Entry],
        *,
        configs: Collection[str] = (),
        needs_sensors: bool = True,
    ) -> None:
        """Adds entries, or replaces those of the same keys. All of them or, on an error, none.

        `configs` are storage configs that their labels refer to. Raises ResourceNotExistError for an entry of a
        sensor that the segment does not have, unless `needs_sensors` is false: such entries are left when their sensor
        is deleted.
        """
        batch = await anyio.to_thread.run_sync(put_batch, entries)
        used = {entry.config for entry in entries}.union(configs)
        sensors = {entry.sensor for entry in entries if entry.remote_path is not None}

        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            segment_in(connection, draft.content_id, segment)
            if sensors and needs_sensors:
                require_sensors(connection, draft.content_id, segment, sensors)
            if batch is not None:
                insert_run(connection, draft.content_id, segment, batch)
            use_configs(connection, dataset_id, used)

        await self._database.write(transaction)

    async def put_labels(
        self,
        dataset_id: str,
        number: int,
        segment: str,
        labels: Sequence[tuple[str, msgspec.Raw]],
        *,
        configs: Collection[str] = (),
    ) -> None:
        """Replaces whole labels. Raises ResourceNotExistError, with nothing changed, when an entry is missing.

        `configs` are storage configs that the labels refer to.
        """
        batch = await anyio.to_thread.run_sync(label_batch, labels)
        await self._patch(dataset_id, number, segment, batch, configs)

    async def delete(self, dataset_id: str, number: int, segment: str, keys: Sequence[str]) -> None:
        """Raises ResourceNotExistError, with nothing changed, when an entry is missing."""
        batch = await anyio.to_thread.run_sync(removal_batch, keys)
        await self._patch(dataset_id, number, segment, batch)

    async def list(
        self, dataset_id: str, ref: Ref, segment: str, *, offset: int = 0, limit: int = 128
    ) -> Listing[Entry]:
        """By key, in code-point order."""
        tree = await self._tree(dataset_id, ref, segment)
        spans = tree.spans(offset, limit)
        pages = await self._pages.read([span.page for span in spans])
        parts = zip(spans, pages, strict=True)
        return Listing([entry for span, page in parts for entry in page[span.start : span.stop]], tree.count)

    async def get(self, dataset_id: str, ref: Ref, segment: str, key: str) -> Entry | None:
        tree = await self._tree(dataset_id, ref, segment)
        page = tree.page_of(key)
        if page is None:
            return None
        (entries,) = await self._pages.read([page])
        index = bisect_left(entries, key, key=_key)
        return entries[index] if index < len(entries) and entries[index].key == key else None

    async def nearby(self, dataset_id: str, ref: Ref, segment: str, key: str) -> Keys:
        """At most five keys for a message that this one does not exist: those that look alike first."""
        return await self._nearby(await self._tree(dataset_id, ref, segment), key)

    async def total_size(self, dataset_id: str, ref: Ref) -> int:
        """Of the files of all entries, bytes."""
        content_id = await self._database.read(lambda connection: content_of(connection, dataset_id, ref))
        if content_id is None:
            return 0
        await self._flusher.flush_all(content_id)
        joined = segment_table.join(tree_table, tree_table.c.hash == segment_table.c.tree)
        query = select(func.sum(tree_table.c.size)).select_from(joined)
        query = query.where(segment_table.c.content_id == content_id)
        return int(await self._database.read(lambda connection: connection.execute(query).scalar()) or 0)

    # --------------------------------------------------------------------------------------------------------

    async def _patch(
        self, dataset_id: str, number: int, segment: str, batch: Batch | None, configs: Collection[str] = ()
    ) -> None:
        """Appends a run of patches, if all its keys exist at that moment.

        They are sought in the tree beside other writers. The answer still holds in the transaction that appends
        when the tree is the same and no run in wait removes anything: runs that put cannot make it wrong.
        """

        def transaction(connection: Connection) -> bool:
            draft = open_draft(connection, dataset_id, number)
            now = segment_in(connection, draft.content_id, segment)
            if now.tree != state.tree or now.is_removing:
                return False
            if batch is not None:
                insert_run(connection, draft.content_id, segment, batch)
            use_configs(connection, dataset_id, configs)
            return True

        is_flushed = False
        while True:
            state = await self._state(dataset_id, DraftRef(number), segment)
            tree = await self._pages.tree(state.tree)
            missing = await self._missing(tree, batch.keys if batch else ())
            if state.is_removing or (missing is not None and state.is_pending and not is_flushed):
                await self._flusher.flush(state.content_id, segment)
                is_flushed = True
            elif missing is not None:
                raise not_found("data", missing, await self._nearby(tree, missing))
            elif await self._database.write(transaction):
                return

    async def _missing(self, tree: Tree, keys: Sequence[str]) -> str | None:
        """One of the keys that the tree does not have."""
        wanted: defaultdict[bytes, set[str]] = defaultdict(set)
        refs: dict[bytes, PageRef] = {}
        for key in keys:
            ref = tree.page_of(key)
            if ref is None:
                return key
            refs[ref.hash] = ref
            wanted[ref.hash].add(key)
        pages = [*refs.values()]
        for start in range(0, len(pages), _LOOKUP_PAGES):
            batch = pages[start : start + _LOOKUP_PAGES]
            for ref, entries in zip(batch, await self._pages.read(batch), strict=True):
                if missing := wanted[ref.hash].difference(map(_key, entries)):
                    return min(missing)
        return None

    async def _nearby(self, tree: Tree, key: str) -> Keys:
        offset = tree.offset_of(key)
        spans = tree.spans(offset, tree.count)[:2]
        entries = [entry for page in await self._pages.read([span.page for span in spans]) for entry in page]
        middle = bisect_left(entries, key, key=_key)
        window = entries[max(0, middle - _NEARBY_WINDOW) : middle + _NEARBY_WINDOW]
        # Those next to the key come first where nothing looks like it.
        window.sort(key=lambda entry: abs(bisect_left(entries, entry.key, key=_key) - middle))
        return await anyio.to_thread.run_sync(nearest, key, [entry.key for entry in window])


def insert_run(connection: Connection, content_id: int, segment: str, batch: Batch) -> None:
    connection.execute(
        insert(run).values(
            content_id=content_id,
            segment=segment,
            count=len(batch.keys),
            first=batch.keys[0],
            last=batch.keys[-1],
            removes=batch.removes,
            data=batch.data,
        )
    )
