"""The sync API at its 1.x import paths: written by `_generate` from `tensorbay.aio`, over one loop thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorbay._util.config import config
from tensorbay.client.profile import profile  # at once: loaded later, the submodule would take the name of the object

if TYPE_CHECKING:
    from tensorbay.client.gas import GAS
    from tensorbay.client.lazy import PagingList

__all__ = ["GAS", "PagingList", "config", "profile"]


def __getattr__(name: str) -> Any:
    # Late, so that the generator can run when what it wrote last no longer fits the core.
    if name == "GAS":
        from tensorbay.client.gas import GAS

        return GAS
    if name == "PagingList":
        from tensorbay.client.lazy import PagingList

        return PagingList
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
