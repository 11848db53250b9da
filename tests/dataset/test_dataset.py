from __future__ import annotations

import asyncio
import copy
import hashlib
import pickle
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, BinaryIO

import anyio
import pytest

from tensorbay._util import file
from tensorbay.dataset import (
    AuthData,
    Data,
    Dataset,
    Frame,
    FusionDataset,
    FusionSegment,
    Notes,
    RemoteData,
    Segment,
)
from tensorbay.label import Catalog, Classification
from tensorbay.sensor import Lidar, Sensors
from tensorbay.utility import URL


def test_data_tells_what_was_uploaded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"CONTENT")
    data = Data(path, timestamp=3)
    data.label.classification = Classification("cat")
    assert data.get_callback_body() == {
        "checksum": "238a131a3e8eb98d1fc5b27d882ca40b7618fd2a",
        "fileSize": 7,
        "remotePath": "a.png",
        "timestamp": 3,
        "label": {"CLASSIFICATION": {"category": "cat"}},
    }
    assert data.get_checksum() == hashlib.sha1(b"CONTENT").hexdigest()
    assert data.get_url() == path.as_uri()
    data.target_remote_path = "b/c.png"
    assert data.target_remote_path == "b/c.png"


async def test_local_data_has_both_colours(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    (tmp_path / "a").write_bytes(content)
    data = Data(tmp_path / "a")
    assert await data.aread() == content
    async with data.aopen() as file:
        assert await file.read(3) == content[:3]
        assert b"".join([chunk async for chunk in file]) == content[3:]
        assert await file.read() == b""


class Asynchronous:
    """What `AsyncGAS` injects."""

    async def read(self, data: Any) -> bytes:
        await asyncio.sleep(0)
        return b"bytes"

    async def stream(self, data: Any) -> AsyncGenerator[bytes]:
        yield b"by"
        yield b"tes"

    async def get_url(self, data: Any) -> str:
        return f"signed:{data.path}"


class Breaking(Asynchronous):
    async def stream(self, data: Any) -> AsyncGenerator[bytes]:
        yield b"by"
        raise ConnectionError("lost in the middle")


class Hanging(Asynchronous):
    async def stream(self, data: Any) -> AsyncGenerator[bytes]:
        yield b"by"
        await asyncio.Event().wait()


async def test_the_cache_has_whole_files_only(tmp_path: Path) -> None:
    data = RemoteData("x/a.png", cache_path=str(tmp_path / "cache"))
    data._reader = Breaking()
    for call in (data.aread(), data.aopen().read()):
        with pytest.raises(ConnectionError, match="lost in the middle"):
            await call
    data._reader = Hanging()
    with anyio.move_on_after(0.05):
        await data.aread()
    folder = anyio.Path(tmp_path / "cache" / "x")
    with anyio.fail_after(60):
        while [path async for path in folder.iterdir()]:  # noqa: ASYNC110  (a cancelled read does not wait for it)
            await anyio.sleep(0.01)
    data._reader = Asynchronous()
    assert await data.aread() == b"bytes"
    assert await (folder / "a.png").read_bytes() == b"bytes"


async def test_a_cached_file_that_is_left_early_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streams: list[Any] = []
    blocks = file._blocks

    def keep(open_: Callable[[], BinaryIO]) -> AsyncGenerator[bytes]:
        streams.append(stream := blocks(open_))
        return stream

    monkeypatch.setattr(file, "_blocks", keep)
    data = RemoteData("x/a.png", cache_path=str(tmp_path))
    data._reader = Asynchronous()
    async with data.aopen() as opened:
        assert await opened.read(1) == b"b"
    assert [stream.ag_frame for stream in streams] == [None]


async def test_data_of_an_async_listing() -> None:
    data = AuthData("x/a.png")
    data._reader = Asynchronous()
    assert await data.aread() == b"bytes"
    assert await data.aget_url() == "signed:x/a.png"
    async with data.aopen() as file:
        assert await file.read(4) == b"byte"
        assert await file.read() == b"s"
    with pytest.raises(TypeError, match=r"listed by AsyncGAS: use `await data.aread\(\)`"):
        data.open()
    with pytest.raises(TypeError, match=r"await data.aget_url\(\)"):
        data.get_url()


async def test_data_with_an_address_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    data = RemoteData("a", url=URL((tmp_path / "a").as_uri(), lambda: None))
    assert await data.aread() == b"bytes"
    async with data.aopen() as file:
        assert await file.read() == b"bytes"
    assert await data.aget_url() == (tmp_path / "a").as_uri()


def test_the_label_of_listed_data_is_parsed_when_used() -> None:
    data = RemoteData.from_response_body({"remotePath": "a", "label": b'{"BOX2D": 5}'})
    with pytest.raises(KeyError, match="an array is needed"):
        data.label  # noqa: B018
    with pytest.raises(KeyError):
        RemoteData.from_response_body({"remotePath": "a"})


def test_missing_timestamps_and_addresses() -> None:
    data = RemoteData("a")
    assert not hasattr(data, "timestamp")
    with pytest.raises(AttributeError, match="'RemoteData' object has no attribute 'timestamp'"):
        data.timestamp  # noqa: B018
    with pytest.raises(ValueError, match=r'The file URL cannot be got because RemoteData\("a"\) has no url'):
        data.get_url()
    with pytest.raises(AttributeError, match="Could not dump a 'RemoteData' instance"):
        data.get_callback_body()
    assert AuthData("x/").target_remote_path == ""


def test_a_local_dataset(tmp_path: Path) -> None:
    dataset = Dataset("d")
    for name in ("b", "a"):
        dataset.create_segment(name)
    assert dataset.keys() == ("a", "b")
    assert "a" in dataset
    assert dataset["b"] is dataset[1]
    with pytest.raises(KeyError, match='Name "a" already exists!'):
        dataset.add_segment(Segment("a"))
    del dataset["a"]
    assert len(dataset) == 1
    (tmp_path / "catalog.json").write_text('{"BOX2D": {"isTracking": true}}')
    dataset.load_catalog(tmp_path / "catalog.json")
    assert dataset.catalog.box2d.is_tracking
    dataset._catalog = Catalog()
    assert not dataset.catalog
    with pytest.raises(TypeError, match="Cache is only for remote datasets"):
        dataset.enable_cache()
    assert repr(dataset) == 'Dataset("d") [\n  Segment("b") []\n]'


def test_segments_sort_by_path() -> None:
    segment = Segment()
    segment.extend([Data("b"), Data("a")])
    segment.sort()
    assert [data.path for data in segment] == ["a", "b"]
    segment.sort(key=lambda data: data.path, reverse=True)
    assert [data.path for data in segment] == ["b", "a"]


class Remote:
    """Stands where `GAS` and its clients stand, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def ask(*arguments: Any, **_: Any) -> Any:
            self.asked.append(" ".join([name, *map(str, arguments)]))
            return {
                "list_segments": [{"name": name, "description": f"of {name}"} for name in "ba"],
                "list_data": [RemoteData("x")],
                "list_frames": [Frame()],
                "get_sensors": Sensors(),
                "get_catalog": Catalog(),
                "get_notes": Notes(True),
            }.get(name, self)

        return ask


def test_a_remote_dataset_asks_when_it_is_used() -> None:
    remote = Remote()
    dataset = Dataset("d", remote, revision="v1")
    assert remote.asked == ["get_dataset d", "checkout v1"]
    assert dataset.keys() == ("a", "b")
    segment = dataset["a"]
    assert remote.asked[2:] == ["list_segments"]
    assert [data.path for data in segment] == ["x"]
    assert remote.asked[3:] == ["get_segment a", "list_data"]
    assert dataset.notes.is_continuous
    assert dataset.notes.is_continuous
    assert not dataset.catalog
    assert remote.asked[5:] == ["get_notes", "get_catalog"]
    assert repr(dataset) == 'Dataset("d") [\n  Segment("a") [...],\n  Segment("b") [...]\n]'


def test_a_remote_segment_is_looked_up_at_once() -> None:
    remote = Remote()
    segment = Segment("a", client=remote)
    assert remote.asked == ["get_segment a", "list_data"]
    assert repr(segment) == 'Segment("a") [\n  RemoteData("x")(...)\n]'


def test_fusion() -> None:
    dataset = FusionDataset("d")
    segment = dataset.create_segment("s")
    assert type(segment) is FusionSegment
    segment.sensors.add(Lidar("l"))
    frame = Frame()
    frame["l"] = Data("a")
    segment.append(frame)
    assert repr(dataset) == 'FusionDataset("d") [\n  FusionSegment("s") [...](...)\n]'
    remote = Remote()
    assert len(FusionDataset("d", remote)["a"].sensors) == 0
    assert remote.asked[-2:] == ["get_segment a", "get_sensors"]


def test_frames_have_ulids() -> None:
    body = {"frameId": "01F29QVWASMNV7ZEMFVTJ1S2A8", "frame": []}
    frame_id = Frame.from_response_body(body).frame_id
    assert str(frame_id) == frame_id.str == "01F29QVWASMNV7ZEMFVTJ1S2A8"
    legacy = Frame.from_response_body({"frameId": str(frame_id.uuid), "frame": []})
    assert legacy.frame_id == frame_id
    assert repr(legacy) == 'Frame("01F29QVWASMNV7ZEMFVTJ1S2A8") {}'
    assert not hasattr(Frame(), "frame_id")


class OfAnotherLibrary:
    """A ULID as ulid-py and python-ulid have it: they agree on its bytes and text."""

    bytes = bytes.fromhex("0178937df159a5767fba8fdea41c8948")

    def __str__(self) -> str:
        return "01F29QVWASMNV7ZEMFVTJ1S2A8"


def test_frame_ids_have_the_calls_of_1x() -> None:
    frame_id = Frame.from_response_body({"frameId": "01f29qvwasmnv7zemfvtj1s2a8", "frame": []}).frame_id
    assert frame_id.timestamp().timestamp == 1617382207.833
    assert str(frame_id.timestamp().datetime) == "2021-04-02 16:50:07.833000+00:00"
    assert (str(frame_id.timestamp()), frame_id.timestamp().int) == ("01F29QVWAS", 1617382207833)
    assert frame_id.bytes == OfAnotherLibrary.bytes
    assert hash(frame_id) == hash(OfAnotherLibrary.bytes)
    assert copy.deepcopy(frame_id) == pickle.loads(pickle.dumps(frame_id)) == frame_id


def test_frame_ids_compare_with_those_of_other_libraries() -> None:
    frame_id = Frame.from_response_body({"frameId": "01F29QVWASMNV7ZEMFVTJ1S2A8", "frame": []}).frame_id
    given = Frame(OfAnotherLibrary())
    assert repr(given) == 'Frame("01F29QVWASMNV7ZEMFVTJ1S2A8") {}'
    assert frame_id == given.frame_id
    assert frame_id == "01F29QVWASMNV7ZEMFVTJ1S2A8" == str(given.frame_id)
    assert frame_id == frame_id.int
    assert frame_id != "no id"
    assert frame_id != object()
    later = Frame.from_response_body({"frameId": "01F29QVWATMNV7ZEMFVTJ1S2A8", "frame": []}).frame_id
    assert frame_id < later
    assert later >= frame_id


@pytest.mark.parametrize("text", ["", "01F29QVWASMNV7ZEMFVTJ1S2A", "81F29QVWASMNV7ZEMFVTJ1S2A8", "U" * 26])
def test_what_is_no_frame_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no ULID|badly formed"):
        Frame.from_response_body({"frameId": text, "frame": []})


def test_notes_unpack() -> None:
    notes = Notes(True, ["X", "Y"])
    assert dict(**notes) == {"is_continuous": True, "bin_point_cloud_fields": ["X", "Y"]}
    assert Notes.loads(notes.dumps()) == notes
    with pytest.raises(KeyError):
        notes["isContinuous"]
