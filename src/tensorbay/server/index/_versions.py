from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, insert, literal, select, update

from tensorbay.exception import ForbiddenError, InvalidParamsError, NameConflictError
from tensorbay.server.database import branch, commit, content, dataset, draft, run, segment, tag, upsert_rows
from tensorbay.server.index._access import (
    CLOSED,
    COMMITTED,
    OPEN,
    content_of,
    list_rows,
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
    from collections.abc import Callable

    from sqlalchemy import CTE, ColumnElement, Connection, Select, Table

    from tensorbay.server.database import Database
    from tensorbay.server.index._flush import Flusher

T = TypeVar("T")

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

        def transaction(connection: Connection) -> int:
            head = _head(connection, dataset_id, branch)
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
            connection.execute(_update_draft(dataset_id, number).values(values))

        await self._database.write(transaction)

    async def close_draft(self, dataset_id: str, number: int) -> None:
        """Its changes are gone; it stays listed as closed."""

        def transaction(connection: Connection) -> None:
            state = open_draft(connection, dataset_id, number, exclusive=True)
            values = {"status": CLOSED, "content_id": None, "updated": time.time()}
            connection.execute(_update_draft(dataset_id, number).values(values))
            connection.execute(delete(content).where(content.c.id == state.content_id))

        await self._database.write(transaction)

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

        def transaction(connection: Connection) -> CommitRow | None:
            state = open_draft(connection, dataset_id, number, exclusive=True)
            if _has_runs(connection, state.content_id):
                return None  # posted since the flush
            head = _head(connection, dataset_id, state.branch)
            if head != state.parent_id:
                raise ForbiddenError(
                    f'Draft {number} was made at commit {state.parent_id} and branch "{state.branch}" has moved to '
                    f"{head} since: create a new draft on the branch and bring the changes there."
                )
            row = CommitRow(uuid.uuid4().hex, head, title, description, committer, time.time())
            _insert_commit(connection, dataset_id, row, state.content_id)
            if tag is not None:
                _insert_tag(connection, dataset_id, tag, row.commit_id)
            connection.execute(_update_branch(dataset_id, state.branch, row.commit_id))
            values = {"status": COMMITTED, "updated": row.created}
            connection.execute(_update_draft(dataset_id, number).values(values))
            changed = update(dataset).where(dataset.c.id == dataset_id)
            connection.execute(changed.values(updated=int(row.created)))
            return row

        row = None
        while row is None:
            draft = await self._database.read(lambda connection: open_draft(connection, dataset_id, number))
            await self._flusher.flush_all(draft.content_id)
            row = await self._database.write(transaction)
        return row

    async def resolve(self, dataset_id: str, revision: str) -> str:
        """The id of the commit that a branch, a tag or a commit id (in this order) names."""
        return await self._database.read(lambda connection: _resolve(connection, dataset_id, revision))

    async def get_commit(self, dataset_id: str, commit_id: str) -> CommitRow:
        query = select(*_commit_columns).where(commit.c.dataset_id == dataset_id, commit.c.id == commit_id)
        rows = await self._list(dataset_id, query, CommitRow, 0, 1)
        if not rows.items:
            raise not_found("commit", commit_id)
        return rows.items[0]

    async def common_ancestor(self, dataset_id: str, commit_id: str, other_id: str) -> str:
        """The newest commit that both come from, or are; the root where their histories have none in common."""
        ours, theirs = _ancestors(commit_id), _ancestors(other_id)
        query = select(ours.c.id).join(theirs, theirs.c.id == ours.c.id).order_by(ours.c.height.desc()).limit(1)
        return str(await self._database.read(lambda c: c.execute(query).scalar()) or ROOT_COMMIT_ID)

    async def list_commits(
        self, dataset_id: str, revision: str, *, offset: int = 0, limit: int = 128
    ) -> Listing[CommitRow]:
        """The commit of the revision and those before it, newest first, without the root."""

        def query(connection: Connection) -> Listing[CommitRow]:
            start = _resolve(connection, dataset_id, revision)
            total = connection.execute(select(commit.c.height).where(commit.c.id == start)).scalar() or 0
            rows = connection.execute(_walk(start, offset, limit))
            return Listing([CommitRow(*row) for row in rows], total)

        return await self._database.read(query)

    # --- branches and tags ----------------------------------------------------------------------------------

    async def list_branches(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[BranchRow]:
        """By name; `name` is an exact filter."""
        return await self._list(dataset_id, _named(branch, dataset_id, name), _branch_row, offset, limit)

    async def require_branch(self, dataset_id: str, name: str) -> None:
        await self._database.read(lambda connection: _head(connection, dataset_id, name))

    async def create_branch(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("branch", name)

        def transaction(connection: Connection) -> None:
            commit_id = _resolve_for(connection, dataset_id, revision, f'branch "{name}"')
            row = {"dataset_id": dataset_id, "name": name, "commit_id": commit_id}
            if not upsert_rows(connection, branch, row):
                raise NameConflictError(resource="branch", identification=name)

        await self._database.write(transaction)

    async def delete_branch(self, dataset_id: str, name: str) -> None:
        """Its commits stay readable by their ids."""

        def transaction(connection: Connection) -> None:
            _head(connection, dataset_id, name)
            default = select(dataset.c.default_branch).where(dataset.c.id == dataset_id)
            if connection.execute(default).scalar_one() == name:
                raise ForbiddenError(f'Branch "{name}" is the default branch of the dataset and cannot be deleted.')
            number = _open_number(connection, dataset_id, name)
            if number is not None:
                raise ForbiddenError(f'Branch "{name}" has open draft {number}: commit or close it first.')
            connection.execute(delete(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name))

        await self._database.write(transaction)

    async def list_tags(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[TagRow]:
        """By name; `name` is an exact filter."""
        return await self._list(dataset_id, _named(tag, dataset_id, name), _tag_row, offset, limit)

    async def create_tag(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("tag", name)

        def transaction(connection: Connection) -> None:
            commit_id = _resolve_for(connection, dataset_id, revision, f'tag "{name}"')
            _insert_tag(connection, dataset_id, name, commit_id)

        await self._database.write(transaction)

    async def delete_tag(self, dataset_id: str, name: str) -> None:
        def transaction(connection: Connection) -> None:
            statement = delete(tag).where(tag.c.dataset_id == dataset_id, tag.c.name == name)
            if not connection.execute(statement).rowcount:
                require_dataset(connection, dataset_id)
                raise not_found("tag", name, _names(connection, tag, dataset_id))

        await self._database.write(transaction)

    async def _list(
        self, dataset_id: str, query: Select[Any], make: Callable[..., T], offset: int, limit: int
    ) -> Listing[T]:
        def read(connection: Connection) -> Listing[T]:
            rows = list_rows(connection, query, make, offset, limit)
            if not rows.total:
                require_dataset(connection, dataset_id)
            return rows

        return await self._database.read(read)


def _head(connection: Connection, dataset_id: str, name: str) -> str:
    """Locked until the transaction ends."""
    query = select(branch.c.commit_id).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    head = connection.execute(query.with_for_update()).scalar_one_or_none()
    if head is None:
        require_dataset(connection, dataset_id)
        raise not_found("branch", name, _names(connection, branch, dataset_id))
    return str(head)


def _names(connection: Connection, table: Table, dataset_id: str) -> list[str]:
    query = select(table.c.name).where(table.c.dataset_id == dataset_id).order_by(table.c.name).limit(1000)
    return [*connection.execute(query).scalars()]


def _open_number(connection: Connection, dataset_id: str, name: str) -> int | None:
    query = select(draft.c.number).where(
        draft.c.dataset_id == dataset_id, draft.c.branch == name, draft.c.status == OPEN
    )
    return connection.execute(query).scalar_one_or_none()


def _refuse_second_draft(connection: Connection, dataset_id: str, name: str) -> None:
    number = _open_number(connection, dataset_id, name)
    if number is not None:
        raise InvalidParamsError(
            f'Branch "{name}" has open draft {number} already: use it, or commit or close it first.'
        )


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


def _has_runs(connection: Connection, content_id: int) -> bool:
    query = select(run.c.id).where(run.c.content_id == content_id).limit(1)
    return connection.execute(query).first() is not None


def _insert_commit(connection: Connection, dataset_id: str, row: CommitRow, content_id: int) -> None:
    heights = select(commit.c.height).where(commit.c.id == row.parent_id)
    height = connection.execute(heights).scalar() or 0
    connection.execute(
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


def _insert_tag(connection: Connection, dataset_id: str, name: str, commit_id: str) -> None:
    if not upsert_rows(connection, tag, {"dataset_id": dataset_id, "name": name, "commit_id": commit_id}):
        raise NameConflictError(resource="tag", identification=name)


def _update_draft(dataset_id: str, number: int) -> Any:
    return update(draft).where(draft.c.dataset_id == dataset_id, draft.c.number == number)


def _update_branch(dataset_id: str, name: str, commit_id: str) -> Any:
    statement = update(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    return statement.values(commit_id=commit_id)


def _resolve(connection: Connection, dataset_id: str, revision: str) -> str:
    for table in (branch, tag):
        query = select(table.c.commit_id).where(table.c.dataset_id == dataset_id, table.c.name == revision)
        found = connection.execute(query).scalar_one_or_none()
        if found is not None:
            return str(found)
    query = select(commit.c.id).where(commit.c.dataset_id == dataset_id, commit.c.id == revision)
    if connection.execute(query).first() is not None:
        return revision
    require_dataset(connection, dataset_id)
    if revision == ROOT_COMMIT_ID:
        return revision
    names = [*_names(connection, branch, dataset_id), *_names(connection, tag, dataset_id)]
    raise not_found("revision", revision, names)


def _resolve_for(connection: Connection, dataset_id: str, revision: str, what: str) -> str:
    commit_id = _resolve(connection, dataset_id, revision)
    if commit_id == ROOT_COMMIT_ID:
        raise ForbiddenError(f'Nothing has been committed at "{revision}" yet: commit first, then create {what}.')
    return commit_id


def _ancestors(start: str) -> CTE:
    """The commit and those before it."""
    walk = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == start).cte(recursive=True)
    step = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == walk.c.parent_id)
    return walk.union_all(step)


def _walk(start: str, offset: int, limit: int) -> Select[Any]:
    walk = _ancestors(start)
    query = select(*_commit_columns).join(walk, walk.c.id == commit.c.id)
    return query.order_by(walk.c.height.desc()).offset(offset).limit(limit)


def _named(table: Table, dataset_id: str, name: str | None) -> Select[Any]:
    condition: ColumnElement[bool] = table.c.dataset_id == dataset_id
    if name is not None:
        condition &= table.c.name == name
    joined = table.outerjoin(commit, commit.c.id == table.c.commit_id)
    columns = (table.c.name.label("name"), table.c.commit_id.label("target"), *_commit_columns)
    return select(*columns).select_from(joined).where(condition).order_by(table.c.name)


def _branch_row(name: str, commit_id: str, *values: Any) -> BranchRow:
    return BranchRow(name, commit_id, None if values[0] is None else CommitRow(*values))


def _tag_row(name: str, commit_id: str, *values: Any) -> TagRow:
    return TagRow(name, commit_id, CommitRow(*values))


def _drafts(dataset_id: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(*_draft_columns).where(draft.c.dataset_id == dataset_id, *conditions).order_by(draft.c.number)


def _next_number(connection: Connection, dataset_id: str) -> int:
    statement = update(dataset).where(dataset.c.id == dataset_id).returning(dataset.c.draft_count)
    return int(connection.execute(statement.values(draft_count=dataset.c.draft_count + 1)).scalar_one())
