from __future__ import annotations

import base64

__all__ = ["base64url"]


def base64url(content: bytes) -> str:
    """As tokens have it: without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
