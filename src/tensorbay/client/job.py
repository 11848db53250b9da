# Generated from tensorbay.aio.job by `python -m tensorbay.client._generate`. Do not edit.

"""What the server does in its own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorbay.aio.job import (
    AsyncBasicSearch,
    AsyncBasicSearchJob,
    AsyncJob,
    AsyncJobMixin,
    AsyncSquashAndMerge,
    AsyncSquashAndMergeJob,
)
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.search import FusionSearchResult, SearchResult
from tensorbay.client.struct import Draft

__all__ = ["BasicSearch", "BasicSearchJob", "Job", "JobMixin", "SquashAndMerge", "SquashAndMergeJob"]


class Job(Facade, core=AsyncJob):
    """Times are Unix seconds; `status` is QUEUING, PROCESSING, SUCCESS, FAILED or ABORTED as of the last `update`."""

    _core: AsyncJob

    @property
    def job_id(self) -> str:
        return self._core.job_id

    @property
    def title(self) -> str:
        return self._core.title

    @property
    def description(self) -> str:
        return self._core.description

    @property
    def arguments(self) -> dict[str, Any]:
        return self._core.arguments

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return self._core.created_at

    @property
    def started_at(self) -> int | None:
        """Unix seconds; None before somebody works on it."""
        return self._core.started_at

    @property
    def finished_at(self) -> int | None:
        """Unix seconds; None before it has ended."""
        return self._core.finished_at

    @property
    def status(self) -> str:
        """One of "QUEUING", "PROCESSING", "SUCCESS", "FAILED" and "ABORTED", as of the last `update`."""
        return self._core.status

    @property
    def error_message(self) -> str:
        """Why it failed; empty otherwise."""
        return self._core.error_message

    def update(self, until_complete: bool = False) -> None:
        """Ask the server how far it is, with `until_complete` until it has ended, well or not."""
        self._call(self._core.update, until_complete)

    def abort(self) -> None:
        """End a job that is not finished; `update` shows it."""
        self._call(self._core.abort)


class SquashAndMergeJob(Job, core=AsyncSquashAndMergeJob):
    """Makes a draft of the target branch with what the source branch has changed."""

    _core: AsyncSquashAndMergeJob

    @property
    def result(self) -> Draft | None:
        """The draft as of the last `update`, also if it has been committed or closed; None while there is none."""
        return self._core.result

    def retry(self) -> None:
        """Start a failed or aborted job again."""
        self._call(self._core.retry)


class BasicSearchJob(Job, core=AsyncBasicSearchJob):
    """Finds the data that pass filters."""

    _core: AsyncBasicSearchJob

    @property
    def result(self) -> SearchResult | FusionSearchResult | None:
        """What was found, once the job has succeeded."""
        return self._wrap(self._core.result)

    def create_dataset(self, name: str, alias: str = "", is_public: bool = False) -> None:
        """Make a dataset of what was found."""
        self._call(self._core.create_dataset, name, alias, is_public)


class JobMixin(Facade, core=AsyncJobMixin):
    """Jobs of one type in one dataset."""

    _core: AsyncJobMixin

    def delete_job(self, job_id: str) -> None:
        """Forget a job; one that has not ended is aborted."""
        self._call(self._core.delete_job, job_id)


class SquashAndMerge(JobMixin, core=AsyncSquashAndMerge):
    """Brings what one branch has changed to another, as a draft."""

    _core: AsyncSquashAndMerge

    def create_job(
        self,
        title: str = "",
        description: str = "",
        *,
        draft_title: str,
        source_branch_name: str,
        target_branch_name: str | None = None,
        draft_description: str = "",
        strategy: str = "abort",
    ) -> SquashAndMergeJob:
        """Start to merge into `target_branch_name`, by default the branch the client stands on.

        What both branches have changed is a conflict: with `strategy` "abort" the draft then is the target as it was,
        "override" takes the source's side, "skip" the target's.
        """
        return self._call(
            self._core.create_job,
            title,
            description,
            draft_title=draft_title,
            source_branch_name=source_branch_name,
            target_branch_name=target_branch_name,
            draft_description=draft_description,
            strategy=strategy,
        )

    def get_job(self, job_id: str) -> SquashAndMergeJob:
        """ResourceNotExistError if the dataset has no such merge."""
        return self._call(self._core.get_job, job_id)

    def list_jobs(self, status: str | None = None) -> PagingList[SquashAndMergeJob]:
        """The newest first; `status` is one that a job can have."""
        return self._get(self._core.list_jobs, status)


class BasicSearch(JobMixin, core=AsyncBasicSearch):
    """Searches one commit."""

    _core: AsyncBasicSearch

    def create_job(
        self,
        title: str = "",
        description: str = "",
        *,
        conjunction: str,
        filters: Sequence[tuple[Any, ...]],
        unit: str = "file",
    ) -> BasicSearchJob:
        """Start to search the current commit.

        A filter is (key, operator, value), with the type of the label as a fourth item for "category" and "attribute".
        `conjunction` of the filters is "and" or "or". With `unit` "frame" a frame of a fusion dataset is kept whole.
        """
        return self._call(
            self._core.create_job, title, description, conjunction=conjunction, filters=filters, unit=unit
        )

    def get_job(self, job_id: str) -> BasicSearchJob:
        """ResourceNotExistError if the dataset has no such search."""
        return self._call(self._core.get_job, job_id)

    def list_jobs(self, status: str | None = None) -> PagingList[BasicSearchJob]:
        """The newest first; `status` is one that a job can have."""
        return self._get(self._core.list_jobs, status)
