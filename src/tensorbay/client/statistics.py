# Generated from tensorbay.aio.statistics by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay.aio.statistics import Statistics

__all__ = ["Statistics"]
