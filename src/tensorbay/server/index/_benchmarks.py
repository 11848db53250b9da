from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from tensorbay.exception import NameConflictError
from tensorbay.server.database import benchmark, evaluation, job
from tensorbay.server.index._access import list_rows
from tensorbay.server.index._jobs import JobRow, insert_job
from tensorbay.server.index._names import check_name, not_found

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tensorbay.server.database import Database
    from tensorbay.server.index._values import Listing

EVALUATION = "evaluation"  # a type of jobs

Ids = list[str]  # `list` is a method below


class BenchmarkRow(msgspec.Struct, frozen=True):
    id: str
    name: str
    dataset_id: str  # of the ground truth
    commit_id: str
    categories: str | None  # JSON; null: those that the ground truth has
    iou_threshold: float


_columns = [benchmark.c[name] for name in BenchmarkRow.__struct_fields__]
_job_columns = [job.c[name] for name in JobRow.__struct_fields__]


class Benchmarks:
    """What predictions are measured by, and the evaluations: jobs of the datasets that hold the predictions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        team_id: str,
        name: str,
        *,
        dataset_id: str,
        commit_id: str,
        categories: str | None,
        iou_threshold: float,
    ) -> BenchmarkRow:
        """Raises NameConflictError where the team has a benchmark of that name."""
        check_name("benchmark", name)
        row = BenchmarkRow(uuid.uuid4().hex, name, dataset_id, commit_id, categories, iou_threshold)
        statement = insert(benchmark).values(**msgspec.structs.asdict(row), team_id=team_id, created=time.time())
        try:
            await self._database.write(lambda connection: connection.execute(statement))
        except IntegrityError:
            raise NameConflictError(resource="benchmark", identification=name) from None
        return row

    async def list(
        self, team_id: str, *, name: str | None = None, offset: int = 0, limit: int = 128
    ) -> Listing[BenchmarkRow]:
        """By name, in code-point order."""
        query = select(*_columns).where(benchmark.c.team_id == team_id).order_by(benchmark.c.name)
        if name is not None:
            query = query.where(benchmark.c.name == name)
        return await self._database.read(lambda connection: list_rows(connection, query, BenchmarkRow, offset, limit))

    async def get(self, team_id: str, benchmark_id: str) -> BenchmarkRow:
        """Raises ResourceNotExistError, for a benchmark of another team too."""
        return await self._database.read(lambda connection: _get(connection, team_id, benchmark_id))

    async def delete(self, team_id: str, benchmark_id: str) -> Ids:
        """With its evaluations, whose ids are given: whoever works on one notices."""

        def transaction(connection: Connection) -> Ids:
            _get(connection, team_id, benchmark_id, exclusive=True)
            query = select(evaluation.c.job_id).where(evaluation.c.benchmark_id == benchmark_id)
            ids = [*connection.execute(query).scalars()]
            connection.execute(delete(job).where(job.c.id.in_(query)))
            connection.execute(delete(benchmark).where(benchmark.c.id == benchmark_id))
            return ids

        return await self._database.write(transaction)

    async def evaluate(
        self, team_id: str, benchmark_id: str, dataset_id: str, *, arguments: str, author: str
    ) -> JobRow:
        """A new job; `dataset_id` holds the predictions."""

        def transaction(connection: Connection) -> JobRow:
            row = _get(connection, team_id, benchmark_id, exclusive=True)
            made = insert_job(
                connection,
                dataset_id,
                type_=EVALUATION,
                title=row.name,
                description="",
                arguments=arguments,
                author=author,
            )
            connection.execute(insert(evaluation).values(job_id=made.id, benchmark_id=benchmark_id))
            return made

        return await self._database.write(transaction)

    async def list_evaluations(self, benchmark_id: str, *, offset: int = 0, limit: int = 128) -> Listing[JobRow]:
        """Newest first."""
        query = select(*_job_columns).join(evaluation).where(evaluation.c.benchmark_id == benchmark_id)
        query = query.order_by(job.c.created.desc(), job.c.id)
        return await self._database.read(lambda connection: list_rows(connection, query, JobRow, offset, limit))

    async def get_evaluation(self, benchmark_id: str, evaluation_id: str) -> JobRow:
        query = select(*_job_columns).join(evaluation)
        query = query.where(evaluation.c.benchmark_id == benchmark_id, evaluation.c.job_id == evaluation_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise not_found("evaluation", evaluation_id)
        return JobRow(*row)


def _get(connection: Connection, team_id: str, benchmark_id: str, *, exclusive: bool = False) -> BenchmarkRow:
    """With `exclusive` locked until the transaction ends: no evaluation begins while a benchmark goes."""
    query = select(*_columns).where(benchmark.c.team_id == team_id, benchmark.c.id == benchmark_id)
    row = connection.execute(query.with_for_update() if exclusive else query).one_or_none()
    if row is None:
        raise not_found("benchmark", benchmark_id)
    return BenchmarkRow(*row)
