"""Keys that come sorted by their UTF-16, in which characters beyond U+FFFF are before U+E000."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorbay.storage._store import ObjectInfo

# The last that is before all characters beyond U+FFFF, in both orders.
_BEFORE_ASTRAL = "\ud7ff\U0010ffff"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_HIGH = re.compile("[\ue000-\uffff]")


def utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def early_start(after: str, prefix: str = "") -> str | None:
    """Where a listing by UTF-16 has to start that is to go on after `after`; None if there."""
    high = _HIGH.search(after, len(prefix))
    return after[: high.start()] + _BEFORE_ASTRAL if high else None


def is_astral_after(key: str, start: str) -> bool:
    """Whether this key is why one has to start so early."""
    stem = start.removesuffix(_BEFORE_ASTRAL)
    return key.startswith(stem) and key[len(stem) :] > "\uffff\U0010ffff"


class CodePointOrder:
    """Takes objects as UTF-16 sorts their keys and gives them as code points do; also those that are so already.

    All keys have to start with `prefix`.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        # Objects that others may have to go before, with what all those start with.
        self._held: list[tuple[str, ObjectInfo]] = []
        self._let_go: set[str] = set()

    @property
    def held(self) -> int:
        return len(self._held)

    @property
    def stems(self) -> set[str]:
        """What is held for the sake of keys that start with one of these and go on with U+E000 to U+FFFF."""
        return {stem for stem, _ in self._held}

    def take(self, info: ObjectInfo) -> list[ObjectInfo]:
        """What can be given on."""
        ready = self._release(info.path)
        stem = self._stem(info.path)
        if stem is None:
            return [*ready, info]
        self._held.append((stem, info))
        return ready

    def let_go(self, stem: str) -> list[ObjectInfo]:
        """What can be given on because there are no such keys."""
        self._let_go.add(stem)
        held, self._held = self._held, []
        return [ready for _, info in held for ready in self.take(info)]

    def end(self) -> list[ObjectInfo]:
        return self._release(None)

    def _stem(self, path: str) -> str | None:
        stems = (path[: astral.start()] for astral in _ASTRAL.finditer(path, len(self._prefix)))
        return next((stem for stem in stems if stem not in self._let_go), None)

    def _release(self, path: str | None) -> list[ObjectInfo]:
        ready = [info for stem, info in self._held if path is None or not path.startswith(stem)]
        if ready:
            self._held = [one for one in self._held if path is not None and path.startswith(one[0])]
        return sorted(ready, key=lambda info: info.path)
