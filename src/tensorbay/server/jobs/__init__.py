"""Work that outlives a request: merging branches, searching, and evaluating predictions."""

from tensorbay.server.jobs._evaluate import EvaluationArguments
from tensorbay.server.jobs._filters import SearchArguments, make_match
from tensorbay.server.jobs._merge import MergeArguments
from tensorbay.server.jobs._worker import SearchResult, Worker

__all__ = ["EvaluationArguments", "MergeArguments", "SearchArguments", "SearchResult", "Worker", "make_match"]
