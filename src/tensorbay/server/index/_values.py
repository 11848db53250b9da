"""What the index answers with."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from typing_extensions import NamedTuple  # a generic one: the standard library's can since 3.11

T = TypeVar("T")

ROOT_COMMIT_ID = "0" * 32  # before the first commit; its content is empty


class DraftRef(msgspec.Struct, frozen=True):
    number: int


class CommitRef(msgspec.Struct, frozen=True):
    commit_id: str


Ref = DraftRef | CommitRef


class Listing(NamedTuple, Generic[T]):
    """A part of a list, and how long the whole list is."""

    items: list[T]
    total: int


class DatasetRow(msgspec.Struct, frozen=True):
    id: str
    name: str
    type: int  # 1 for a fusion dataset
    alias: str
    is_public: bool
    default_branch: str
    config_id: str | None
    created: float
    updated: int


class CommitRow(msgspec.Struct, frozen=True):
    commit_id: str
    parent_id: str
    title: str
    description: str
    committer: str
    created: float


class BranchRow(msgspec.Struct, frozen=True):
    name: str
    commit_id: str
    commit: CommitRow | None  # none at the root


class TagRow(msgspec.Struct, frozen=True):
    name: str
    commit_id: str
    commit: CommitRow


class DraftRow(msgspec.Struct, frozen=True):
    number: int
    branch: str
    parent_id: str
    status: str  # "OPEN", "CLOSED" or "COMMITTED"
    title: str
    description: str
    author: str
    created: float
    updated: float


class SegmentRow(msgspec.Struct, frozen=True):
    name: str
    description: str
