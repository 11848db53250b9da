"""Work that outlives a request: merging branches, and searching."""

from tensorbay.server.jobs._filters import SearchArguments, make_match
from tensorbay.server.jobs._merge import MergeArguments
from tensorbay.server.jobs._worker import SearchResult, Worker

__all__ = ["MergeArguments", "SearchArguments", "SearchResult", "Worker", "make_match"]
