from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ServiceSettings"]


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Everything a local storage service can be told.

    `endpoints` are its URLs as storage configs name them: a token for another service is refused. With `teams` so
    are the tokens of other teams of the server, who could otherwise name this service in a config of theirs.
    """

    root: Path
    public_key: str
    endpoints: tuple[str, ...]
    teams: frozenset[str] = frozenset()
    max_upload: int = 50 << 30
    """Bytes that one upload may have."""
    quota: int | None = None
    """Bytes that uploads may take below the `.tensorbay` folders of the root."""
    reserve: int = 1 << 30
    """Bytes of the disk that uploads leave free."""
