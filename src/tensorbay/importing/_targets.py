"""Where uploads go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

__all__ = ["TargetPort", "UploadTarget"]


class UploadTarget(NamedTuple):
    """What to PUT a file to, and the headers that the store wants with it."""

    url: str
    headers: Mapping[str, str]


class TargetPort(Protocol):
    async def targets(self, checksums: Sequence[str]) -> Sequence[UploadTarget | None]:
        """Where to put files with these SHA-1 checksums; None: the store has the content already."""

    async def write(self, target: UploadTarget, path: Path) -> None: ...
