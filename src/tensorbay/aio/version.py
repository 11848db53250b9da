from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import anyio

from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio.job import AsyncBasicSearch, AsyncJobMixin, AsyncSquashAndMerge
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.status import Status
from tensorbay.aio.struct import Branch, Commit, Draft, Tag
from tensorbay.aio.verification import AsyncVerification, VerifyReport
from tensorbay.exception import ResourceNotExistError, ResponseError, StatusError, TensorBayException
from tensorbay.wire import CommitBody, DraftBody, DraftPatch, nearby

__all__ = ["AsyncBasicSearch", "AsyncJobMixin", "AsyncSquashAndMerge", "AsyncVersionControl"]

_T = TypeVar("_T")
_N = TypeVar("_N", Branch, Tag)

# A commit merges everything that was staged; a large import takes its time.
_COMMIT_TIMEOUT = 600.0

_ABORT_SECONDS = 5.0


class AsyncVersionControl:
    """Drafts, commits, branches and tags of a dataset."""

    _session: Session
    _dataset_id: str
    _status: Status
    _is_fusion: bool = False

    @property
    def squash_and_merge(self) -> AsyncSquashAndMerge:
        """Jobs that merge one branch into another."""
        return AsyncSquashAndMerge(self._session, self._dataset_id, self._status)

    @property
    def basic_search(self) -> AsyncBasicSearch:
        """Jobs that search a commit."""
        return AsyncBasicSearch(self._session, self._dataset_id, self._status, is_fusion=self._is_fusion)

    @property
    def verification(self) -> AsyncVerification:
        """Jobs that verify a commit."""
        return AsyncVerification(self._session, self._dataset_id, self._status)

    async def verify(self, revision: str | None = None) -> VerifyReport:
        """Ask the stores whether the files of a commit, by default the current one, are still what was indexed.

        The server does it, as a job that is aborted when this call is cancelled; jobs of `verification` go on without
        their caller. Nothing is read: size and etag tell. ResponseError: the job failed, or somebody aborted it.
        """
        job = await self.verification.create_job(revision)
        try:
            await job.update(until_complete=True)
        except BaseException:
            with anyio.move_on_after(_ABORT_SECONDS, shield=True), suppress(TensorBayException):
                await job.abort()
            raise
        if job.result is None:
            raise ResponseError(f"The verification ended as {job.status}: {job.error_message or 'no reason given'}")
        return job.result

    async def checkout(self, revision: str | None = None, draft_number: int | None = None) -> None:
        """Move this client to a branch, tag or commit id, or to an open draft."""
        if (revision is None) == (draft_number is None):
            raise TypeError("Needs exactly one of `revision` and `draft_number`")
        if draft_number is not None:
            draft = await self.get_draft(draft_number)
            self._status.checkout(draft_number=draft.number)
            self._status.branch_name = draft.branch_name
            return
        revision = _required("revision", revision)
        try:
            branch = await self.get_branch(revision)
        except ResourceNotExistError:
            commit = await self.get_commit(revision)
            self._status.checkout(commit_id=commit.commit_id)
            self._status.branch_name = None
        else:
            self._status.checkout(commit_id=branch.commit_id)
            self._status.branch_name = branch.name

    async def commit(self, title: str, description: str = "", *, tag: str | None = None) -> None:
        """Make the current draft a commit; this client then stands on it."""
        body = CommitBody(
            draft_number=self._status.draft(),
            title=title,
            **({"description": description} if description else {}),
            **({"tag": tag} if tag else {}),
        )
        response = await self._session.transport.request(
            "POST", self._path("commits"), json=body.to_json(), timeout=_COMMIT_TIMEOUT
        )
        self._status.checkout(commit_id=response.json()["commitId"])

    async def create_draft(self, title: str, description: str = "", branch_name: str | None = None) -> int:
        """Open a draft on `branch_name`, by default the branch of this client, which then stands on the draft.

        A branch has one open draft at most.
        """
        if branch_name is None:
            self._status.check_authority_for_commit()
            branch_name = self._status.branch_name
            if branch_name is None:
                raise StatusError(
                    "Creating a draft without `branch_name` needs a client that stands on a branch: checkout one"
                )
        body = DraftBody(
            branch_name=branch_name,
            title=title,
            **({"description": description} if description else {}),
        )
        response = await self._session.transport.request("POST", self._path("drafts"), json=body.to_json())
        number: int = response.json()["draftNumber"]
        self._status.checkout(draft_number=number)
        self._status.branch_name = branch_name
        return number

    async def get_draft(self, draft_number: int | None = None) -> Draft:
        """An open draft, by default the current one."""
        if draft_number is None:
            draft_number = self._status.draft()
        numbers = []
        async for draft in self.list_drafts():
            if draft.number == draft_number:
                return draft
            numbers.append(f"{draft.number}")
        raise ResourceNotExistError(resource="draft", identification=draft_number, nearby=numbers[:5])

    def list_drafts(self, status: str | None = "OPEN", branch_name: str | None = None) -> AsyncPager[Draft]:
        """Drafts in ascending order of their numbers; `status` is OPEN, CLOSED, COMMITTED or ALL."""
        return self._list("drafts", Draft.loads, {"status": status, "branchName": branch_name})

    async def update_draft(
        self, draft_number: int | None = None, *, title: str | None = None, description: str | None = None
    ) -> None:
        """Change title or description of an open draft, by default the current one."""
        number = self._status.draft() if draft_number is None else draft_number
        members: dict[str, Any] = {"title": title, "description": description}
        given = {key: value for key, value in members.items() if value is not None}
        await self._session.transport.request(
            "PATCH", self._path(f"drafts/{number}"), json=DraftPatch(**given).to_json()
        )

    async def close_draft(self, draft_number: int) -> None:
        """Give up an open draft. StatusError for the one this client stands on."""
        if draft_number == self._status.draft_number:
            raise StatusError("The current draft can't be closed: checkout a branch first")
        await self._session.transport.request(
            "PATCH", self._path(f"drafts/{draft_number}"), json=DraftPatch(status="CLOSED").to_json()
        )

    async def get_commit(self, revision: str | None = None) -> Commit:
        """The commit that a branch, tag or commit id names; by default the current one."""
        page = await self.list_commits(revision)
        if not page.items:
            raise ResourceNotExistError(resource="commit", identification=self._revision(revision))
        return page.items[0]

    def list_commits(self, revision: str | None = None) -> AsyncPager[Commit]:
        """The commit and its ancestors, newest first."""
        return self._list("commits", Commit.loads, {"commit": self._revision(revision)})

    async def get_branch(self, name: str) -> Branch:
        """ResourceNotExistError if there is none."""
        return await self._named("branch", _required("name", name), "branches", Branch.loads)

    def list_branches(self) -> AsyncPager[Branch]:
        """Branches in order of their names."""
        return self._list("branches", Branch.loads)

    async def create_branch(self, name: str, revision: str | None = None) -> None:
        """Start a branch at a revision, by default the current commit; this client then stands on it."""
        _required("name", name)
        if revision is not None:
            await self.checkout(revision)
        self._status.check_authority_for_commit()
        body = {"name": name, "commit": self._status.commit_id}
        await self._session.transport.request("POST", self._path("branches"), json=body)
        self._status.branch_name = name

    async def delete_branch(self, name: str) -> None:
        """Delete a branch; its commits stay. StatusError for the branch this client stands on."""
        if _required("name", name) == self._status.branch_name:
            raise StatusError("The current branch can't be deleted: checkout another one first")
        await self._session.transport.request("DELETE", self._path("branches"), json={"name": name})

    async def create_tag(self, name: str, revision: str | None = None) -> None:
        """Name a revision, by default the current commit."""
        body = {"name": _required("name", name), "commit": self._revision(revision)}
        await self._session.transport.request("POST", self._path("tags"), json=body)

    async def get_tag(self, name: str) -> Tag:
        """ResourceNotExistError if there is none."""
        return await self._named("tag", _required("name", name), "tags", Tag.loads)

    def list_tags(self) -> AsyncPager[Tag]:
        """Tags in order of their names."""
        return self._list("tags", Tag.loads)

    async def delete_tag(self, name: str) -> None:
        """Its commit stays. ResourceNotExistError if there is none."""
        await self._session.transport.request("DELETE", self._path("tags"), json={"name": _required("name", name)})

    def _path(self, section: str) -> str:
        return f"datasets/{self._dataset_id}/{section}"

    def _revision(self, revision: str | None) -> str:
        if revision is None:
            self._status.check_authority_for_commit()
            return self._status.commit_id or ""
        return _required("revision", revision)

    def _list(
        self, section: str, load: Callable[[dict[str, Any]], _T], params: dict[str, Any] | None = None
    ) -> AsyncPager[_T]:
        return offset_pager(self._session.transport, self._path(section), section, load, params=lambda: params or {})

    async def _named(self, resource: str, name: str, section: str, load: Callable[[dict[str, Any]], _N]) -> _N:
        page = await self._list(section, load, {"name": name})
        if page.items:
            return page.items[0]
        others = [item.name for item in (await self._list(section, load)).items]
        raise ResourceNotExistError(resource=resource, identification=name, nearby=nearby(name, others))


def _required(what: str, value: str | None) -> str:
    if not value:
        raise TypeError(f"The {what} must not be empty")
    return value
