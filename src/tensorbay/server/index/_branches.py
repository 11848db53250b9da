from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from tensorbay.exception import ForbiddenError, NameConflictError
from tensorbay.server.database import branch, dataset, tag, upsert_rows
from tensorbay.server.index._access import require_dataset
from tensorbay.server.index._drafts import open_number
from tensorbay.server.index._names import check_name, not_found
from tensorbay.server.index._revisions import VersionBase, head_of, names_of, pointers, resolve_committed
from tensorbay.server.index._values import BranchRow, CommitRow, Listing, TagRow

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Branches(VersionBase):
    async def list_branches(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[BranchRow]:
        """By name; `name` is an exact filter."""
        return await self._list(dataset_id, pointers(branch, dataset_id, name), _branch_row, offset, limit)

    async def require_branch(self, dataset_id: str, name: str) -> None:
        await self._database.read(lambda connection: head_of(connection, dataset_id, name))

    async def create_branch(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("branch", name)

        def transaction(connection: Connection) -> None:
            commit_id = resolve_committed(connection, dataset_id, revision, f'branch "{name}"')
            row = {"dataset_id": dataset_id, "name": name, "commit_id": commit_id}
            if not upsert_rows(connection, branch, row):
                raise NameConflictError(resource="branch", identification=name)

        await self._database.write(transaction)

    async def delete_branch(self, dataset_id: str, name: str) -> None:
        """Its commits stay readable by their ids."""

        def transaction(connection: Connection) -> None:
            head_of(connection, dataset_id, name)
            default = select(dataset.c.default_branch).where(dataset.c.id == dataset_id)
            if connection.execute(default).scalar_one() == name:
                raise ForbiddenError(f'Branch "{name}" is the default branch of the dataset and cannot be deleted.')
            number = open_number(connection, dataset_id, name)
            if number is not None:
                raise ForbiddenError(f'Branch "{name}" has open draft {number}: commit or close it first.')
            connection.execute(delete(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name))

        await self._database.write(transaction)

    async def list_tags(
        self, dataset_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[TagRow]:
        """By name; `name` is an exact filter."""
        return await self._list(dataset_id, pointers(tag, dataset_id, name), _tag_row, offset, limit)

    async def create_tag(self, dataset_id: str, name: str, revision: str) -> None:
        check_name("tag", name)

        def transaction(connection: Connection) -> None:
            commit_id = resolve_committed(connection, dataset_id, revision, f'tag "{name}"')
            insert_tag(connection, dataset_id, name, commit_id)

        await self._database.write(transaction)

    async def delete_tag(self, dataset_id: str, name: str) -> None:
        def transaction(connection: Connection) -> None:
            statement = delete(tag).where(tag.c.dataset_id == dataset_id, tag.c.name == name)
            if not connection.execute(statement).rowcount:
                require_dataset(connection, dataset_id)
                raise not_found("tag", name, names_of(connection, tag, dataset_id))

        await self._database.write(transaction)


def insert_tag(connection: Connection, dataset_id: str, name: str, commit_id: str) -> None:
    if not upsert_rows(connection, tag, {"dataset_id": dataset_id, "name": name, "commit_id": commit_id}):
        raise NameConflictError(resource="tag", identification=name)


def _branch_row(name: str, commit_id: str, *values: Any) -> BranchRow:
    return BranchRow(name, commit_id, None if values[0] is None else CommitRow(*values))


def _tag_row(name: str, commit_id: str, *values: Any) -> TagRow:
    return TagRow(name, commit_id, CommitRow(*values))
