from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import delete, insert, or_, select, true, update

from tensorbay.exception import ForbiddenError
from tensorbay.server.database import job
from tensorbay.server.index._access import list_rows, require_dataset
from tensorbay.server.index._names import check_text, not_found

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from tensorbay.server.database import Database
    from tensorbay.server.index._values import Listing

QUEUING = "QUEUING"
PROCESSING = "PROCESSING"
SUCCESS = "SUCCESS"
FAILED = "FAILED"
ABORTED = "ABORTED"


class JobRow(msgspec.Struct, frozen=True):
    id: str
    dataset_id: str
    type: str
    title: str
    description: str
    arguments: str  # JSON
    author: str
    status: str
    created: float
    started: float | None
    finished: float | None
    error: str
    result: str | None  # JSON
    progress: str | None  # what a worker left, for the next one to clear away or to go on with

    @property
    def is_running(self) -> bool:
        """Or about to."""
        return self.status in (QUEUING, PROCESSING)


_columns = [job.c[name] for name in JobRow.__struct_fields__]


class Jobs:
    """Work that outlives a request. Whoever works on a job leases it; after that time it is anybody's again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- for those who ask ------------------------------------------------------------------------------------

    async def create(
        self,
        dataset_id: str,
        *,
        type_: str,
        title: str,
        description: str,
        arguments: str,
        author: str,
    ) -> JobRow:
        return await self._database.write(
            lambda connection: insert_job(
                connection,
                dataset_id,
                type_=type_,
                title=title,
                description=description,
                arguments=arguments,
                author=author,
            )
        )

    async def list(
        self,
        dataset_id: str,
        *,
        type_: str,
        status: str | None = None,
        offset: int = 0,
        limit: int = 128,
    ) -> Listing[JobRow]:
        """Newest first."""
        condition = (job.c.dataset_id == dataset_id) & (job.c.type == type_)
        if status is not None:
            condition &= job.c.status == status
        query = select(*_columns).where(condition).order_by(job.c.created.desc(), job.c.id)
        return await self._database.read(lambda connection: list_rows(connection, query, JobRow, offset, limit))

    async def find(self, job_id: str) -> JobRow:
        return await self._database.read(lambda connection: _get(connection, job.c.id == job_id, job_id))

    async def get(self, dataset_id: str, type_: str, job_id: str) -> JobRow:
        condition = _of(dataset_id, type_, job_id)
        return await self._database.read(lambda connection: _get(connection, condition, job_id))

    async def delete(self, dataset_id: str, type_: str, job_id: str) -> JobRow:
        """Whoever works on it notices."""

        def transaction(connection: Connection) -> JobRow:
            row = _get(connection, _of(dataset_id, type_, job_id), job_id)
            connection.execute(delete(job).where(job.c.id == job_id))
            return row

        return await self._database.write(transaction)

    async def abort(self, dataset_id: str, type_: str, job_id: str) -> None:
        def transaction(connection: Connection) -> None:
            row = _get(connection, _of(dataset_id, type_, job_id), job_id)
            if row.status not in (QUEUING, PROCESSING):
                raise ForbiddenError(f"Job {job_id} has ended ({row.status}): there is nothing to abort.")
            values = {"status": ABORTED, "finished": time.time(), "owner": None}
            connection.execute(update(job).where(job.c.id == job_id).values(values))

        await self._database.write(transaction)

    async def retry(self, dataset_id: str, type_: str, job_id: str) -> None:
        def transaction(connection: Connection) -> None:
            row = _get(connection, _of(dataset_id, type_, job_id), job_id)
            if row.status not in (ABORTED, FAILED):
                raise ForbiddenError(f"Job {job_id} is {row.status}: only an aborted or failed one is tried again.")
            values = {"status": PROCESSING, "started": None, "finished": None, "error": "", "owner": None, "lease": 0.0}
            connection.execute(update(job).where(job.c.id == job_id).values(values))

        await self._database.write(transaction)

    # --- for those who work -----------------------------------------------------------------------------------

    async def claim(self, owner: str, *, lease: float, types: Collection[str] | None = None) -> JobRow | None:
        """The oldest job, of one of the `types` or of any, that nobody works on, for `lease` seconds."""
        is_wanted = true() if types is None else job.c.type.in_(types)

        def transaction(connection: Connection) -> JobRow | None:
            now = time.time()
            is_free = or_(job.c.status == QUEUING, (job.c.status == PROCESSING) & (job.c.lease < now))
            query = select(*_columns).where(is_free, is_wanted).order_by(job.c.created).limit(1)
            row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            values = {"status": PROCESSING, "started": row.started or now, "owner": owner, "lease": now + lease}
            connection.execute(update(job).where(job.c.id == row.id).values(values))
            return msgspec.structs.replace(JobRow(*row), status=PROCESSING)

        # Nothing to do is the rule, and no reason for a write transaction.
        is_unfinished = job.c.status.in_([QUEUING, PROCESSING])
        unfinished = select(job.c.id).where(is_unfinished, is_wanted).limit(1)
        if await self._database.read(lambda connection: connection.execute(unfinished).first()) is None:
            return None
        return await self._database.write(transaction)

    async def renew(self, job_id: str, owner: str, *, lease: float) -> bool:
        """False when the job is no longer the owner's."""
        return await self._update(job_id, owner, {"lease": time.time() + lease})

    async def release(self, owner: str) -> None:
        """What the owner has not ended is anybody's at once."""
        statement = update(job).where(job.c.owner == owner, job.c.status == PROCESSING).values(lease=0.0)
        await self._database.write(lambda connection: connection.execute(statement))

    async def note(self, job_id: str, owner: str, progress: str) -> bool:
        return await self._update(job_id, owner, {"progress": progress})

    async def finish(
        self, job_id: str, owner: str, *, result: str | None = None, error: str = "", progress: str | None = None
    ) -> bool:
        """With a result it is a success. `progress` is for whoever tries again."""
        values = {
            "status": FAILED if result is None else SUCCESS,
            "result": result,
            "error": error,
            "progress": progress,
            "finished": time.time(),
            "owner": None,
        }
        return await self._update(job_id, owner, values)

    async def _update(self, job_id: str, owner: str, values: dict[str, Any]) -> bool:
        statement = update(job).where(job.c.id == job_id, job.c.owner == owner, job.c.status == PROCESSING)
        return bool(await self._database.write(lambda c: c.execute(statement.values(values)).rowcount))


def insert_job(
    connection: Connection,
    dataset_id: str,
    *,
    type_: str,
    title: str,
    description: str,
    arguments: str,
    author: str,
) -> JobRow:
    check_text("title", title)
    check_text("description", description)
    require_dataset(connection, dataset_id)
    row = JobRow(
        id=uuid.uuid4().hex,
        dataset_id=dataset_id,
        type=type_,
        title=title,
        description=description,
        arguments=arguments,
        author=author,
        status=QUEUING,
        created=time.time(),
        started=None,
        finished=None,
        error="",
        result=None,
        progress=None,
    )
    connection.execute(insert(job).values(**msgspec.structs.asdict(row), owner=None, lease=0.0))
    return row


def _of(dataset_id: str, type_: str, job_id: str) -> ColumnElement[bool]:
    return (job.c.dataset_id == dataset_id) & (job.c.type == type_) & (job.c.id == job_id)


def _get(connection: Connection, condition: ColumnElement[bool], job_id: str) -> JobRow:
    row = connection.execute(select(*_columns).where(condition)).one_or_none()
    if row is None:
        raise not_found("job", job_id)
    return JobRow(*row)
