"""One file of a dataset with its labels: on this machine, in a dataset, or in storage of the user's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from tensorbay._util.codec import NUMBER
from tensorbay._util.file import URL, FileMixin, RemoteFileMixin, local
from tensorbay._util.record import ABSENT, Field
from tensorbay._util.repr import SLOTS_OF_SUBCLASS, ReprMixin
from tensorbay.label import Label

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AuthData", "Data", "RemoteData"]


class DataBase(ReprMixin):
    """`timestamp` exists only if given. `label` is made, or read from its JSON text, when first asked for."""

    __slots__ = SLOTS_OF_SUBCLASS

    _repr_attrs: ClassVar[tuple[str, ...]] = ("timestamp", "label")
    _missing: ClassVar[str] = "'{}' object has no attribute '{}'"

    timestamp = Field(NUMBER, default=ABSENT)
    path: Any
    _label: Label | bytes | None

    def _data(self, timestamp: float | None) -> None:
        self._label = None
        self._timestamp = ABSENT if timestamp is None else timestamp

    @property
    def label(self) -> Label:
        if not isinstance(self._label, Label):
            self._label = Label() if self._label is None else Label.load_json(self._label)
        return self._label

    @label.setter
    def label(self, label: Label) -> None:
        self._label = label

    def _described(self, body: dict[str, Any]) -> dict[str, Any]:
        """`body` with what there is of timestamp and label."""
        if self._timestamp is not ABSENT:
            body["timestamp"] = self._timestamp
        if self.label:
            body["label"] = self.label.dumps()
        return body


class Data(DataBase, FileMixin):
    """A file on this machine. `target_remote_path` is by default its name without folders."""

    __slots__ = ("_checksum", "_label", "_target_remote_path", "_timestamp", "path")

    def __init__(
        self,
        local_path: str | os.PathLike[str],
        *,
        target_remote_path: str | None = None,
        timestamp: float | None = None,
    ) -> None:
        FileMixin.__init__(self, local_path)
        self._data(timestamp)
        self._target_remote_path = target_remote_path

    @property
    def target_remote_path(self) -> str:
        return local(self.path).name if self._target_remote_path is None else self._target_remote_path

    @target_remote_path.setter
    def target_remote_path(self, target_remote_path: str) -> None:
        self._target_remote_path = target_remote_path

    def get_callback_body(self) -> dict[str, Any]:
        """What the server is told about the uploaded file."""
        return self._described({**self._get_callback_body(), "remotePath": self.target_remote_path})


class _ListedData(DataBase, RemoteFileMixin):
    """`size`, `etag`, `mtime` and `version` are what the listing said, None if it did not."""

    __slots__ = SLOTS_OF_SUBCLASS

    size: int | None
    etag: str | None
    mtime: float | None
    version: str | None

    def _listed(self) -> None:
        self.size = None
        self.etag = None
        self.mtime = None
        self.version = None


_LISTED_SLOTS = (
    "_label",
    "_reader",
    "_timestamp",
    "cache_path",
    "etag",
    "mtime",
    "path",
    "size",
    "url",
    "version",
)


class RemoteData(_ListedData):
    """A file that is in a dataset."""

    __slots__ = _LISTED_SLOTS

    def __init__(
        self,
        remote_path: str,
        *,
        timestamp: float | None = None,
        url: URL | None = None,
        cache_path: str = "",
    ) -> None:
        RemoteFileMixin.__init__(self, remote_path, url=url, cache_path=cache_path)
        self._data(timestamp)
        self._listed()

    @classmethod
    def from_response_body(cls, body: dict[str, Any], *, url: URL | None = None, cache_path: str = "") -> Self:
        """`body["label"]` may be JSON text, which is parsed when the label is first used."""
        data = cls(body["remotePath"], timestamp=body.get("timestamp"), url=url, cache_path=cache_path)
        label = body["label"]
        data._label = Label.loads(label) if isinstance(label, dict) else bytes(label)
        return data


class AuthData(_ListedData):
    """A file in storage of the user's own. `target_remote_path` is by default what follows the last "/".

    `config_name` is the storage config that listed it; None: that of the dataset it is imported into.
    """

    __slots__ = (*_LISTED_SLOTS, "_target_remote_path", "config_name")

    def __init__(
        self,
        cloud_path: str,
        *,
        target_remote_path: str | None = None,
        timestamp: float | None = None,
        url: URL | None = None,
    ) -> None:
        RemoteFileMixin.__init__(self, cloud_path, url=url)
        self._data(timestamp)
        self._listed()
        self.config_name: str | None = None
        self._target_remote_path = target_remote_path

    @property
    def target_remote_path(self) -> str:
        return self.path.rpartition("/")[2] if self._target_remote_path is None else self._target_remote_path

    @target_remote_path.setter
    def target_remote_path(self, target_remote_path: str) -> None:
        self._target_remote_path = target_remote_path

    def get_callback_body(self) -> dict[str, Any]:
        """What the server is told when the file is imported."""
        return self._described({"cloudPath": self.path, "remotePath": self.target_remote_path})
