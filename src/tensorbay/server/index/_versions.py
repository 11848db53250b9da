from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from tensorbay.exception import ForbiddenError, InvalidParamsError, NameConflictError
from tensorbay.server.database import branch, commit, content, dataset, draft, run, segment, tag
from tensorbay.server.index._access import (
    CLOSED,
    COMMITTED,
    OPEN,
    content_of,
    open_draft,
    require_dataset,
)
from tensorbay.server.index._names import check_name, check_text, not_found
from tensorbay.server.index._values import (
    ROOT_COMMIT_ID,
    BranchRow,
    CommitRef,
    CommitRow,
    DraftRow,
    Listing,
    TagRow,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from tensorbay.server.database import Database
    from tensorbay.server.index._flush import Flusher

_commit_columns = (
    commit.c.id,
    commit.c.parent_id,
    commit.c.title,
    commit.c.description,
    commit.c.committer,
    commit.c.created,
)
_draft_columns = tuple(draft.c[name] for name in DraftRow.__struct_fields__)


class Versions:
    """Drafts, commits, branches and tags of a dataset."""

    def __init__(self, database: Database, flusher: Flusher) -> None:
        self._database = database
        self._flusher = flusher

    # --- drafts ---------------------------------------------------------------------------------------------

    async def create_draft(
        self, dataset_id: str, *, branch: str, title: str, description: str = "", author: str
    ) -> int:
        """Starts as a copy of the branch's head; a branch has one open draft at a time."""
        check_text("title", title)
        check_text("description", description)
        async with self._database.begin() as connection:
            head = await _head(connection, dataset_id, branch)
            await _refuse_second_draft(connection, dataset_id, branch)
            statement = update(dataset).where(dataset.c.id == dataset_id).returning(dataset.c.draft_count)
            count = statement.values(draft_count=dataset.c.draft_count + 1)
            number = int((await connection.execute(count)).scalar_one())
            now = time.time()
            await connection.execute(
                insert(draft).values(
                    dataset_id=dataset_id,
                    number=number,
                    branch=branch,
                    parent_id=head,
                    status=OPEN,
                    title=title,
                    description=description,
                    author=author,
                    created=now,
                    updated=now,
                    content_id=await _copy_content(connection, dataset_id, head),
                )
            )
        return number

    async def get_draft(self, dataset_id: str, number: int) -> DraftRow:
        query = select(*_draft_columns).where(draft.c.dataset_id == dataset_id, draft.c.number == number)
        async with self._database.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                await require_dataset(connection, dataset_id)
                raise not_found("draft", number)
        return DraftRow(*row)

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
        condition = draft.c.dataset_id == dataset_id
        if status is not None:
            condition &= draft.c.status == status
        if branch is not None:
            condition &= draft.c.branch == branch
        query = select(*_draft_columns).where(condition).order_by(draft.c.number)
        rows = await self._page(dataset_id, query, offset, limit)
        return Listing([DraftRow(*row) for row in rows.items], rows.total)

    async def update_draft(
        self, dataset_id: str, number: int, *, title: str | None = None, description: str | None = None
    ) -> None:
        values: dict[str, Any] = {"updated": time.time()}
        for field, text in (("title", title), ("description", description)):
            if text is not None:
                check_text(field, text)
                values[field] = text
        async with self._database.begin() as connection:
            await open_draft(connection, dataset_id, number, exclusive=True)
            await connection.execute(_update_draft(dataset_id, number).values(values))

    async def close_draft(self, dataset_id: str, number: int) -> None:
        """Its changes are gone; it stays listed as closed."""
        async with self._database.begin() as connection:
            state = await open_draft(connection, dataset_id, number, exclusive=True)
            values = {"status": CLOSED, "content_id": None, "updated": time.time()}
            await connection.execute(_update_draft(dataset_id, number).values(values))
            await connection.execute(delete(content).where(content.c.id == state.content_id))

    # --- commits --------------------------------------------------------------------------------------------

    async def commit(
        self,
        dataset_id: str,
        number: int,
        *,
        title: str,
        description: str = "",
        committer: str,
        tag: str | None = None,
    ) -> CommitRow:
        """All or nothing: on any error (the tag exists, the branch moved) the draft stays open as it was."""
        check_text("title", title)
        check_text("description", description)
        if tag is not None:
            check_name("tag", tag)
        while True:
            await self._flush_draft(dataset_id, number)
            async with self._database.begin() as connection:
                state = await open_draft(connection, dataset_id, number, exclusive=True)
                if await _has_runs(connection, state.content_id):
                    continue  # posted since the flush
                head = await _head(connection, dataset_id, state.branch)
                if head != state.parent_id:
                    raise ForbiddenError(
                        f'Draft {number} was made at commit {state.parent_id} and branch "{state.branch}" has moved to '
                        f"{head} since: create a new draft on the branch and bring the changes there."
                    )
                row = CommitRow(uuid.uuid4().hex, head, title, description, committer, time.time())
                await _insert_commit(connection, dataset_id, row, state.content_id)
                if tag is not None:
                    await _insert_tag(connection, dataset_id, tag, row.commit_id)
                await connection.execute(_update_branch(dataset_id, state.branch, row.commit_id))
                values = {"status": COMMITTED, "updated": row.created}
                await connection.execute(_update_draft(dataset_id, number).values(values))
                changed = update(dataset).where(dataset.c.id == dataset_id)
                await connection.execute(changed.values(updated=int(row.created)))
            return row

    async def resolve(self, dataset_id: str, revision: str) -> str:
        """The id of the commit that a branch, a tag or a commit id (in this order) names."""
        async with self._database.connect() as connection:
            return await _resolve(connection, dataset_id, revision)

    async def get_commit(self, dataset_id: str, commit_id: str) -> CommitRow:
        query = select(*_commit_columns).where(commit.c.dataset_id == dataset_id, commit.c.id == commit_id)
        async with self._database.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise not_found("commit", commit_id)
        return CommitRow(*row)

    async def list_commits(
        self, dataset_id: str, revision: str, *, offset: int = 0, limit: int = 128
    ) -> Listing[CommitRow]:
        """The commit of the revision and those before it, newest first, without the root."""
        async with self._database.connect() as connection:
            start = await _resolve(connection, dataset_id, revision)
            heights = select(commit.c.height).where(commit.c.id == start)
            total = (await connection.execute(heights)).scalar() or 0
            rows = (await connection.execute(_walk(start, offset, limit))).all()
        return Listing([CommitRow(*row) for row in rows], total)

    # --- branches and tags ----------------------------------------------------------------------------------

    async def list_branches(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[BranchRow]:
        """By name; `name` is an exact filter."""
        rows = await self._page(dataset_id, _named(branch, dataset_id, name), offset, limit)
        return Listing([BranchRow(row[0], row[1], _commit_row(row[2:])) for row in rows.items], rows.total)

    async def create_branch(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("branch", name)
        try:
            async with self._database.begin() as connection:
                commit_id = await _resolve_for(connection, dataset_id, revision, f'branch "{name}"')
                await connection.execute(insert(branch).values(dataset_id=dataset_id, name=name, commit_id=commit_id))
        except IntegrityError:
            raise NameConflictError(resource="branch", identification=name) from None

    async def delete_branch(self, dataset_id: str, name: str) -> None:
        """Its commits stay readable by their ids."""
        async with self._database.begin() as connection:
            await _head(connection, dataset_id, name)
            default = select(dataset.c.default_branch).where(dataset.c.id == dataset_id)
            if (await connection.execute(default)).scalar_one() == name:
                raise ForbiddenError(f'Branch "{name}" is the default branch of the dataset and cannot be deleted.')
            number = await _open_number(connection, dataset_id, name)
            if number is not None:
                raise ForbiddenError(f'Branch "{name}" has open draft {number}: commit or close it first.')
            await connection.execute(delete(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name))

    async def list_tags(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[TagRow]:
        """By name; `name` is an exact filter."""
        rows = await self._page(dataset_id, _named(tag, dataset_id, name), offset, limit)
        return Listing([TagRow(row[0], row[1], CommitRow(*row[2:])) for row in rows.items], rows.total)

    async def create_tag(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("tag", name)
        async with self._database.begin() as connection:
            commit_id = await _resolve_for(connection, dataset_id, revision, f'tag "{name}"')
            await _insert_tag(connection, dataset_id, name, commit_id)

    async def delete_tag(self, dataset_id: str, name: str) -> None:
        async with self._database.begin() as connection:
            statement = delete(tag).where(tag.c.dataset_id == dataset_id, tag.c.name == name)
            if not (await connection.execute(statement)).rowcount:
                raise not_found("tag", name, await _names(connection, tag, dataset_id))

    # --------------------------------------------------------------------------------------------------------

    async def _flush_draft(self, dataset_id: str, number: int) -> None:
        async with self._database.connect() as connection:
            state = await open_draft(connection, dataset_id, number)
        await self._flusher.flush_all(state.content_id)

    async def _page(self, dataset_id: str, query: Select[Any], offset: int, limit: int) -> Listing[Any]:
        async with self._database.connect() as connection:
            total = (await connection.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
            rows = (await connection.execute(query.offset(offset).limit(limit))).all()
            if not total:
                await require_dataset(connection, dataset_id)
        return Listing([*rows], total)


async def _head(connection: AsyncConnection, dataset_id: str, name: str) -> str:
    """Locked until the transaction ends."""
    query = select(branch.c.commit_id).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    head = (await connection.execute(query.with_for_update())).scalar_one_or_none()
    if head is None:
        await require_dataset(connection, dataset_id)
        raise not_found("branch", name, await _names(connection, branch, dataset_id))
    return str(head)


async def _names(connection: AsyncConnection, table: Table, dataset_id: str) -> list[str]:
    query = select(table.c.name).where(table.c.dataset_id == dataset_id).order_by(table.c.name).limit(1000)
    return [*(await connection.execute(query)).scalars()]


async def _open_number(connection: AsyncConnection, dataset_id: str, name: str) -> int | None:
    query = select(draft.c.number).where(
        draft.c.dataset_id == dataset_id, draft.c.branch == name, draft.c.status == OPEN
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def _refuse_second_draft(connection: AsyncConnection, dataset_id: str, name: str) -> None:
    number = await _open_number(connection, dataset_id, name)
    if number is not None:
        raise InvalidParamsError(
            f'Branch "{name}" has open draft {number} already: use it, or commit or close it first.'
        )


async def _copy_content(connection: AsyncConnection, dataset_id: str, commit_id: str) -> int:
    source_id = await content_of(connection, dataset_id, CommitRef(commit_id))
    query = select(content.c.catalog, content.c.notes).where(content.c.id == source_id)
    row = (await connection.execute(query)).one_or_none()
    catalog, notes = row if row is not None else (b"{}", "{}")
    new = insert(content).values(dataset_id=dataset_id, catalog=catalog, notes=notes).returning(content.c.id)
    content_id = int((await connection.execute(new)).scalar_one())
    copied = [segment.c.name, segment.c.description, segment.c.sensors, segment.c.tree]
    segments = select(literal(content_id, Integer), *copied).where(segment.c.content_id == source_id)
    await connection.execute(insert(segment).from_select(["content_id", *(column.name for column in copied)], segments))
    return content_id


async def _has_runs(connection: AsyncConnection, content_id: int) -> bool:
    query = select(run.c.id).where(run.c.content_id == content_id).limit(1)
    return (await connection.execute(query)).first() is not None


async def _insert_commit(connection: AsyncConnection, dataset_id: str, row: CommitRow, content_id: int) -> None:
    heights = select(commit.c.height).where(commit.c.id == row.parent_id)
    height = (await connection.execute(heights)).scalar() or 0
    await connection.execute(
        insert(commit).values(
            id=row.commit_id,
            dataset_id=dataset_id,
            parent_id=row.parent_id,
            height=height + 1,
            content_id=content_id,
            title=row.title,
            description=row.description,
            committer=row.committer,
            created=row.created,
        )
    )


async def _insert_tag(connection: AsyncConnection, dataset_id: str, name: str, commit_id: str) -> None:
    try:
        await connection.execute(insert(tag).values(dataset_id=dataset_id, name=name, commit_id=commit_id))
    except IntegrityError:
        raise NameConflictError(resource="tag", identification=name) from None


def _update_draft(dataset_id: str, number: int) -> Any:
    return update(draft).where(draft.c.dataset_id == dataset_id, draft.c.number == number)


def _update_branch(dataset_id: str, name: str, commit_id: str) -> Any:
    statement = update(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    return statement.values(commit_id=commit_id)


async def _resolve(connection: AsyncConnection, dataset_id: str, revision: str) -> str:
    for table in (branch, tag):
        query = select(table.c.commit_id).where(table.c.dataset_id == dataset_id, table.c.name == revision)
        found = (await connection.execute(query)).scalar_one_or_none()
        if found is not None:
            return str(found)
    query = select(commit.c.id).where(commit.c.dataset_id == dataset_id, commit.c.id == revision)
    if (await connection.execute(query)).first() is not None:
        return revision
    await require_dataset(connection, dataset_id)
    if revision == ROOT_COMMIT_ID:
        return revision
    names = [*await _names(connection, branch, dataset_id), *await _names(connection, tag, dataset_id)]
    raise not_found("revision", revision, names)


async def _resolve_for(connection: AsyncConnection, dataset_id: str, revision: str, what: str) -> str:
    commit_id = await _resolve(connection, dataset_id, revision)
    if commit_id == ROOT_COMMIT_ID:
        raise ForbiddenError(f'Nothing has been committed at "{revision}" yet: commit first, then create {what}.')
    return commit_id


def _walk(start: str, offset: int, limit: int) -> Select[Any]:
    walk = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == start).cte(recursive=True)
    step = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == walk.c.parent_id)
    walk = walk.union_all(step)
    query = select(*_commit_columns).join(walk, walk.c.id == commit.c.id)
    return query.order_by(walk.c.height.desc()).offset(offset).limit(limit)


def _named(table: Table, dataset_id: str, name: str | None) -> Select[Any]:
    condition: ColumnElement[bool] = table.c.dataset_id == dataset_id
    if name is not None:
        condition &= table.c.name == name
    joined = table.outerjoin(commit, commit.c.id == table.c.commit_id)
    columns = (table.c.name.label("name"), table.c.commit_id.label("target"), *_commit_columns)
    return select(*columns).select_from(joined).where(condition).order_by(table.c.name)


def _commit_row(values: Any) -> CommitRow | None:
    return None if values[0] is None else CommitRow(*values)
