"""Whether the files of a commit are still those that were indexed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tensorbay.aio.job import AsyncJob, AsyncJobMixin
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.wire import PAGE_LIMIT, V2, VerifyBody

__all__ = ["AsyncVerification", "AsyncVerificationJob", "Drift", "VerifyReport"]


@dataclass(frozen=True, slots=True)
class Drift:
    """A file that is not what was indexed: `problem` is "changed", "missing" or "unreadable".

    `path` is the remote path, after frame id and sensor in a fusion dataset; `mask` the type of mask, where the file is
    one; `cloud_path` the key in the storage. What the file is now is known of a changed one, `reason` of the others.
    `version` is the one that was indexed, where the store has kept it: readers still get that one.
    """

    segment: str
    path: str
    problem: str
    cloud_path: str
    size: int
    etag: str
    mask: str | None = None
    size_now: int | None = None
    etag_now: str | None = None
    reason: str | None = None
    version: str | None = None

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> Drift:
        return cls(
            contents["segment"],
            contents["remotePath"],
            contents["problem"],
            contents["cloudPath"],
            contents["size"],
            contents.get("etag", ""),
            contents.get("mask"),
            contents.get("sizeNow"),
            contents.get("etagNow"),
            contents.get("reason"),
            contents.get("version"),
        )

    def __str__(self) -> str:
        what = f"{self.segment}://{self.path}" + (f" ({self.mask})" if self.mask else "")
        kept = f"; the indexed version {self.version} is kept, and read" if self.version else ""
        if self.problem != "changed":
            return f"{what}: {self.problem}: {self.reason}{kept}"
        return f"{what}: changed: was {self.size} bytes {self.etag}, is {self.size_now} bytes {self.etag_now}{kept}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many files of a commit (data and masks) are what was indexed. Counts are exact.

    `drifts` are the first hundred changed, missing and unreadable files each.
    """

    commit_id: str
    unchanged: int
    changed: int
    missing: int
    unreadable: int
    drifts: tuple[Drift, ...]

    @classmethod
    def loads(cls, contents: dict[str, Any]) -> VerifyReport:
        return cls(
            contents["commitId"],
            contents["unchanged"],
            contents["changed"],
            contents["missing"],
            contents["unreadable"],
            tuple(map(Drift.loads, contents["drifts"])),
        )

    @property
    def is_intact(self) -> bool:
        """Every file is what was indexed."""
        return not self.changed and not self.missing and not self.unreadable

    def __str__(self) -> str:
        files = self.unchanged + self.changed + self.missing + self.unreadable
        head = f"{files} files of commit {self.commit_id}: {self.unchanged} unchanged"
        if self.is_intact:
            return head
        lines = [f"{head}, {self.changed} changed, {self.missing} missing, {self.unreadable} unreadable"]
        lines += [f"  {drift}" for drift in self.drifts]
        if len(self.drifts) < files - self.unchanged:
            lines.append("  ...")
        return "\n".join(lines)


class AsyncVerificationJob(AsyncJob):
    """Asks the stores about every file of one commit."""

    _type: ClassVar[str] = "verify"
    _root: ClassVar[str] = V2

    @property
    def progress(self) -> tuple[int, int] | None:
        """Data done and data in all, as of the last `update`; None while nothing is known."""
        progress = self._body.get("result") or self._body.get("progress")
        return None if progress is None else (progress["checked"], progress["total"])

    @property
    def result(self) -> VerifyReport | None:
        """The report, once the job has succeeded."""
        result = self._body.get("result")
        return VerifyReport.loads(result) if result and self.status == "SUCCESS" else None

    async def retry(self) -> None:
        """Let a failed or aborted job go on where it was."""
        await self._request("POST", "/retry")


class AsyncVerification(AsyncJobMixin):
    """Verifications of the commits of one dataset."""

    _type: ClassVar[str] = "verify"
    _root: ClassVar[str] = V2

    async def create_job(self, revision: str | None = None) -> AsyncVerificationJob:
        """Start to verify a branch, tag or commit, by default the current commit."""
        if revision is None:
            self._status.check_authority_for_commit()
            revision = self._status.commit_id or ""
        body = VerifyBody(commit=revision).to_json()
        path = f"datasets/{self._dataset_id}/verify"
        response = await self._session.transport.request("POST", path, root=V2, json=body)
        return await self.get_job(response.json()["jobId"])

    async def get_job(self, job_id: str) -> AsyncVerificationJob:
        """ResourceNotExistError if the dataset has no such verification."""
        job = self._job({"jobId": job_id})
        await job.update()
        return job

    def list_jobs(self, status: str | None = None) -> AsyncPager[AsyncVerificationJob]:
        """The newest first; `status` is one that a job can have."""

        async def fetch(cursor: Cursor) -> Page[AsyncVerificationJob]:
            page = await self._page(status, cursor)
            return Page([self._job(body) for body in page.items], page.next, page.total)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    def _job(self, body: dict[str, Any]) -> AsyncVerificationJob:
        return AsyncVerificationJob(self._session, self._dataset_id, body)
