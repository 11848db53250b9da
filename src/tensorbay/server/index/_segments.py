from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select, update

from tensorbay.exception import InternalServerError, InvalidParamsError, NameConflictError
from tensorbay.server.database import run, segment, upsert_rows
from tensorbay.server.index._access import (
    configs_of,
    content_of,
    list_rows,
    no_segment,
    open_draft,
    segment_in,
    use_configs,
)
from tensorbay.server.index._base import ContentBase
from tensorbay.server.index._names import check_name, check_text
from tensorbay.server.index._values import DraftRef, SegmentRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tensorbay.server.index._values import Listing, Ref

Strategy = Literal["abort", "override", "skip"]


class Segments(ContentBase):
    async def list_segments(
        self, dataset_id: str, ref: Ref, *, offset: int = 0, limit: int = 128
    ) -> Listing[SegmentRow]:
        """By name."""

        def query(connection: Connection) -> Listing[SegmentRow]:
            content_id = content_of(connection, dataset_id, ref)
            rows = select(segment.c.name, segment.c.description).where(segment.c.content_id == content_id)
            return list_rows(connection, rows.order_by(segment.c.name), SegmentRow, offset, limit)

        return await self._database.read(query)

    async def create_segment(self, dataset_id: str, number: int, name: str, description: str = "") -> None:
        check_name("segment", name)
        check_text("description", description)

        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            row = {"content_id": draft.content_id, "name": name, "description": description, "sensors": b"{}"}
            if not upsert_rows(connection, segment, row):
                raise NameConflictError(resource="segment", identification=name)

        await self._database.write(transaction)

    async def delete_segment(self, dataset_id: str, number: int, name: str) -> None:
        def transaction(connection: Connection) -> None:
            draft = open_draft(connection, dataset_id, number)
            if not _delete_segment(connection, draft.content_id, name):
                raise no_segment(connection, draft.content_id, name)

        await self._database.write(transaction)

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

        def transaction(connection: Connection) -> bool:
            draft = open_draft(connection, dataset_id, number, exclusive=True)
            source_id = content_of(connection, from_dataset, from_ref)
            if segment_in(connection, source_id, source).is_pending:
                return False  # posted since the merge
            if (source_id, source) == (draft.content_id, name):
                return True
            if _make_room(connection, draft.content_id, name, strategy):
                _copy_segment(connection, source_id, source, draft.content_id, name)
                if from_dataset != dataset_id:
                    use_configs(connection, dataset_id, configs_of(connection, from_dataset))
            return True

        is_done = False
        while not is_done:
            await self._merged(from_dataset, from_ref, source)
            is_done = await self._database.write(transaction)

    async def move_segment(
        self, dataset_id: str, number: int, name: str, *, source: str, strategy: Strategy = "abort"
    ) -> None:
        """Renames `source`; strategies as in `copy_segment`, but the source is gone with "skip" too."""
        check_name("segment", name)
        _check_strategy(strategy)

        def transaction(connection: Connection) -> None:
            content_id = open_draft(connection, dataset_id, number, exclusive=True).content_id
            segment_in(connection, content_id, source)
            if source == name:
                return
            if _make_room(connection, content_id, name, strategy):
                _copy_segment(connection, content_id, source, content_id, name)
                of_source = (run.c.content_id == content_id) & (run.c.segment == source)
                connection.execute(update(run).where(of_source).values(segment=name))
            _delete_segment(connection, content_id, source)

        await self._database.write(transaction)


def _check_strategy(strategy: str) -> None:
    if strategy not in ("abort", "override", "skip"):
        raise InvalidParamsError(f'Invalid strategy "{strategy}": it must be "abort", "override" or "skip".')


def _make_room(connection: Connection, content_id: int, name: str, strategy: Strategy) -> bool:
    """False where an existing segment is to stay."""
    condition = (segment.c.content_id == content_id) & (segment.c.name == name)
    if connection.execute(select(segment.c.name).where(condition)).first() is None:
        return True
    if strategy == "abort":
        raise InternalServerError(
            f'The segment: {name} already exists, and the strategy is "abort": nothing was changed. '
            'Choose another name, or the strategy "override" or "skip".'
        )
    if strategy == "skip":
        return False
    connection.execute(delete(segment).where(condition))
    return True


def _copy_segment(connection: Connection, source_id: int | None, source: str, content_id: int, name: str) -> None:
    columns: dict[str, Any] = {column: segment.c[column] for column in ("description", "sensors", "tree")}
    query = select(*columns.values()).where(segment.c.content_id == source_id, segment.c.name == source)
    # Locked, so that on its way here the tree cannot lose its last owner.
    row = connection.execute(query.with_for_update(read=True)).one_or_none()
    if row is None:
        raise no_segment(connection, source_id, source)  # just now it was there
    values = dict(zip(columns, row, strict=True))
    connection.execute(insert(segment).values(content_id=content_id, name=name, **values))


def _delete_segment(connection: Connection, content_id: int, name: str) -> bool:
    statement = delete(segment).where(segment.c.content_id == content_id, segment.c.name == name)
    return bool(connection.execute(statement).rowcount)
