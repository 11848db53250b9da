# Generated from tensorbay.aio.version by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.version import AsyncVersionControl
from tensorbay.client._facade import Facade
from tensorbay.client.job import BasicSearch, JobMixin, SquashAndMerge
from tensorbay.client.lazy import PagingList
from tensorbay.client.struct import Branch, Commit, Draft, Tag
from tensorbay.client.verification import Verification, VerifyReport

__all__ = ["BasicSearch", "JobMixin", "SquashAndMerge", "VersionControlMixin"]


class VersionControlMixin(Facade, core=AsyncVersionControl):
    """Drafts, commits, branches and tags of a dataset."""

    _core: AsyncVersionControl

    @property
    def squash_and_merge(self) -> SquashAndMerge:
        """Jobs that merge one branch into another."""
        return self._wrap(self._core.squash_and_merge)

    @property
    def basic_search(self) -> BasicSearch:
        """Jobs that search a commit."""
        return self._wrap(self._core.basic_search)

    @property
    def verification(self) -> Verification:
        """Jobs that verify a commit."""
        return self._wrap(self._core.verification)

    def verify(self, revision: str | None = None) -> VerifyReport:
        """Ask the stores whether the files of a commit, by default the current one, are still what was indexed.

        The server does it, as a job that is aborted when this call is cancelled; jobs of `verification` go on without
        their caller. Nothing is read: size and etag tell. ResponseError: the job failed, or somebody aborted it.
        """
        return self._call(self._core.verify, revision)

    def checkout(self, revision: str | None = None, draft_number: int | None = None) -> None:
        """Move this client to a branch, tag or commit id, or to an open draft."""
        self._call(self._core.checkout, revision, draft_number)

    def commit(self, title: str, description: str = "", *, tag: str | None = None) -> None:
        """Make the current draft a commit; this client then stands on it."""
        self._call(self._core.commit, title, description, tag=tag)

    def create_draft(self, title: str, description: str = "", branch_name: str | None = None) -> int:
        """Open a draft on `branch_name`, by default the branch of this client, which then stands on the draft.

        A branch has one open draft at most.
        """
        return self._call(self._core.create_draft, title, description, branch_name)

    def get_draft(self, draft_number: int | None = None) -> Draft:
        """An open draft, by default the current one."""
        return self._call(self._core.get_draft, draft_number)

    def list_drafts(self, status: str | None = "OPEN", branch_name: str | None = None) -> PagingList[Draft]:
        """Drafts in ascending order of their numbers; `status` is OPEN, CLOSED, COMMITTED or ALL."""
        return self._get(self._core.list_drafts, status, branch_name)

    def update_draft(
        self, draft_number: int | None = None, *, title: str | None = None, description: str | None = None
    ) -> None:
        """Change title or description of an open draft, by default the current one."""
        self._call(self._core.update_draft, draft_number, title=title, description=description)

    def close_draft(self, draft_number: int) -> None:
        """Give up an open draft. StatusError for the one this client stands on."""
        self._call(self._core.close_draft, draft_number)

    def get_commit(self, revision: str | None = None) -> Commit:
        """The commit that a branch, tag or commit id names; by default the current one."""
        return self._call(self._core.get_commit, revision)

    def list_commits(self, revision: str | None = None) -> PagingList[Commit]:
        """The commit and its ancestors, newest first."""
        return self._get(self._core.list_commits, revision)

    def get_branch(self, name: str) -> Branch:
        """ResourceNotExistError if there is none."""
        return self._call(self._core.get_branch, name)

    def list_branches(self) -> PagingList[Branch]:
        """Branches in order of their names."""
        return self._get(self._core.list_branches)

    def create_branch(self, name: str, revision: str | None = None) -> None:
        """Start a branch at a revision, by default the current commit; this client then stands on it."""
        self._call(self._core.create_branch, name, revision)

    def delete_branch(self, name: str) -> None:
        """Delete a branch; its commits stay. StatusError for the branch this client stands on."""
        self._call(self._core.delete_branch, name)

    def create_tag(self, name: str, revision: str | None = None) -> None:
        """Name a revision, by default the current commit."""
        self._call(self._core.create_tag, name, revision)

    def get_tag(self, name: str) -> Tag:
        """ResourceNotExistError if there is none."""
        return self._call(self._core.get_tag, name)

    def list_tags(self) -> PagingList[Tag]:
        """Tags in order of their names."""
        return self._get(self._core.list_tags)

    def delete_tag(self, name: str) -> None:
        """Its commit stays. ResourceNotExistError if there is none."""
        self._call(self._core.delete_tag, name)
