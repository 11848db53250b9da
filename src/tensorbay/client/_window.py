"""Which files of a listing to fetch before they are opened. A decision only: nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Limits", "Plan", "Window"]

# Files opened from several threads come slightly out of order; what lies further back was skipped.
_SLACK = 64

_FIRST_WINDOW = 8


@dataclass(frozen=True)
class Limits:
    """Bounds of what is fetched and not yet opened. Larger files than `file_bytes` are never fetched ahead."""

    bytes: int = 32 * 1024 * 1024
    files: int = 256
    file_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """Positions to fetch, in this order, and positions whose content is no longer of use."""

    fetch: Sequence[int] = ()
    drop: Sequence[int] = ()


_NOTHING = Plan()


class Window:
    """Follows the files that are opened, as an operating system follows the reads of a file.

    Two neighbours opened in order open a window; it grows while access is sequential, and an access elsewhere
    closes it. `sizes` tells the bytes of each file by position; positions that are missing are not known yet.
    """

    def __init__(self, sizes: Mapping[int, int], limits: Limits) -> None:
        self._sizes = sizes
        self._limits = limits
        self._held: dict[int, int] = {}  # position -> bytes; scheduled or fetched, and not opened yet
        self._held_bytes = 0
        self._last: int | None = None
        self._size = 0
        self._ahead = 0  # the first position that was not decided on

    def __repr__(self) -> str:
        return f"<Window [{self._size} wide, {len(self._held)} held, {self._held_bytes} bytes]>"

    def open(self, position: int) -> Plan:
        """The file at `position` is opened now."""
        if self._release(position) or self._is_near(position):
            self._last = max(position, self._last or 0)
        elif self._last is not None and position == self._last + 1:
            self._last = position
            self._size = _FIRST_WINDOW
            self._ahead = position + 1
            return Plan(self._schedule())
        elif position != self._last:
            self._last = position
            return Plan(drop=self.close())
        drop, fetch = self._skipped(), self._extend()
        return Plan(fetch, drop) if fetch or drop else _NOTHING

    def close(self) -> Sequence[int]:
        """Give up what is held; the window opens again with sequential access."""
        dropped = tuple(self._held)
        self._held.clear()
        self._held_bytes = self._size = 0
        return dropped

    def settle(self, position: int, size: int) -> None:
        """The size of a held file turned out to be `size`."""
        if position in self._held:
            self._held_bytes += size - self._held[position]
            self._held[position] = size

    def _release(self, position: int) -> bool:
        size = self._held.pop(position, None)
        self._held_bytes -= size or 0
        return size is not None

    def _is_near(self, position: int) -> bool:
        if not self._size or self._last is None:
            return False
        if not self._last - _SLACK <= position <= self._last + _SLACK:
            return False
        self._ahead = max(self._ahead, position + 1)
        return True

    def _skipped(self) -> Sequence[int]:
        oldest = (self._last or 0) - _SLACK
        skipped: list[int] = []
        for position in self._held:  # in ascending order
            if position >= oldest:
                break
            skipped.append(position)
        for position in skipped:
            self._release(position)
        return skipped

    def _extend(self) -> Sequence[int]:
        """Widen the window when half of it is used up, so that one hop to the loop serves many files."""
        left = self._ahead - (self._last or 0) - 1
        if not self._size or 2 * left > self._size or 2 * self._held_bytes > self._limits.bytes:
            return ()
        self._size = min(2 * self._size, self._limits.files)
        return self._schedule()

    def _schedule(self) -> list[int]:
        fetch = []
        end = (self._last or 0) + 1 + self._size
        while self._ahead < end and (size := self._sizes.get(self._ahead)) is not None:
            if size <= self._limits.file_bytes:
                if self._held_bytes + size > self._limits.bytes:
                    break
                self._held[self._ahead] = size
                self._held_bytes += size
                fetch.append(self._ahead)
            self._ahead += 1
        return fetch
