"""What both ends of the local storage service's protocol agree on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operation: TypeAlias = Literal["read", "write", "list", "delete"]

UPLOAD_KEY = re.compile(r"(?:^|/)\.tensorbay/objects/([0-9a-f]{40})\Z")
"""Keys that name the SHA-1 of their content."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token allows until `expires` (Unix seconds): operations on `key`, or on keys that begin with `prefix`."""

    operations: tuple[Operation, ...]
    expires: float
    key: str | None = None
    prefix: str | None = None


Signer: TypeAlias = Callable[[Grant], str]
