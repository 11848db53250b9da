"""What all sensors saw at one moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tensorbay._util.codec import ANY
from tensorbay._util.file import URL
from tensorbay._util.record import ABSENT, Field
from tensorbay._util.user import UserMutableMapping
from tensorbay.dataset.data import RemoteData

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Frame"]


class Frame(UserMutableMapping[str, Any]):
    """Data by sensor name. `frame_id`, a ULID of whatever library, exists only if given; `str()` of it is sent."""

    _missing = "'{}' object has no attribute '{}'"

    frame_id: Field[Any] = Field(ANY, default=ABSENT)

    def __init__(self, frame_id: Any = None) -> None:
        self._data: dict[str, Any] = {}
        if frame_id is not None:
            self.frame_id = frame_id

    def _repr_head(self) -> str:
        frame_id = getattr(self, "frame_id", None)
        return type(self).__name__ if frame_id is None else f'{type(self).__name__}("{frame_id}")'

    @classmethod
    def from_response_body(
        cls, body: dict[str, Any], url_index: int = 0, urls: Any = None, *, cache_path: str = ""
    ) -> Self:
        """`urls` is a lazy page whose item `url_index` has the addresses by sensor name."""
        # Imported here: who has no frames needs none of it.
        from tensorbay.dataset._frame_id import FrameId

        frame = cls(FrameId.read(body["frameId"]))
        for item in body["frame"]:
            name = item["sensorName"]
            url = None
            if urls is not None:
                url = URL.from_getter(partial(_address, urls, url_index, name), urls.pull)
            frame[name] = RemoteData.from_response_body(item, url=url, cache_path=cache_path)
        return frame


def _address(urls: Any, index: int, sensor_name: str) -> str:
    address: str = urls.items[index].get()[sensor_name]
    return address
