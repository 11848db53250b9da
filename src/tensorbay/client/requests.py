# Generated from tensorbay.aio.requests by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from tensorbay._util.config import Config, config

__all__ = ["Config", "config"]
