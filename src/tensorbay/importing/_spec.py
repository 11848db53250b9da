from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from tensorbay.importing._formats import LABEL_FORMATS
from tensorbay.wire import Placement

__all__ = ["ImportSpec"]


class ImportSpec(BaseModel):
    """What to import, and how: plain values, so that the same spec can be stored, sent and run elsewhere.

    `data` and `labels` are folders in the storage config `config`, as paths from the root of the bucket; without
    `labels` the data are indexed unlabelled. A data file and a label file belong together when their paths below these
    folders are equal up to the extension; that path of the data file is the remote path of the entry. `include` and
    `exclude` are globs on it (`**` crosses folders). One of the folders may lie inside the other.

    `placement` says whether data files are indexed where they lie ("in_place") or as copies that the store makes below
    the config's path ("copy"); "auto" copies those that lie outside that path.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    config: str
    data: str
    labels: str | None = None
    segment: str = "default"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    label_format: str = "tensorbay"
    placement: Placement = "auto"
    on_error: Literal["abort", "skip"] = "abort"
    on_orphan: Literal["keep", "skip", "abort"] = "keep"
    concurrency: int = Field(default=64, ge=1, le=1024)
    batch_size: int = Field(default=1000, ge=1, le=5000)

    @field_validator("data", "labels")
    @classmethod
    def _folder(cls, path: str | None) -> str | None:
        if path and (path.startswith("/") or {".", ".."} & set(path.split("/"))):
            raise ValueError('write a path from the root of the bucket, such as "data/images"; "" is all of it')
        return f"{path}/" if path and not path.endswith("/") else path

    @model_validator(mode="after")
    def _two_folders(self) -> Self:
        if self.labels is not None and self.data == self.labels:
            raise ValueError(
                f"data and labels are one folder, {self.data!r}: move the label files into a folder of their own, "
                "which may lie inside"
            )
        return self

    @field_validator("label_format")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in LABEL_FORMATS:
            raise ValueError(f"{name!r} is no label format; there are {', '.join(LABEL_FORMATS)}")
        return name
