# Generated from tensorbay.aio.status by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.status import Status

__all__ = ["Status"]
