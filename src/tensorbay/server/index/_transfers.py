from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import anyio
import msgspec

from tensorbay.exception import InternalServerError, InvalidParamsError
from tensorbay.server.index._access import configs_of, content_of, open_draft, segment_in, use_configs
from tensorbay.server.index._batch import removal_batch, transfer_batch
from tensorbay.server.index._entries import Entries, insert_run
from tensorbay.server.index._names import not_found
from tensorbay.server.index._values import DraftRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from tensorbay.server.index._batch import Batch
    from tensorbay.server.index._entry import Entry
    from tensorbay.server.index._segments import Strategy
    from tensorbay.server.index._tree import Tree
    from tensorbay.server.index._values import Ref

_READ_PAGES = 8
_key = attrgetter("key")


class Pair(NamedTuple):
    """Keys of an entry: where it is, and where it is to be."""

    source: str
    target: str


class Transfers(Entries):
    """Entries of one segment copied or moved to another, by name only: files stay where they are."""

    async def copy_entries(
        self,
        dataset_id: str,
        number: int,
        segment: str,
        pairs: Sequence[Pair],
        *,
        source: str,
        source_dataset_id: str | None = None,
        source_ref: Ref | None = None,
        strategy: Strategy = "abort",
    ) -> None:
        """All of them or, on an error, none.

        For targets that exist "abort" raises InternalServerError (the protocol wants it so), "override" replaces them,
        "skip" leaves them.
        """
        origin = _Origin(source_dataset_id or dataset_id, source_ref or DraftRef(number), source)
        await self._transfer(dataset_id, number, segment, pairs, origin, strategy, is_move=False)

    async def move_entries(
        self,
        dataset_id: str,
        number: int,
        segment: str,
        pairs: Sequence[Pair],
        *,
        source: str,
        strategy: Strategy = "abort",
    ) -> None:
        """As `copy_entries`, and the sources are gone, with "skip" too."""
        origin = _Origin(dataset_id, DraftRef(number), source)
        await self._transfer(dataset_id, number, segment, pairs, origin, strategy, is_move=True)

    async def get_many(self, dataset_id: str, ref: Ref, segment: str, keys: Sequence[str]) -> dict[str, Entry]:
        """Those of the entries that are there."""
        return await self._find(await self._tree(dataset_id, ref, segment), keys)

    async def _transfer(
        self,
        dataset_id: str,
        number: int,
        segment: str,
        pairs: Sequence[Pair],
        origin: _Origin,
        strategy: Strategy,
        *,
        is_move: bool,
    ) -> None:
        _check_pairs(pairs, is_move=is_move)

        def transaction(connection: Connection) -> bool:
            draft = open_draft(connection, dataset_id, number)
            source_id = content_of(connection, origin.dataset_id, origin.ref)
            if segment_in(connection, source_id, origin.segment) != before:
                return False
            if segment_in(connection, draft.content_id, segment) != after:
                return False
            for name, batch in batches:
                if batch is not None:
                    insert_run(connection, draft.content_id, name, batch)
            if origin.dataset_id != dataset_id:
                use_configs(connection, dataset_id, configs_of(connection, origin.dataset_id))
            return True

        while True:
            after = await self._merged(dataset_id, DraftRef(number), segment)
            before = await self._merged(origin.dataset_id, origin.ref, origin.segment)
            if before.is_pending or after.is_pending:
                continue
            tree = await self._pages.tree(before.tree)
            found = await self._find(tree, [pair.source for pair in pairs])
            for pair in pairs:
                if pair.source not in found:
                    raise not_found("data", pair.source, await self._nearby(tree, pair.source))
            there = await self._find(await self._pages.tree(after.tree), [pair.target for pair in pairs])
            is_same = (before.content_id, origin.segment) == (after.content_id, segment)
            puts = _puts(pairs, found, there, strategy, is_same=is_same)
            gone = _gone(pairs, puts, is_same=is_same) if is_move else []
            batches = await anyio.to_thread.run_sync(_batches, segment, puts, origin.segment, gone, is_same)
            if await self._database.write(transaction):
                return

    async def _find(self, tree: Tree, keys: Sequence[str]) -> dict[str, Entry]:
        """Those that are there."""
        wanted: dict[bytes, list[str]] = {}
        refs = {}
        for key in keys:
            if (ref := tree.page_of(key)) is not None:
                refs[ref.hash] = ref
                wanted.setdefault(ref.hash, []).append(key)
        found = {}
        ordered = [*refs.values()]
        for start in range(0, len(ordered), _READ_PAGES):
            batch = ordered[start : start + _READ_PAGES]
            for ref, entries in zip(batch, await self._pages.read(batch), strict=True):
                for key in wanted[ref.hash]:
                    index = bisect_left(entries, key, key=_key)
                    if index < len(entries) and entries[index].key == key:
                        found[key] = entries[index]
        return found


class _Origin(NamedTuple):
    dataset_id: str
    ref: Ref
    segment: str


def _check_pairs(pairs: Sequence[Pair], *, is_move: bool) -> None:
    for name, keys in (("target", [pair.target for pair in pairs]), ("source", [pair.source for pair in pairs])):
        twice = len(set(keys)) < len(keys)
        if twice and (name == "target" or is_move):
            raise InvalidParamsError(f"A {name} path is given twice.")


def _puts(
    pairs: Sequence[Pair],
    found: Mapping[str, Entry],
    there: Mapping[str, Entry],
    strategy: Strategy,
    *,
    is_same: bool,
) -> list[Entry]:
    """What is to be put into the target segment."""
    puts = []
    for source, target in pairs:
        if is_same and source == target:
            continue
        if target in there and strategy == "abort":
            raise InternalServerError(
                f'The data: {target} already exists, and the strategy is "abort": nothing was changed. '
                'Choose other paths, or the strategy "override" or "skip".'
            )
        if target not in there or strategy == "override":
            puts.append(msgspec.structs.replace(found[source], key=target))
    return puts


def _gone(pairs: Sequence[Pair], puts: Sequence[Entry], *, is_same: bool) -> list[str]:
    """What a move takes from the source segment."""
    if not is_same:
        return [pair.source for pair in pairs]
    stay = {entry.key for entry in puts} | {pair.source for pair in pairs if pair.source == pair.target}
    return [pair.source for pair in pairs if pair.source not in stay]


def _batches(
    segment: str, puts: Sequence[Entry], source: str, gone: Sequence[str], is_same: bool
) -> list[tuple[str, Batch | None]]:
    if is_same:
        return [(segment, transfer_batch(puts, gone))]
    return [(segment, transfer_batch(puts, ())), (source, removal_batch(gone))]
