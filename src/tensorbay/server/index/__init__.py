"""The index: datasets and their versions, as immutable pages of entries that versions share.

A version's segment is a tree of pages, both named by their hashes. What is posted to a draft is appended in arrival
order and merged into pages when the draft is read or committed; unchanged pages are shared. So a commit, a branch, a
tag and a copy of a segment write pointers, and cost the same at any size.
"""

from tensorbay.server.index._benchmarks import EVALUATION, BenchmarkRow
from tensorbay.server.index._changes import SegmentChange
from tensorbay.server.index._diff import Difference
from tensorbay.server.index._entry import Entry
from tensorbay.server.index._index import Contents, Index
from tensorbay.server.index._jobs import JobRow
from tensorbay.server.index._prune import Pruned
from tensorbay.server.index._transfers import Pair
from tensorbay.server.index._values import (
    ROOT_COMMIT_ID,
    BranchRow,
    CommitRef,
    CommitRow,
    DatasetRow,
    DraftRef,
    DraftRow,
    Listing,
    Ref,
    SegmentRow,
    TagRow,
)

__all__ = [
    "EVALUATION",
    "ROOT_COMMIT_ID",
    "BenchmarkRow",
    "BranchRow",
    "CommitRef",
    "CommitRow",
    "Contents",
    "DatasetRow",
    "Difference",
    "DraftRef",
    "DraftRow",
    "Entry",
    "Index",
    "JobRow",
    "Listing",
    "Pair",
    "Pruned",
    "Ref",
    "SegmentChange",
    "SegmentRow",
    "TagRow",
]
