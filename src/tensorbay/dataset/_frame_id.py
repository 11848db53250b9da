"""The ids of frames.

No library: the two for ULIDs are both called `ulid`, and users of 1.x have the other one installed.
"""

from __future__ import annotations

from functools import total_ordering
from secrets import randbits
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

# Crockford's base 32.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def _encode(value: int, length: int) -> str:
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(length)))


def _decode(text: str) -> int:
    value = 0
    try:
        for letter in text.upper():
            value = value << 5 | _VALUES[letter]
    except KeyError:
        raise ValueError(f"{text!r} is no ULID") from None
    if len(text) != 26 or value >> 128:
        raise ValueError(f"{text!r} is no ULID")
    return value


@total_ordering
class FrameId:
    """A ULID, with the names it had in 1.x: 48 bits of time and 80 random ones.

    Equal to, and ordered among, ULIDs of any library, and their text, bytes and number.
    """

    __slots__ = ("int",)

    def __init__(self, value: int) -> None:
        self.int = value

    @classmethod
    def read(cls, text: Any) -> FrameId:
        """From a ULID in text; the first datasets have UUIDs in its place."""
        try:
            return cls(_decode(text))
        except ValueError:
            return cls(UUID(text).int)

    @classmethod
    def from_timestamp(cls, seconds: float) -> FrameId:
        """A new id, made at that time; ids of the same millisecond differ, in no particular order."""
        return cls(round(seconds * 1000) << 80 | randbits(80))

    def __str__(self) -> str:
        return self.str

    def __repr__(self) -> str:
        return f"<ULID('{self.str}')>"

    @property
    def str(self) -> str:
        return _encode(self.int, 26)

    @property
    def bytes(self) -> bytes:
        return self.int.to_bytes(16, "big")

    @property
    def uuid(self) -> UUID:
        return UUID(int=self.int)

    def timestamp(self) -> Timestamp:
        """When the id was made."""
        return Timestamp(self.int >> 80)

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __eq__(self, other: object) -> bool:
        value = _number(other)
        return NotImplemented if value is None else self.int == value

    def __lt__(self, other: object) -> bool:
        value = _number(other)
        return NotImplemented if value is None else self.int < value


class Timestamp:
    """`int` has milliseconds since 1970, `timestamp` seconds."""

    __slots__ = ("int",)

    def __init__(self, milliseconds: int) -> None:
        self.int = milliseconds

    def __str__(self) -> str:
        return self.str

    @property
    def str(self) -> str:
        return _encode(self.int, 10)

    @property
    def timestamp(self) -> float:
        return self.int / 1000

    @property
    def datetime(self) -> datetime:
        from datetime import datetime, timezone

        return datetime.fromtimestamp(self.timestamp, timezone.utc)


def _number(other: Any) -> int | None:
    if isinstance(other, int):
        return other
    if isinstance(other, str):
        try:
            return _decode(other)
        except ValueError:
            return None
    value = getattr(other, "bytes", other)
    return int.from_bytes(value, "big") if isinstance(value, bytes) else None
