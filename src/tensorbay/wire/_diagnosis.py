"""What a check of a storage config found."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NOT_TO_READ = frozenset({"put", "copy", "delete"})
_MARKS = {"ok": "✓", "failed": "✗", "skipped": "–"}  # noqa: RUF001


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that was tried. `words` are the store's own where it had any, `advice` is ours."""

    name: str
    status: Literal["ok", "failed", "skipped"]
    words: str = ""
    permission: str = ""
    advice: str = ""
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"

    @property
    def is_failed(self) -> bool:
        return self.status == "failed"

    def __str__(self) -> str:
        time = "" if self.status == "skipped" else f"{self.seconds:.2f} s"
        lines = [f"{_MARKS[self.status]} {self.name:<14} {time:>8}  {self.words}".rstrip()]
        notes = [f"needs {self.permission}" if self.permission else "", self.advice]
        lines += [f"{'':27}→ {note}" for note in notes if note]
        return "\n".join(lines)


class Diagnosis(msgspec.Struct, frozen=True, rename="camel"):
    """A storage, tried step by step. True when it can be read: that is all an import in place needs.

    `policy` is what to paste where permissions are given, when one was missing; None otherwise.
    """

    storage: str
    steps: tuple[Step, ...]
    policy: str | None = None

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"There is no step {name!r}, but {', '.join(step.name for step in self.steps)}.")

    def __bool__(self) -> bool:
        return self.ok

    @property
    def ok(self) -> bool:
        return self.can_read

    @property
    def can_read(self) -> bool:
        """List and get. Where there was no object to get, the listing alone decides."""
        return self["list"].is_ok and not self["get"].is_failed

    @property
    def can_write(self) -> bool:
        return self["put"].is_ok

    @property
    def can_copy(self) -> bool:
        return self["copy"].is_ok

    @property
    def can_sign(self) -> bool:
        """A URL was signed, and the object came from it without credentials."""
        return self["sign"].is_ok

    @property
    def summary(self) -> str:
        """What the storage can be used for, in one sentence."""
        if not self.can_read:
            fault = next((step.name for step in self.steps if step.is_failed and step.name not in _NOT_TO_READ), "list")
            return f"It cannot be read: {fault} failed."
        if not self.can_write:
            return "Imports in place work; uploads and copies will not."
        if not self.can_copy:
            return "Imports in place and uploads work; imports of files outside its path, which are copied, will not."
        return "Imports in place, uploads and copies work."

    def dumps(self) -> dict[str, Any]:
        """As JSON has it."""
        verdicts = {
            "ok": self.ok,
            "canRead": self.can_read,
            "canWrite": self.can_write,
            "canCopy": self.can_copy,
            "canSign": self.can_sign,
            "summary": self.summary,
        }
        members: dict[str, Any] = msgspec.to_builtins(self)
        return {**verdicts, **members}

    def __str__(self) -> str:
        lines = [self.storage, *_lines(self.steps), self.summary]
        if self.policy is not None:
            lines += ["", "The permissions it needs, to paste:", self.policy]
        return "\n".join(lines)

    # Notebooks and consoles show the table.
    __repr__ = __str__


def _lines(steps: Iterable[Step]) -> Iterator[str]:
    """Neighbours that were skipped for the same reason share a line."""
    for (status, words), group in groupby(steps, lambda step: (step.status, step.words)):
        names = list(group)
        if status == "skipped" and len(names) > 1:
            yield f"{_MARKS[status]} {', '.join(step.name for step in names)}: {words}"
        else:
            yield from map(str, names)
