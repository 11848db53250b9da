from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["ImportFailure", "ImportReport"]


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A file that was left out, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(slots=True)
class ImportReport:
    """What an import found and did. Paths are keys in the storage.

    `listed_data` and `listed_labels` count files under the prefixes, `excluded` those that the globs removed,
    `indexed` the entries posted, `labelled` those among them that have a label, `in_place` those whose file stays where
    it lies, `copied` those that are copies made by the store, now or by an earlier import. `orphan_data` are data files
    without a label file, `orphan_labels` the reverse, `failures` the files left out by `on_error="skip"`.
    `draft_number` is None before there was anything to post, `commit_id` while the result is a draft only.
    """

    dataset: str
    segment: str
    draft_number: int | None = None
    commit_id: str | None = None
    listed_data: int = 0
    listed_labels: int = 0
    excluded: int = 0
    indexed: int = 0
    labelled: int = 0
    in_place: int = 0
    copied: int = 0
    label_bytes: int = 0
    orphan_data: list[str] = field(default_factory=list)
    orphan_labels: list[str] = field(default_factory=list)
    failures: list[ImportFailure] = field(default_factory=list)

    def dumps(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f'{self.indexed} files indexed in "{self.dataset}", segment "{self.segment}"']
        if self.copied:
            lines.append(f"{self.in_place} where they lie, {self.copied} as copies")
        if self.labelled != self.indexed:
            lines.append(f"{self.indexed - self.labelled} of them without a label")
        if self.excluded:
            lines.append(f"{self.excluded} of {self.listed_data} files left out by include/exclude")
        lines += _examples("data files without a label file", self.orphan_data)
        lines += _examples("label files without a data file", self.orphan_labels)
        lines += _examples("files left out because of errors", self.failures)
        return "\n".join(lines)


def _examples(what: str, items: list[Any]) -> list[str]:
    if not items:
        return []
    shown = "".join(f"\n  {item}" for item in items[:5])
    return [f"{len(items)} {what}:{shown}" + ("\n  ..." if len(items) > 5 else "")]
