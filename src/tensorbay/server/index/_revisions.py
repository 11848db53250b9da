"""Ways from the name of a branch, a tag or a commit to the commit it means.

All take a connection inside a transaction of the caller's, or make a query for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from tensorbay.exception import ForbiddenError
from tensorbay.server.database import branch, commit, tag
from tensorbay.server.index._access import list_rows, require_dataset
from tensorbay.server.index._names import not_found
from tensorbay.server.index._values import ROOT_COMMIT_ID, Listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import CTE, ColumnElement, Connection, Select, Table

    from tensorbay.server.database import Database
    from tensorbay.server.index._flush import Flusher

T = TypeVar("T")

commit_columns = (
    commit.c.id,
    commit.c.parent_id,
    commit.c.title,
    commit.c.description,
    commit.c.committer,
    commit.c.created,
)
"""Those of a `CommitRow`."""


class VersionBase:
    def __init__(self, database: Database, flusher: Flusher) -> None:
        self._database = database
        self._flusher = flusher

    async def _list(
        self, dataset_id: str, query: Select[Any], make: Callable[..., T], offset: int, limit: int
    ) -> Listing[T]:
        def read(connection: Connection) -> Listing[T]:
            rows = list_rows(connection, query, make, offset, limit)
            if not rows.total:
                require_dataset(connection, dataset_id)
            return rows

        return await self._database.read(read)


def head_of(connection: Connection, dataset_id: str, name: str) -> str:
    """The commit of a branch, locked until the transaction ends."""
    query = select(branch.c.commit_id).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    head = connection.execute(query.with_for_update()).scalar_one_or_none()
    if head is None:
        require_dataset(connection, dataset_id)
        raise not_found("branch", name, names_of(connection, branch, dataset_id))
    return str(head)


def names_of(connection: Connection, table: Table, dataset_id: str) -> list[str]:
    query = select(table.c.name).where(table.c.dataset_id == dataset_id).order_by(table.c.name).limit(1000)
    return [*connection.execute(query).scalars()]


def resolve(connection: Connection, dataset_id: str, revision: str) -> str:
    """On a clash of names a branch goes before a tag before an id."""
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
    names = [*names_of(connection, branch, dataset_id), *names_of(connection, tag, dataset_id)]
    raise not_found("revision", revision, names)


def resolve_committed(connection: Connection, dataset_id: str, revision: str, what: str) -> str:
    """ForbiddenError at the root: `what` was to be created there."""
    commit_id = resolve(connection, dataset_id, revision)
    if commit_id == ROOT_COMMIT_ID:
        raise ForbiddenError(f'Nothing has been committed at "{revision}" yet: commit first, then create {what}.')
    return commit_id


def ancestors(start: str) -> CTE:
    """The commit and those before it."""
    walk = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == start).cte(recursive=True)
    step = select(commit.c.id, commit.c.parent_id, commit.c.height).where(commit.c.id == walk.c.parent_id)
    return walk.union_all(step)


def pointers(table: Table, dataset_id: str, name: str | None) -> Select[Any]:
    """Branches or tags by name, with the commits that they point at; nulls for the root."""
    condition: ColumnElement[bool] = table.c.dataset_id == dataset_id
    if name is not None:
        condition &= table.c.name == name
    joined = table.outerjoin(commit, commit.c.id == table.c.commit_id)
    columns = (table.c.name.label("name"), table.c.commit_id.label("target"), *commit_columns)
    return select(*columns).select_from(joined).where(condition).order_by(table.c.name)
