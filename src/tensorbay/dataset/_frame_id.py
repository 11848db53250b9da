"""The ids of frames."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ulid import ULID


class FrameId(ULID):
    """A ULID that also has the names it had in 1.x."""

    @property
    def str(self) -> str:
        return f"{self}"

    @property
    def uuid(self) -> UUID:
        return self.to_uuid()

    @classmethod
    def read(cls, text: Any) -> FrameId:
        """From a ULID in text; the first datasets have UUIDs in its place."""
        try:
            return cls(ULID.from_str(text).bytes)
        except ValueError:
            return cls(UUID(text).bytes)
