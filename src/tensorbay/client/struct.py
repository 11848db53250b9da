# Generated from tensorbay.aio.struct by `python -m tensorbay.client._generate`. Do not edit.

"""Values that the server tells about: users, storage configs, commits, branches, tags, drafts."""

from __future__ import annotations

from tensorbay.aio.struct import (
    Branch,
    Commit,
    Draft,
    StorageConfig,
    StorageCredentials,
    Tag,
    TeamInfo,
    User,
    UserInfo,
    _NamedCommit,
)
from tensorbay.wire import ROOT_COMMIT_ID

__all__ = [
    "ROOT_COMMIT_ID",
    "Branch",
    "Commit",
    "Draft",
    "StorageConfig",
    "StorageCredentials",
    "Tag",
    "TeamInfo",
    "User",
    "UserInfo",
    "_NamedCommit",
]
