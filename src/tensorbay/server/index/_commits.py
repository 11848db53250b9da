from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from tensorbay.exception import ForbiddenError
from tensorbay.server.database import branch, commit, dataset, run
from tensorbay.server.index._access import COMMITTED, open_draft
from tensorbay.server.index._branches import insert_tag
from tensorbay.server.index._drafts import update_draft
from tensorbay.server.index._names import check_name, check_text, not_found
from tensorbay.server.index._revisions import VersionBase, ancestors, commit_columns, head_of, resolve
from tensorbay.server.index._values import ROOT_COMMIT_ID, CommitRow, Listing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select


class Commits(VersionBase):
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
            head = head_of(connection, dataset_id, state.branch)
            if head != state.parent_id:
                raise ForbiddenError(
                    f'Draft {number} was made at commit {state.parent_id} and branch "{state.branch}" has moved to '
                    f"{head} since: create a new draft on the branch and bring the changes there."
                )
            row = CommitRow(uuid.uuid4().hex, head, title, description, committer, time.time())
            _insert_commit(connection, dataset_id, row, state.content_id)
            if tag is not None:
                insert_tag(connection, dataset_id, tag, row.commit_id)
            connection.execute(_move_branch(dataset_id, state.branch, row.commit_id))
            values = {"status": COMMITTED, "updated": row.created}
            connection.execute(update_draft(dataset_id, number).values(values))
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
        return await self._database.read(lambda connection: resolve(connection, dataset_id, revision))

    async def get_commit(self, dataset_id: str, commit_id: str) -> CommitRow:
        query = select(*commit_columns).where(commit.c.dataset_id == dataset_id, commit.c.id == commit_id)
        rows = await self._list(dataset_id, query, CommitRow, 0, 1)
        if not rows.items:
            raise not_found("commit", commit_id)
        return rows.items[0]

    async def common_ancestor(self, dataset_id: str, commit_id: str, other_id: str) -> str:
        """The newest commit that both come from, or are; the root where their histories have none in common."""
        ours, theirs = ancestors(commit_id), ancestors(other_id)
        query = select(ours.c.id).join(theirs, theirs.c.id == ours.c.id).order_by(ours.c.height.desc()).limit(1)
        return str(await self._database.read(lambda c: c.execute(query).scalar()) or ROOT_COMMIT_ID)

    async def list_commits(
        self, dataset_id: str, revision: str, *, offset: int = 0, limit: int = 128
    ) -> Listing[CommitRow]:
        """The commit of the revision and those before it, newest first, without the root."""

        def query(connection: Connection) -> Listing[CommitRow]:
            start = resolve(connection, dataset_id, revision)
            total = connection.execute(select(commit.c.height).where(commit.c.id == start)).scalar() or 0
            rows = connection.execute(_walk(start, offset, limit))
            return Listing([CommitRow(*row) for row in rows], total)

        return await self._database.read(query)


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


def _move_branch(dataset_id: str, name: str, commit_id: str) -> Any:
    statement = update(branch).where(branch.c.dataset_id == dataset_id, branch.c.name == name)
    return statement.values(commit_id=commit_id)


def _walk(start: str, offset: int, limit: int) -> Select[Any]:
    walk = ancestors(start)
    query = select(*commit_columns).join(walk, walk.c.id == commit.c.id)
    return query.order_by(walk.c.height.desc()).offset(offset).limit(limit)
