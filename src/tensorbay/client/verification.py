# Generated from tensorbay.aio.verification by `python -m tensorbay.client._generate`. Do not edit.

"""Whether the files of a commit are still those that were indexed."""

from __future__ import annotations

from tensorbay.aio.verification import AsyncVerification, AsyncVerificationJob, Drift, VerifyReport
from tensorbay.client.job import Job, JobMixin
from tensorbay.client.lazy import PagingList

__all__ = ["Drift", "Verification", "VerificationJob", "VerifyReport"]


class VerificationJob(Job, core=AsyncVerificationJob):
    """Asks the stores about every file of one commit."""

    _core: AsyncVerificationJob

    @property
    def progress(self) -> tuple[int, int] | None:
        """Data done and data in all, as of the last `update`; None while nothing is known."""
        return self._core.progress

    @property
    def result(self) -> VerifyReport | None:
        """The report, once the job has succeeded."""
        return self._core.result

    def retry(self) -> None:
        """Let a failed or aborted job go on where it was."""
        self._call(self._core.retry)


class Verification(JobMixin, core=AsyncVerification):
    """Verifications of the commits of one dataset."""

    _core: AsyncVerification

    def create_job(self, revision: str | None = None) -> VerificationJob:
        """Start to verify a branch, tag or commit, by default the current commit."""
        return self._call(self._core.create_job, revision)

    def get_job(self, job_id: str) -> VerificationJob:
        """ResourceNotExistError if the dataset has no such verification."""
        return self._call(self._core.get_job, job_id)

    def list_jobs(self, status: str | None = None) -> PagingList[VerificationJob]:
        """The newest first; `status` is one that a job can have."""
        return self._get(self._core.list_jobs, status)
