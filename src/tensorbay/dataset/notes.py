from __future__ import annotations

from collections.abc import Iterable, KeysView
from typing import Any

from tensorbay._util.codec import BOOLEAN, STRING, Codec, list_of
from tensorbay._util.record import Field, Record

__all__ = ["Notes"]

_NAMES = list_of(STRING)
_OPTIONAL_NAMES: Codec[list[str] | None] = Codec(
    lambda contents: None if contents is None else _NAMES.load(contents),
    lambda names: None if names is None else _NAMES.dump(names),
    _NAMES.schema,
)


class Notes(Record):
    """What a dataset says about itself; `**notes` unpacks it."""

    _repr_attrs = ("is_continuous", "bin_point_cloud_fields")

    is_continuous = Field(BOOLEAN, default=False)
    bin_point_cloud_fields = Field(_OPTIONAL_NAMES, default=None)

    def __init__(self, is_continuous: bool = False, bin_point_cloud_fields: Iterable[str] | None = None) -> None:
        self.is_continuous = is_continuous
        self.bin_point_cloud_fields = list(bin_point_cloud_fields) if bin_point_cloud_fields else None

    def __getitem__(self, name: str) -> Any:
        if name not in self._fields:
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> KeysView[str]:
        return KeysView(tuple(self._fields))
