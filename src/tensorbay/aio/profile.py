from __future__ import annotations

from tensorbay._util.profile import Profile, format_size, profile

__all__ = ["Profile", "format_size", "profile"]
