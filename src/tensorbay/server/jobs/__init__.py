"""Work that outlives a request: merging branches."""

from tensorbay.server.jobs._merge import MergeArguments
from tensorbay.server.jobs._worker import Worker

__all__ = ["MergeArguments", "Worker"]
