"""A named part of a dataset."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import TYPE_CHECKING, Any, TypeVar

from tensorbay._util.named import NameMixin
from tensorbay._util.user import UserMutableSequence
from tensorbay.dataset.frame import Frame
from tensorbay.sensor import Sensors

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FusionSegment", "Segment"]

T = TypeVar("T")


def _path(data: Any) -> Any:
    return data.path


class SegmentBase(NameMixin, UserMutableSequence[T]):
    """A list of its own, or with a `client` a view of the segment of that name in the client's dataset."""

    def __init__(self, name: str = "default", client: Any = None) -> None:
        super().__init__(name)
        self._client = client
        # Looked up at once, so that a wrong name is an error here; what is in it is listed at the first use.
        self._items: MutableSequence[T] | None = [] if client is None else self._list(client.get_segment(name))

    @classmethod
    def _view(cls, name: str, client: Any) -> Self:
        """Of a segment that is known to exist: nothing is requested before it is used."""
        view = cls(name)
        view._client = client
        view._forget()
        return view

    def _forget(self) -> None:
        self._items = None

    @staticmethod
    def _list(segment_client: Any) -> MutableSequence[T]:
        listing: MutableSequence[T] = segment_client.list_data()
        return listing

    @property
    def _data(self) -> MutableSequence[T]:  # type: ignore[override]
        if self._items is None:
            self._items = self._list(self._client.get_segment(self.name))
        return self._items

    @property
    def _repr_non_empty(self) -> bool:  # type: ignore[override]
        return self._client is not None


class FusionSegment(SegmentBase[Frame]):
    """The frames of a fusion dataset, and its sensors."""

    _repr_attrs = ("sensors",)
    _repr_maxlevel = 2

    def __init__(self, name: str = "default", client: Any = None) -> None:
        super().__init__(name, client)
        self._sensors: Sensors | None = Sensors() if client is None else None

    def _forget(self) -> None:
        super()._forget()
        self._sensors = None

    @staticmethod
    def _list(segment_client: Any) -> MutableSequence[Frame]:
        listing: MutableSequence[Frame] = segment_client.list_frames()
        return listing

    @property
    def sensors(self) -> Sensors:
        if self._sensors is None:
            self._sensors = self._client.get_segment(self.name).get_sensors()
        return self._sensors

    @sensors.setter
    def sensors(self, sensors: Sensors) -> None:
        self._sensors = sensors


class Segment(SegmentBase[Any]):
    """The files of a normal dataset: `Data`, `AuthData` or `RemoteData`."""

    def sort(self, *, key: Callable[[Any], Any] = _path, reverse: bool = False) -> None:
        if not isinstance(self._items, list):
            raise NotImplementedError("A remote segment cannot be sorted: sorted(segment, key=...) gives a list")
        self._items.sort(key=key, reverse=reverse)
