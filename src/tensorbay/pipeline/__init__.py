"""A bounded task graph on anyio. It knows no domain word: it is tested with integers."""

from tensorbay.pipeline._flow import Emit, Flow, read_ahead

__all__ = ["Emit", "Flow", "read_ahead"]
