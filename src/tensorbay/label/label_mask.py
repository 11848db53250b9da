"""Masks: images whose pixel values stand for categories or instances, here or in a dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from tensorbay._util.codec import ANY, BOOLEAN, Codec, Schema, member
from tensorbay._util.file import URL, FileMixin, RemoteFileMixin
from tensorbay._util.number import plain
from tensorbay._util.record import ABSENT, Field
from tensorbay._util.repr import ReprMixin
from tensorbay.label.supports import MaskSubcatalog

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "InstanceMask",
    "InstanceMaskBase",
    "InstanceMaskSubcatalog",
    "PanopticMask",
    "PanopticMaskBase",
    "PanopticMaskSubcatalog",
    "RemoteInstanceMask",
    "RemotePanopticMask",
    "RemoteSemanticMask",
    "SemanticMask",
    "SemanticMaskBase",
    "SemanticMaskSubcatalog",
]

Attributes = dict[str, Any]


class SemanticMaskSubcatalog(MaskSubcatalog):
    """What semantic masks of a dataset may be."""


class InstanceMaskSubcatalog(MaskSubcatalog):
    """What instance masks of a dataset may be. Unless set or loaded, `is_tracking` is False."""

    is_tracking = Field(BOOLEAN, default=False)

    def __init__(self, description: str = "") -> None:
        super().__init__(description)
        self.is_tracking = False


class PanopticMaskSubcatalog(MaskSubcatalog):
    """What panoptic masks of a dataset may be."""


class _MaskBase(ReprMixin):
    """`all_attributes` exists only if set: the attributes of what each pixel value stands for."""

    _missing: ClassVar[str] = "'{}' object has no attribute '{}'"
    _repr_attrs: ClassVar[tuple[str, ...]] = ("all_attributes",)
    _id_key: ClassVar[str] = "instanceId"

    path: Any
    all_attributes: Field[dict[int, Attributes]] = Field(ANY, default=ABSENT)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.path == other.path and self._info() == other._info()

    __hash__ = None  # type: ignore[assignment]

    def _info(self) -> list[dict[str, Any]] | None:
        """What each pixel value stands for, as it is on the wire; None for nothing known."""
        if not hasattr(self, "all_attributes"):
            return None
        return [
            {self._id_key: plain(id_), "attributes": plain(attributes)}
            for id_, attributes in self.all_attributes.items()
        ]

    def _load_info(self, info: Iterable[Any]) -> None:
        self.all_attributes = {item[self._id_key]: item["attributes"] for item in info}

    def _with_info(self, body: dict[str, Any]) -> dict[str, Any]:
        info = self._info()
        return body if info is None else {**body, "info": info}


class SemanticMaskBase(_MaskBase):
    """The pixel values are category ids."""

    _id_key = "categoryId"


class InstanceMaskBase(_MaskBase):
    """The pixel values are instance ids."""


class PanopticMaskBase(_MaskBase):
    """The pixel values are instance ids; `all_category_ids` has the category id of each."""

    _repr_attrs = ("all_category_ids", "all_attributes")

    all_category_ids: dict[int, int]

    def _info(self) -> list[dict[str, Any]]:
        info: list[dict[str, Any]] = [
            {"instanceId": plain(instance_id), "categoryId": plain(category_id)}
            for instance_id, category_id in self.all_category_ids.items()
        ]
        if all_attributes := getattr(self, "all_attributes", None):
            for item, instance_id in zip(info, self.all_category_ids, strict=True):
                item["attributes"] = plain(all_attributes[instance_id])
        return info

    def _load_info(self, info: Iterable[Any]) -> None:
        items = list(info)
        self.all_category_ids = {item["instanceId"]: item["categoryId"] for item in items}
        if any("attributes" in item for item in items):
            self.all_attributes = {item["instanceId"]: item.get("attributes", {}) for item in items}


class _LocalMask(_MaskBase, FileMixin):
    _repr_maxlevel = 3

    def get_callback_body(self) -> dict[str, Any]:
        """What the server is told about the uploaded mask."""
        return self._with_info(self._get_callback_body())

    dumps = get_callback_body


class SemanticMask(SemanticMaskBase, _LocalMask):
    pass


class InstanceMask(InstanceMaskBase, _LocalMask):
    pass


class PanopticMask(PanopticMaskBase, _LocalMask):
    def __init__(self, local_path: str | os.PathLike[str]) -> None:
        super().__init__(local_path)
        self.all_category_ids = {}


class _RemoteMask(_MaskBase, RemoteFileMixin):
    _repr_maxlevel = 3

    def __init__(self, remote_path: str, *, url: URL | None = None, cache_path: str = "") -> None:
        RemoteFileMixin.__init__(self, remote_path, url=url, cache_path=cache_path)

    @classmethod
    def from_response_body(cls, body: dict[str, Any]) -> Self:
        mask = cls(body["remotePath"])
        if "info" in body:
            member(body, "info", mask._load_info)
        return mask

    def dumps(self) -> dict[str, Any]:
        """As the server tells it: by the path in the dataset."""
        return self._with_info({"remotePath": self.path})


class RemoteSemanticMask(SemanticMaskBase, _RemoteMask):
    pass


class RemoteInstanceMask(InstanceMaskBase, _RemoteMask):
    pass


class RemotePanopticMask(PanopticMaskBase, _RemoteMask):
    def __init__(self, remote_path: str, *, url: URL | None = None, cache_path: str = "") -> None:
        super().__init__(remote_path, url=url, cache_path=cache_path)
        self.all_category_ids = {}

    @classmethod
    def from_response_body(cls, body: dict[str, Any]) -> Self:
        mask = cls(body["remotePath"])
        member(body, "info", mask._load_info)
        return mask


def _schema() -> Schema:
    return {
        "type": "object",
        "properties": {
            "remotePath": {"type": "string"},
            "checksum": {"type": "string"},
            "fileSize": {"type": "integer"},
            "info": {"type": "array", "items": {"type": "object"}},
        },
        "anyOf": [{"required": ["remotePath"]}, {"required": ["checksum", "fileSize"]}],
    }


def _mask(remote: type[_RemoteMask]) -> Codec[Any]:
    return Codec(remote.from_response_body, lambda mask: mask.dumps(), _schema)


SEMANTIC: Codec[SemanticMask | RemoteSemanticMask] = _mask(RemoteSemanticMask)
INSTANCE: Codec[InstanceMask | RemoteInstanceMask] = _mask(RemoteInstanceMask)
PANOPTIC: Codec[PanopticMask | RemotePanopticMask] = _mask(RemotePanopticMask)
