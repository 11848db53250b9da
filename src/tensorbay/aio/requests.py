from __future__ import annotations

from tensorbay._util.config import Config, config

__all__ = ["Config", "config"]
