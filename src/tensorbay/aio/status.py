from __future__ import annotations

from typing import Any

from tensorbay.exception import StatusError

__all__ = ["Status"]


class Status:
    """The version a dataset client stands on: a commit or a draft, and the branch it came from.

    A dataset client and the segment clients it made share one Status, so that a checkout moves them all.
    """

    def __init__(
        self, branch_name: str | None = None, *, draft_number: int | None = None, commit_id: str | None = None
    ) -> None:
        if (draft_number is None) == (commit_id is None):
            raise StatusError("Needs exactly one of `draft_number` and `commit_id`")
        self.branch_name = branch_name
        self._draft_number = draft_number
        self._commit_id = commit_id

    def __repr__(self) -> str:
        return (
            f"Status(branch_name={self.branch_name!r}, draft_number={self._draft_number!r}, "
            f"commit_id={self._commit_id!r})"
        )

    @property
    def draft_number(self) -> int | None:
        return self._draft_number

    @property
    def commit_id(self) -> str | None:
        return self._commit_id

    @property
    def is_draft(self) -> bool:
        return self._draft_number is not None

    def get_status_info(self) -> dict[str, Any]:
        """The version selector of requests."""
        if self._draft_number is not None:
            return {"draftNumber": self._draft_number}
        return {"commit": self._commit_id}

    def check_authority_for_commit(self) -> None:
        if self.is_draft:
            raise StatusError(is_draft=True)

    def check_authority_for_draft(self) -> None:
        if not self.is_draft:
            raise StatusError(is_draft=False)

    def draft(self) -> int:
        """The draft number; StatusError on a commit."""
        if self._draft_number is None:
            raise StatusError(is_draft=False)
        return self._draft_number

    def checkout(self, commit_id: str | None = None, draft_number: int | None = None) -> None:
        self._commit_id = commit_id
        self._draft_number = draft_number
