"""The sync API at its 1.x import paths: written by `_generate` from `tensorbay.aio`, over one loop thread."""

from tensorbay.client.gas import GAS
from tensorbay.client.lazy import PagingList

__all__ = ["GAS", "PagingList"]
