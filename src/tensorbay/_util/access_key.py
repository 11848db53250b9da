from __future__ import annotations

__all__ = ["PREFIXES"]

PREFIXES = ("Accesskey-", "ACCESSKEY-")
"""Of access keys: that of our servers' own, and one that the hosted service gave out, too."""
