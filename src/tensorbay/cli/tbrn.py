from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from urllib.parse import unquote

import click

from tensorbay.exception import TBRNError

__all__ = ["TBRN"]


@dataclass(frozen=True, slots=True)
class TBRN:
    """A TensorBay resource name: `tb:<dataset>[@<revision> | #<draft number>][:<segment>][://<remote path>]`.

    In the text, the characters `%`, `@`, `#` and `:` of a name are percent-encoded; a remote path is as it is.
    """

    dataset_name: str
    segment_name: str | None = None
    _: KW_ONLY
    remote_path: str | None = None
    revision: str | None = None
    draft_number: int | None = None

    @classmethod
    def parse(cls, text: str) -> TBRN:
        """TBRNError says what is wrong with `text`."""
        if not text.startswith("tb:"):
            raise TBRNError(f'TensorBay Resource Name should start with "tb:", not "{text}"')
        names, separator, path = text[3:].partition("://")
        version, colon, segment = names.partition(":")
        dataset, revision, draft = _version(version, text)
        if not dataset:
            raise TBRNError('TensorBay Resource Name should add dataset name "tb:<dataset name>"')
        if colon and not segment:
            raise TBRNError(f'Invalid TensorBay Resource Name "{text}": the segment name is empty')
        if separator and not (segment and path):
            raise TBRNError(
                f'Invalid TensorBay Resource Name "{text}": a path needs a segment, tb:<dataset>:<segment>://<path>'
            )
        return cls(
            unquote(dataset),
            unquote(segment) or None,
            remote_path=path or None,
            revision=unquote(revision) if revision else None,
            draft_number=draft,
        )

    def __str__(self) -> str:
        text = f"tb:{_quoted(self.dataset_name)}"
        if self.revision is not None:
            text += f"@{_quoted(self.revision)}"
        if self.draft_number is not None:
            text += f"#{self.draft_number}"
        if self.segment_name is not None:
            text += f":{_quoted(self.segment_name)}"
        if self.remote_path is not None:
            text += f"://{self.remote_path}"
        return text

    @property
    def has_version(self) -> bool:
        return self.revision is not None or self.draft_number is not None

    def get_colored_tbrn(self, color: str = "yellow") -> str:
        return click.style(str(self), fg=color)


def _quoted(name: str) -> str:
    return re.sub("[%@#:]", lambda match: f"%{ord(match[0]):02X}", name)


def _version(text: str, whole: str) -> tuple[str, str | None, int | None]:
    dataset, at, revision = text.partition("@")
    if at:
        if not revision or "#" in revision:
            raise TBRNError(f'Invalid TensorBay Resource Name "{whole}": a revision, or a draft number, not both')
        return dataset, revision, None
    dataset, sharp, number = text.partition("#")
    if not sharp:
        return dataset, None, None
    if not number.isdecimal() or int(number) < 1:
        raise TBRNError(f'Invalid TensorBay Resource Name "{whole}": "{number}" is no draft number')
    return dataset, None, int(number)
