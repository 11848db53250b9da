from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from tensorbay.exception import ForbiddenError, ResourceNotExistError, ResponseError
from tensorbay.server.index import EVALUATION
from tensorbay.server.jobs._evaluate import EvaluationArguments, evaluate
from tensorbay.server.jobs._filters import SearchArguments
from tensorbay.server.jobs._merge import MergeArguments, merge
from tensorbay.server.jobs._search import KEPT_RESULTS, search
from tensorbay.wire import decode, encode

if TYPE_CHECKING:
    from tensorbay.server.index import Index, JobRow

__all__ = ["SearchResult", "Worker"]

logger = logging.getLogger("tensorbay.server")

LEASE = 30.0  # seconds; renewed three times as often
_IDLE = 30.0  # seconds between looks for jobs whose server has died


class SearchResult(msgspec.Struct, frozen=True, rename="camel"):
    search_result_id: str
    search_result_commit_id: str


class _Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job has made that goes away if the job does not succeed."""

    draft: int | None = None
    result: str | None = None


class Worker:
    """Works on the jobs of all servers that share the database, one at a time."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._owner = uuid.uuid4().hex
        self._more = anyio.Event()
        self._running: tuple[str, anyio.CancelScope] | None = None
        # No task group: servers are opened and closed by different tasks.
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tensorbay jobs")

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            await self._index.jobs.release(self._owner)

    def wake(self) -> None:
        """There is a job."""
        self._more.set()

    def stop(self, job_id: str) -> None:
        """The job is not wanted any more. Other servers find out when they renew their lease."""
        if self._running is not None and self._running[0] == job_id:
            self._running[1].cancel()

    async def _run(self) -> None:
        while True:
            self._more = anyio.Event()
            try:
                job = await self._index.jobs.claim(self._owner, lease=LEASE)
                if job is not None:
                    await self._work(job)
                    continue
            except Exception:
                logger.exception("looking for jobs failed")
            with anyio.move_on_after(_IDLE):
                await self._more.wait()

    async def _work(self, job: JobRow) -> None:
        attempt = _Attempt(self._index, job, self._owner)
        await attempt.clear(job.progress)  # of the last one
        result, error, is_stopped = None, "", True
        async with anyio.create_task_group() as group:
            self._running = (job.id, group.cancel_scope)
            group.start_soon(self._keep_lease, job, group.cancel_scope)
            try:
                result = await attempt.run()
            except ResponseError as failure:
                error = str(failure)
            except Exception:
                logger.exception("job %s failed", job.id)
                error = "The server failed; its log tells why."
            is_stopped = False
            group.cancel_scope.cancel()
        self._running = None
        is_kept = not is_stopped and await self._index.jobs.finish(job.id, self._owner, result=result, error=error)
        if not is_kept or result is None:
            await attempt.clear(attempt.progress)

    async def _keep_lease(self, job: JobRow, scope: anyio.CancelScope) -> None:
        while await self._index.jobs.renew(job.id, self._owner, lease=LEASE):  # noqa: ASYNC110  (a heartbeat)
            await anyio.sleep(LEASE / 3)
        scope.cancel()


class _Attempt:
    def __init__(self, index: Index, job: JobRow, owner: str) -> None:
        self._index = index
        self._job = job
        self._owner = owner
        self.progress: str | None = None

    async def run(self) -> str:
        """The result, in JSON."""
        if self._job.type == EVALUATION:
            return encode(await self._evaluate()).decode()
        is_search = self._job.type == "basicSearch"
        result = await self._search() if is_search else await self._merge()
        return encode(result).decode()

    async def _evaluate(self) -> dict[str, Any]:
        arguments = decode(self._job.arguments.encode(), EvaluationArguments)
        return await evaluate(self._index, self._job.dataset_id, arguments)

    async def _merge(self) -> dict[str, int]:
        arguments = decode(self._job.arguments.encode(), MergeArguments)
        draft = await self._index.versions.create_draft(
            self._job.dataset_id,
            branch=arguments.target_branch_name,
            title=arguments.title,
            description=arguments.description,
            author=self._job.author,
        )
        await self._note(_Progress(draft=draft))
        await merge(self._index, self._job.dataset_id, draft, arguments)
        return {"draftNumber": draft}

    async def _search(self) -> SearchResult:
        arguments = decode(self._job.arguments.encode(), SearchArguments)
        datasets = self._index.datasets
        source = await datasets.get_any(self._job.dataset_id)
        made = await datasets.create_result(source, uuid.uuid4().hex)
        await self._note(_Progress(result=made.id))
        commit_id = await search(self._index, source, made, arguments, self._job.author)
        await datasets.keep_results(source.id, KEPT_RESULTS)
        return SearchResult(made.id, commit_id)

    async def _note(self, progress: _Progress) -> None:
        self.progress = encode(progress).decode()
        await self._index.jobs.note(self._job.id, self._owner, self.progress)

    async def clear(self, progress: str | None) -> None:
        if progress is None:
            return
        made = decode(progress.encode(), _Progress)
        if made.result is not None:
            await self._index.datasets.delete_result(self._job.dataset_id, made.result)
        if made.draft is not None:
            with suppress(ForbiddenError, ResourceNotExistError):  # somebody closed it, or the dataset is gone
                await self._index.versions.close_draft(self._job.dataset_id, made.draft)
