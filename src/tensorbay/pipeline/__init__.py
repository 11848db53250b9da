"""A bounded task graph on anyio. It knows no domain word: it is tested with integers."""

from tensorbay.pipeline._flow import Emit, Flow

__all__ = ["Emit", "Flow"]
