from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, func, insert, select, update

from tensorbay.exception import InternalServerError, InvalidParamsError, NameConflictError
from tensorbay.server.database import dataset_config, run, segment, upsert
from tensorbay.server.index._access import (
    content_of,
    no_segment,
    open_draft,
    segment_in,
)
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._names import check_name, check_text
from tensorbay.server.index._values import DraftRef, Listing, SegmentRow

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from tensorbay.server.index._values import Ref

Strategy = Literal["abort", "override", "skip"]


class Segments(ContentBase):
    async def list_segments(
        self, dataset_id: str, ref: Ref, *, offset: int = 0, limit: int = 128
    ) -> Listing[SegmentRow]:
        """By name."""
        async with self._database.connect() as connection:
            content_id = await content_of(connection, dataset_id, ref)
            condition = segment.c.content_id == content_id
            total = (await connection.execute(select(func.count()).where(condition))).scalar_one()
            query = select(segment.c.name, segment.c.description).where(condition)
            rows = await connection.execute(query.order_by(segment.c.name).offset(offset).limit(limit))
            return Listing([SegmentRow(*row) for row in rows], total)

    async def create_segment(self, dataset_id: str, number: int, name: str, description: str = "") -> None:
        check_name("segment", name)
        check_text("description", description)
        async with self._database.begin() as connection:
            draft = await open_draft(connection, dataset_id, number)
            row = {"content_id": draft.content_id, "name": name, "description": description, "sensors": b"{}"}
            if not await upsert(connection, segment, row):
                raise NameConflictError(resource="segment", identification=name)

    async def delete_segment(self, dataset_id: str, number: int, name: str) -> None:
        async with self._database.begin() as connection:
            draft = await open_draft(connection, dataset_id, number)
            if not await _delete_segment(connection, draft.content_id, name):
                raise await no_segment(connection, draft.content_id, name)

    async def copy_segment(
        self,
        dataset_id: str,
        number: int,
        name: str,
        *,
        source: str,
        source_dataset_id: str | None = None,
        source_ref: Ref | None = None,
        strategy: Strategy = "abort",
    ) -> None:
        """Makes `name` a copy of `source`, which may be of another version or dataset, by pointing at its tree.

        Where `name` exists "abort" raises InternalServerError (the protocol wants it so), "override" replaces it
        entirely, "skip" leaves it entirely.
        """
        check_name("segment", name)
        _check_strategy(strategy)
        from_dataset = source_dataset_id or dataset_id
        from_ref = source_ref or DraftRef(number)
        while True:
            await self._merged(from_dataset, from_ref, source)
            async with self._database.begin() as connection:
                draft = await open_draft(connection, dataset_id, number)
                source_id = await content_of(connection, from_dataset, from_ref)
                if (await segment_in(connection, source_id, source)).is_pending:
                    continue  # posted since the merge
                if (source_id, source) != (draft.content_id, name):
                    if not await _make_room(connection, draft.content_id, name, strategy):
                        return
                    await _copy_segment(connection, source_id, source, draft.content_id, name)
                if from_dataset != dataset_id:
                    await _copy_configs(connection, from_dataset, dataset_id)
            return

    async def move_segment(
        self, dataset_id: str, number: int, name: str, *, source: str, strategy: Strategy = "abort"
    ) -> None:
        """Renames `source`; strategies as in `copy_segment`, but the source is gone with "skip" too."""
        check_name("segment", name)
        _check_strategy(strategy)
        async with self._database.begin() as connection:
            draft = await open_draft(connection, dataset_id, number)
            content_id = draft.content_id
            await segment_in(connection, content_id, source)
            if source == name:
                return
            if await _make_room(connection, content_id, name, strategy):
                await _copy_segment(connection, content_id, source, content_id, name)
                of_source = (run.c.content_id == content_id) & (run.c.segment == source)
                await connection.execute(update(run).where(of_source).values(segment=name))
            await _delete_segment(connection, content_id, source)


def _check_strategy(strategy: str) -> None:
    if strategy not in ("abort", "override", "skip"):
        raise InvalidParamsError(f'Invalid strategy "{strategy}": it must be "abort", "override" or "skip".')


async def _make_room(connection: AsyncConnection, content_id: int, name: str, strategy: Strategy) -> bool:
    """False where an existing segment is to stay."""
    condition = (segment.c.content_id == content_id) & (segment.c.name == name)
    if (await connection.execute(select(segment.c.name).where(condition))).first() is None:
        return True
    if strategy == "abort":
        raise InternalServerError(
            f'The segment: {name} already exists, and the strategy is "abort": nothing was changed. '
            'Choose another name, or the strategy "override" or "skip".'
        )
    if strategy == "skip":
        return False
    await connection.execute(delete(segment).where(condition))
    return True


async def _copy_segment(
    connection: AsyncConnection, source_id: int | None, source: str, content_id: int, name: str
) -> None:
    columns: dict[str, Any] = {column: segment.c[column] for column in ("description", "sensors", "tree")}
    query = select(*columns.values()).where(segment.c.content_id == source_id, segment.c.name == source)
    # Locked, so that on its way here the tree cannot lose its last owner.
    row = (await connection.execute(query.with_for_update(read=True))).one()
    values = dict(zip(columns, row, strict=True))
    await connection.execute(insert(segment).values(content_id=content_id, name=name, **values))


async def _delete_segment(connection: AsyncConnection, content_id: int, name: str) -> bool:
    statement = delete(segment).where(segment.c.content_id == content_id, segment.c.name == name)
    return bool((await connection.execute(statement)).rowcount)


async def _copy_configs(connection: AsyncConnection, source_id: str, dataset_id: str) -> None:
    query = select(dataset_config.c.config_id).where(dataset_config.c.dataset_id == source_id)
    for config in (await connection.execute(query.order_by(dataset_config.c.config_id))).scalars().all():
        await upsert(connection, dataset_config, {"dataset_id": dataset_id, "config_id": config})
