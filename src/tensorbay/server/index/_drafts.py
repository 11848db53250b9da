from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, literal, select, update

from tensorbay.exception import InvalidParamsError
from tensorbay.server.database import content, dataset, draft, segment
from tensorbay.server.index._access import CLOSED, OPEN, content_of, open_draft
from tensorbay.server.index._names import check_text, not_found
from tensorbay.server.index._revisions import VersionBase, head_of
from tensorbay.server.index._values import CommitRef, DraftRow, Listing

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

_columns = tuple(draft.c[name] for name in DraftRow.__struct_fields__)


class Drafts(VersionBase):
    async def create_draft(
        self, dataset_id: str, *, branch: str, title: str, description: str = "", author: str
    ) -> int:
        """Starts as a copy of the branch's head; a branch has one open draft at a time."""
        check_text("title", title)
        check_text("description", description)

        def transaction(connection: Connection) -> int:
            head = head_of(connection, dataset_id, branch)
            _refuse_second_draft(connection, dataset_id, branch)
            now = time.time()
            values = {
                "dataset_id": dataset_id,
                "number": _next_number(connection, dataset_id),
                "branch": branch,
                "parent_id": head,
                "status": OPEN,
                "title": title,
                "description": description,
                "author": author,
                "created": now,
                "updated": now,
                "content_id": _copy_content(connection, dataset_id, head),
            }
            return int(connection.execute(insert(draft).values(values).returning(draft.c.number)).scalar_one())

        return await self._database.write(transaction)

    async def get_draft(self, dataset_id: str, number: int) -> DraftRow:
        rows = await self._list(dataset_id, _drafts(dataset_id, draft.c.number == number), DraftRow, 0, 1)
        if not rows.items:
            raise not_found("draft", number)
        return rows.items[0]

    async def list_drafts(
        self,
        dataset_id: str,
        *,
        status: str | None = OPEN,
        branch: str | None = None,
        offset: int = 0,
        limit: int = 128,
    ) -> Listing[DraftRow]:
        """By number. `status` None: whatever it is."""
        conditions = []
        if status is not None:
            conditions.append(draft.c.status == status)
        if branch is not None:
            conditions.append(draft.c.branch == branch)
        return await self._list(dataset_id, _drafts(dataset_id, *conditions), DraftRow, offset, limit)

    async def update_draft(
        self, dataset_id: str, number: int, *, title: str | None = None, description: str | None = None
    ) -> None:
        values: dict[str, Any] = {"updated": time.time()}
        for field, text in (("title", title), ("description", description)):
            if text is not None:
                check_text(field, text)
                values[field] = text

        def transaction(connection: Connection) -> None:
            open_draft(connection, dataset_id, number, exclusive=True)
            connection.execute(update_draft(dataset_id, number).values(values))

        await self._database.write(transaction)

    async def close_draft(self, dataset_id: str, number: int) -> None:
        """Its changes are gone; it stays listed as closed."""

        def transaction(connection: Connection) -> None:
            state = open_draft(connection, dataset_id, number, exclusive=True)
            values = {"status": CLOSED, "content_id": None, "updated": time.time()}
            connection.execute(update_draft(dataset_id, number).values(values))
            connection.execute(delete(content).where(content.c.id == state.content_id))

        await self._database.write(transaction)


def open_number(connection: Connection, dataset_id: str, name: str) -> int | None:
    query = select(draft.c.number).where(
        draft.c.dataset_id == dataset_id, draft.c.branch == name, draft.c.status == OPEN
    )
    return connection.execute(query).scalar_one_or_none()


def _refuse_second_draft(connection: Connection, dataset_id: str, name: str) -> None:
    number = open_number(connection, dataset_id, name)
    if number is not None:
        raise InvalidParamsError(
            f'Branch "{name}" has open draft {number} already: use it, or commit or close it first.'
        )


def _next_number(connection: Connection, dataset_id: str) -> int:
    statement = update(dataset).where(dataset.c.id == dataset_id).returning(dataset.c.draft_count)
    return int(connection.execute(statement.values(draft_count=dataset.c.draft_count + 1)).scalar_one())


def _copy_content(connection: Connection, dataset_id: str, commit_id: str) -> int:
    source_id = content_of(connection, dataset_id, CommitRef(commit_id))
    query = select(content.c.catalog, content.c.notes).where(content.c.id == source_id)
    row = connection.execute(query).one_or_none()
    catalog, notes = row if row is not None else (b"{}", "{}")
    new = insert(content).values(dataset_id=dataset_id, catalog=catalog, notes=notes).returning(content.c.id)
    content_id = int(connection.execute(new).scalar_one())
    copied = [segment.c.name, segment.c.description, segment.c.sensors, segment.c.tree]
    segments = select(literal(content_id, content.c.id.type), *copied).where(segment.c.content_id == source_id)
    connection.execute(insert(segment).from_select(["content_id", *(column.name for column in copied)], segments))
    return content_id


def _drafts(dataset_id: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*_columns).where(draft.c.dataset_id == dataset_id, *conditions).order_by(draft.c.number)


def update_draft(dataset_id: str, number: int) -> Any:
    return update(draft).where(draft.c.dataset_id == dataset_id, draft.c.number == number)
