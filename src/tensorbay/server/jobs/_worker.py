from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import msgspec

from tensorbay.exception import ForbiddenError, ResourceNotExistError, ResponseError, StorageError
from tensorbay.server.index import EVALUATION
from tensorbay.server.jobs._evaluate import EvaluationArguments, evaluate
from tensorbay.server.jobs._filters import SearchArguments
from tensorbay.server.jobs._merge import MergeArguments, merge
from tensorbay.server.jobs._search import KEPT_RESULTS, search
from tensorbay.server.jobs._verify import Verification, VerifyArguments, verify
from tensorbay.wire import decode, encode

if TYPE_CHECKING:
    from tensorbay.server.index import Index, JobRow
    from tensorbay.server.storages import Storages

__all__ = ["SearchResult", "Worker", "progress_of"]

logger = logging.getLogger("tensorbay.server")

LEASE = 30.0  # seconds; renewed three times as often
_IDLE = 30.0  # seconds between looks for jobs whose server has died
_NOTE = 1.0  # seconds between two notes of how far a job is

# Each has a task of its own: a verification may take hours, and a merge is waited for.
_LANES = (("squashAndMerge", "basicSearch", EVALUATION), ("verify",))


class SearchResult(msgspec.Struct, frozen=True, rename="camel"):
    search_result_id: str
    search_result_commit_id: str


class _Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job has made that goes away if the job does not succeed, or that the next attempt goes on with."""

    draft: int | None = None
    result: str | None = None
    verification: Verification | None = None


def progress_of(job: JobRow) -> dict[str, int] | None:
    """How far a job is that can tell."""
    if job.progress is None:
        return None
    state = decode(job.progress.encode(), _Progress).verification
    return None if state is None else {"checked": state.checked, "total": state.total}


class Worker:
    """Works on the jobs of all servers that share the database, one of each lane at a time."""

    def __init__(self, index: Index, storages: Storages, *, limit: int) -> None:
        self._index = index
        self._storages = storages
        self._limit = limit
        self._owner = uuid.uuid4().hex
        self._more = [anyio.Event() for _ in _LANES]
        self._running: dict[str, anyio.CancelScope] = {}
        # No task group: servers are opened and closed by different tasks.
        self._tasks: list[asyncio.Task[None]] = []
        # Unlike a task, what a scope cancels waits for its threads, which use the database.
        self._scopes = [anyio.CancelScope() for _ in _LANES]

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run(lane), name=f"tensorbay jobs {lane}") for lane in range(len(_LANES))]

    async def aclose(self) -> None:
        for scope in self._scopes:
            scope.cancel()
        for task in self._tasks:
            await task
        if self._tasks:
            await self._index.jobs.release(self._owner)

    def wake(self) -> None:
        """There is a job."""
        for event in self._more:
            event.set()

    def stop(self, job_id: str) -> None:
        """The job is not wanted any more. Other servers find out when they renew their lease."""
        if (scope := self._running.get(job_id)) is not None:
            scope.cancel()

    async def _run(self, lane: int) -> None:
        with self._scopes[lane]:
            while True:
                self._more[lane] = anyio.Event()
                if not await self._did_one(lane):
                    with anyio.move_on_after(_IDLE):
                        await self._more[lane].wait()

    async def _did_one(self, lane: int) -> bool:
        try:
            job = await self._index.jobs.claim(self._owner, lease=LEASE, types=_LANES[lane])
        except Exception:
            logger.exception("looking for jobs failed")
            return False
        if job is None:
            return False
        try:
            await self._work(job)
        except Exception:  # of the database: it could not renew the lease, or take what came of the job
            logger.exception("job %s was left in the middle; it is taken up again when its lease has ended", job.id)
            return False
        return True

    async def _work(self, job: JobRow) -> None:
        attempt = _Attempt(self._index, self._storages, job, self._owner, limit=self._limit)
        await attempt.clear(job.progress)  # of the last one
        result, error, is_stopped = None, "", True
        async with anyio.create_task_group() as group:
            group.start_soon(self._keep_lease, job, group.cancel_scope)
            self._running[job.id] = group.cancel_scope
            try:
                result = await attempt.run()
            except (ResponseError, StorageError) as failure:
                error = str(failure)
            except Exception:
                logger.exception("job %s failed", job.id)
                error = "The server failed; its log tells why."
            finally:
                del self._running[job.id]
            is_stopped = False
            group.cancel_scope.cancel()
        is_kept = not is_stopped and await self._index.jobs.finish(
            job.id, self._owner, result=result, error=error, progress=attempt.resumable if result is None else None
        )
        if not is_kept or result is None:
            await attempt.clear(attempt.progress)

    async def _keep_lease(self, job: JobRow, scope: anyio.CancelScope) -> None:
        while await self._index.jobs.renew(job.id, self._owner, lease=LEASE):  # noqa: ASYNC110  (a heartbeat)
            await anyio.sleep(LEASE / 3)
        scope.cancel()


class _Attempt:
    def __init__(self, index: Index, storages: Storages, job: JobRow, owner: str, *, limit: int) -> None:
        self._index = index
        self._storages = storages
        self._limit = limit
        self._job = job
        self._owner = owner
        self.progress: str | None = None
        self.resumable: str | None = None
        """Progress that is of use to another attempt."""

    async def run(self) -> str:
        """The result, in JSON."""
        result: object
        if self._job.type == "verify":
            result = await self._verify()
        elif self._job.type == "basicSearch":
            result = await self._search()
        elif self._job.type == EVALUATION:
            result = await self._evaluate()
        else:
            result = await self._merge()
        return encode(result).decode()

    async def _verify(self) -> dict[str, Any]:
        """Goes on where the last attempt was."""
        state = Verification(decode(self._job.arguments.encode(), VerifyArguments).commit)
        if self._job.progress is not None:
            state = decode(self._job.progress.encode(), _Progress).verification or state
        noted = time.monotonic()

        async def note(state: Verification) -> None:
            nonlocal noted
            self.resumable = encode(_Progress(verification=state)).decode()
            if time.monotonic() - noted > _NOTE:
                await self._index.jobs.note(self._job.id, self._owner, self.resumable)
                noted = time.monotonic()

        await verify(self._index, self._storages, self._job.dataset_id, state, limit=self._limit, note=note)
        return {name: value for name, value in msgspec.to_builtins(state).items() if name not in ("segment", "offset")}

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
