"""Work that outlives a request: merging branches, searching, verifying, and evaluating predictions."""

from tensorbay.server.jobs._evaluate import EvaluationArguments
from tensorbay.server.jobs._filters import SearchArguments, make_match
from tensorbay.server.jobs._merge import MergeArguments
from tensorbay.server.jobs._verify import VerifyArguments
from tensorbay.server.jobs._worker import SearchResult, Worker, progress_of

__all__ = [
    "EvaluationArguments",
    "MergeArguments",
    "SearchArguments",
    "SearchResult",
    "VerifyArguments",
    "Worker",
    "make_match",
    "progress_of",
]
