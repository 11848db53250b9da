"""Ways from a version to its content, with the errors of those that lead nowhere.

All take a connection inside a transaction of the caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import exists, func, select

from tensorbay.exception import ForbiddenError
from tensorbay.server.database import commit, dataset, dataset_config, draft, run, segment, storage_config, upsert_rows
from tensorbay.server.index._names import not_found
from tensorbay.server.index._values import ROOT_COMMIT_ID, DraftRef, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection, Select

    from tensorbay.exception import ResourceNotExistError
    from tensorbay.server.index._values import Ref

T = TypeVar("T")

OPEN = "OPEN"
CLOSED = "CLOSED"
COMMITTED = "COMMITTED"

_NAMES_SEEN = 1000  # among which the nearby ones are sought


class SegmentState(NamedTuple):
    content_id: int
    tree: bytes | None
    is_pending: bool  # runs wait to be merged into the tree
    is_removing: bool  # and some of them remove entries


class DraftState(NamedTuple):
    content_id: int
    branch: str
    parent_id: str


def require_dataset(connection: Connection, dataset_id: str) -> None:
    if not connection.execute(select(exists().where(dataset.c.id == dataset_id))).scalar_one():
        raise not_found("dataset", dataset_id)


def hold_configs(connection: Connection, config_ids: Collection[str]) -> None:
    """ResourceNotExistError where one was deleted; until the transaction ends none is, nor is its place changed."""
    query = select(storage_config.c.id).where(storage_config.c.id.in_(config_ids)).order_by(storage_config.c.id)
    found = connection.execute(query.with_for_update(read=True)).scalars().all()
    if missing := {*config_ids}.difference(found):
        raise not_found("storage config", min(missing))


def configs_of(connection: Connection, dataset_id: str) -> list[str]:
    """Those that entries and labels of the dataset refer to, in any version."""
    query = select(dataset_config.c.config_id).where(dataset_config.c.dataset_id == dataset_id)
    return [*connection.execute(query).scalars()]


def use_configs(connection: Connection, dataset_id: str, config_ids: Collection[str]) -> None:
    """As `hold_configs`, but of those that the dataset uses already: for as long as it does they stay as they are."""
    if not (new := {*config_ids}.difference(configs_of(connection, dataset_id))):
        return
    hold_configs(connection, new)
    for config_id in sorted(new):
        upsert_rows(connection, dataset_config, {"dataset_id": dataset_id, "config_id": config_id})


def open_draft(connection: Connection, dataset_id: str, number: int, *, exclusive: bool = False) -> DraftState:
    """The draft, locked until the transaction ends: against being closed, or `exclusive` against all other writers."""
    columns = (draft.c.status, draft.c.content_id, draft.c.branch, draft.c.parent_id)
    query = select(*columns).where(draft.c.dataset_id == dataset_id, draft.c.number == number)
    row = connection.execute(query.with_for_update(read=not exclusive)).one_or_none()
    if row is None:
        raise _no_draft(connection, dataset_id, number)
    if row.status != OPEN:
        raise ForbiddenError(
            f'Draft {number} is {row.status.lower()} and cannot change: create a new one on branch "{row.branch}".'
        )
    return DraftState(row.content_id, row.branch, row.parent_id)


def content_of(connection: Connection, dataset_id: str, ref: Ref) -> int | None:
    """None for the root, which has no content."""
    if isinstance(ref, DraftRef):
        query = select(draft.c.content_id, draft.c.status).where(
            draft.c.dataset_id == dataset_id, draft.c.number == ref.number
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise _no_draft(connection, dataset_id, ref.number)
        if row.content_id is None:
            raise ForbiddenError(
                f"Draft {ref.number} is closed and its content is gone: read a commit or an open draft."
            )
        return int(row.content_id)
    if ref.commit_id == ROOT_COMMIT_ID:
        require_dataset(connection, dataset_id)
        return None
    commits = select(commit.c.content_id).where(commit.c.dataset_id == dataset_id, commit.c.id == ref.commit_id)
    content_id = connection.execute(commits).scalar_one_or_none()
    if content_id is None:
        require_dataset(connection, dataset_id)
        raise not_found("commit", ref.commit_id)
    return int(content_id)


def _no_draft(connection: Connection, dataset_id: str, number: int) -> ResourceNotExistError:
    require_dataset(connection, dataset_id)
    query = select(draft.c.number).where(draft.c.dataset_id == dataset_id, draft.c.status == OPEN)
    numbers = connection.execute(query.order_by(draft.c.number).limit(_NAMES_SEEN)).scalars()
    return not_found("draft", number, [str(n) for n in numbers])


def segment_state(connection: Connection, dataset_id: str, ref: Ref, name: str) -> SegmentState:
    content_id = content_of(connection, dataset_id, ref)
    return segment_in(connection, content_id, name)


def segment_in(connection: Connection, content_id: int | None, name: str) -> SegmentState:
    pending = select(func.max(run.c.id)).where(run.c.content_id == content_id, run.c.segment == name)
    query = select(
        segment.c.tree,
        pending.scalar_subquery().is_not(None),
        pending.where(run.c.removes).scalar_subquery().is_not(None),
    ).where(segment.c.content_id == content_id, segment.c.name == name)
    row = connection.execute(query).one_or_none() if content_id is not None else None
    if row is None or content_id is None:
        raise no_segment(connection, content_id, name)
    return SegmentState(content_id, row[0], bool(row[1]), bool(row[2]))


def no_segment(connection: Connection, content_id: int | None, name: str) -> ResourceNotExistError:
    query = select(segment.c.name).where(segment.c.content_id == content_id)
    names = connection.execute(query.order_by(segment.c.name).limit(_NAMES_SEEN)).scalars().all()
    return not_found("segment", name, names)


def list_rows(
    connection: Connection, query: Select[Any], make: Callable[..., T], offset: int, limit: int
) -> Listing[T]:
    """A part of what the query finds, and how much it finds in all."""
    total = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    rows = connection.execute(query.offset(offset).limit(limit))
    return Listing([make(*row) for row in rows], total)
