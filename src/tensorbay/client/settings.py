# Generated from tensorbay.aio.settings by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.settings import ClientSettings

__all__ = ["ClientSettings"]
