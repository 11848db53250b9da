"""The defects of 1.x that concern the model, by their numbers in the fact sheet, each shown to be gone."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorbay.dataset import AuthData, Data, Dataset, Frame, Notes, RemoteData, Segment
from tensorbay.exception import DatasetTypeError, ResponseError, TransportError
from tensorbay.geometry import (
    RLE,
    Box2D,
    Box3D,
    Keypoint2D,
    MultiPolygon,
    Polygon,
    Polyline2D,
    Transform3D,
    Vector2D,
)
from tensorbay.healthcheck import healthcheck
from tensorbay.label import (
    AttributeInfo,
    Box2DSubcatalog,
    InstanceMaskSubcatalog,
    Items,
    KeypointsInfo,
    Label,
    LabeledBox2D,
    SemanticMask,
)
from tensorbay.label.label_mask import RemoteSemanticMask
from tensorbay.sensor import CameraIntrinsics, DistortionCoefficients
from tensorbay.utility import URL, FileMixin, locked


class StoredReader:
    """A reader as a listing injects it, over a dictionary."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.content = content

    def open(self, data: Any) -> Any:
        from io import BytesIO

        return BytesIO(self.content[data.path])

    def get_url_sync(self, data: Any) -> str:
        return f"stored:{data.path}"


def test_2_masks_are_not_cached_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mask = RemoteSemanticMask.from_response_body({"remotePath": "a.png"})
    mask._reader = StoredReader({"a.png": b"mask"})  # type: ignore[assignment]
    with mask.open() as file:
        assert file.read() == b"mask"
    assert not list(tmp_path.iterdir())


def test_5_a_mask_of_auth_data_is_in_the_import_body_by_its_checksum(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"MASK CONTENT")
    data = AuthData("a/b.png")
    data.label.semantic_mask = SemanticMask(str(tmp_path / "mask.png"))
    assert data.get_callback_body()["label"]["SEMANTIC_MASK"] == {
        "checksum": "c86aca4e348b051f60c2d7d1bf750fb3accdfeaf",
        "fileSize": 12,
    }


def test_6_timestamp_of_auth_data_is_imported() -> None:
    assert AuthData("a/b.png", timestamp=0).get_callback_body() == {
        "cloudPath": "a/b.png",
        "remotePath": "b.png",
        "timestamp": 0,
    }


def test_8_a_label_with_a_remote_mask_can_be_written_back() -> None:
    contents = {"SEMANTIC_MASK": {"remotePath": "a.png", "info": [{"categoryId": 1, "attributes": {"k": True}}]}}
    assert Label.loads(contents).dumps() == contents


def test_9_healthcheck_takes_catalogs_with_attributes(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = Dataset("d")
    dataset.create_segment("s").append(Data("a.png"))
    dataset.catalog.box2d = Box2DSubcatalog()
    dataset.catalog.box2d.add_attribute("occluded", type_="integer", minimum=1, maximum=5)
    assert healthcheck(dataset)
    assert capsys.readouterr().out.count("PASS") == 3


def test_10_adding_in_place_keeps_the_type_and_converts() -> None:
    segment = original = Segment("s")
    segment += [Data("a.png")]
    assert segment is original
    assert len(segment) == 1
    polygon = Polygon([(0, 0)])
    polygon += [(1, 2)]  # type: ignore[list-item]
    polygon.append((3, 4))
    polygon.insert(0, [5, 6])
    polygon[1] = (7, 8)
    polygon[2:] = [(9, 9)]
    assert type(polygon) is Polygon
    assert polygon.dumps() == [{"x": 5, "y": 6}, {"x": 7, "y": 8}, {"x": 9, "y": 9}]


def test_11_bounds() -> None:
    assert MultiPolygon([[(5, 5), (0, 0), (10, 10)]]).bounds() == Box2D(0, 0, 10, 10)
    assert list(Polygon([(1, 2)]).bounds()) == [1, 2, 1, 2]
    assert list(Polygon([(1, 2), (1, 5)]).bounds()) == [1, 2, 1, 5]
    assert list(Polygon().bounds()) == [0, 0, 0, 0]


def test_13_either_end_of_a_range_may_be_open() -> None:
    assert Items(maximum=3).dumps() == {"maximum": 3}
    assert AttributeInfo("a", minimum=0).dumps() == {"name": "a", "minimum": 0}


def test_14_an_array_without_items_loads_again() -> None:
    info = AttributeInfo("a", type_="array")
    assert AttributeInfo.loads(info.dumps()) == info


def test_15_a_skeleton_survives_json() -> None:
    info = KeypointsInfo(2, skeleton=[(0, 1)])
    assert KeypointsInfo.loads(json.loads(json.dumps(info.dumps()))) == info


def test_16_a_new_instance_mask_subcatalog_can_be_dumped() -> None:
    assert InstanceMaskSubcatalog().dumps() == {}
    assert InstanceMaskSubcatalog("d").is_tracking is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"is_fusion": True}, 'Dataset "d" is a fusion dataset'),
        ({"is_fusion": False}, 'Dataset "d" is not a fusion dataset'),
    ],
)
def test_12_the_wrong_kind_of_dataset_is_told_either_way(options: dict[str, Any], message: str) -> None:
    assert str(DatasetTypeError(dataset_name="d", **options)) == message


class _Files(BaseHTTPRequestHandler):
    """Serves "/new"; "/old" has expired, and there is nothing else."""

    def do_GET(self) -> None:
        asked.append(self.path)
        body = b"first\nsecond\n"
        self.send_response({"/new": 200, "/old": 403}.get(self.path, 404))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


asked: list[str] = []


@pytest.fixture
def file_server() -> Iterator[str]:
    asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_22_a_remote_file_reads_like_a_file(file_server: str) -> None:
    data = RemoteData("a", url=URL(f"{file_server}/new", lambda: None))
    with data.open() as file:
        assert file.read(3) == b"fir"
        assert file.readline() == b"st\n"
        assert list(file) == [b"second\n"]
        assert [file.read(5), file.read(5), file.read()] == [b"", b"", b""]


def test_an_address_that_expired_is_renewed_once(file_server: str) -> None:
    data = RemoteData("a", url=URL(f"{file_server}/old", lambda: f"{file_server}/new"))
    for _ in range(2):
        with data.open() as file:
            assert file.read() == b"first\nsecond\n"
    assert asked == ["/old", "/new", "/new"]


@pytest.mark.parametrize(("path", "code", "requests"), [("old", 403, 2), ("gone", 404, 1)])
def test_an_address_that_stays_refused_is_an_error(file_server: str, path: str, code: int, requests: int) -> None:
    data = RemoteData("a", url=URL(f"{file_server}/{path}", lambda: None))
    with pytest.raises(ResponseError, match=rf"Unexpected status code\({code}\)! {file_server}/{path}"):
        data.open()
    assert len(asked) == requests


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TransportError, match="cannot be reached"):
        RemoteData("a", url=URL("http://127.0.0.1:1/a", lambda: None)).open()
    with pytest.raises(ValueError, match="an http, https or file URL is needed"):
        RemoteData("a", url=URL("ftp://127.0.0.1/a", lambda: None)).open()


@pytest.mark.parametrize("remote_path", ["../../a", "/etc/a", "x/../../a"])
def test_33_remote_paths_stay_inside_the_cache(tmp_path: Path, remote_path: str) -> None:
    data = RemoteData(remote_path, cache_path=str(tmp_path / "cache"))
    assert (tmp_path / "cache") in Path(data.cache_path).resolve().parents


def test_33_threads_that_cache_the_same_file_do_not_collide(tmp_path: Path) -> None:
    barrier, results = threading.Barrier(8), []

    def fetch() -> None:
        data = RemoteData("a/b.png", cache_path=str(tmp_path))
        data._reader = StoredReader({"a/b.png": b"x" * 100_000})  # type: ignore[assignment]
        barrier.wait()
        with data.open() as file:
            results.append(len(file.read()))

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [100_000] * 8
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.png"]


def test_34_masks_in_frames_are_read_like_any_other() -> None:
    body = {
        "frameId": "01F29QVWASMNV7ZEMFVTJ1S2A8",
        "frame": [{"sensorName": "s", "remotePath": "a.png", "label": {"SEMANTIC_MASK": {"remotePath": "m.png"}}}],
    }
    mask = Frame.from_response_body(body)["s"].label.semantic_mask
    mask._reader = StoredReader({"m.png": b"mask"})
    assert mask.open().read() == b"mask"
    assert mask.get_url() == "stored:m.png"


def test_35_a_missing_mask_url_is_told_in_words() -> None:
    with pytest.raises(ValueError, match=r'The file cannot open because RemoteSemanticMask\("a.png"\) has no url'):
        RemoteSemanticMask("a.png").open()


def test_36_a_failed_first_call_does_not_count_for_those_who_wait() -> None:
    calls = []
    entered, release = threading.Event(), threading.Event()

    class Source:
        @locked
        def load(self) -> None:
            calls.append(threading.current_thread().name)
            if len(calls) == 1:
                entered.set()
                release.wait(30)
                raise OSError("first")

    source, failures = Source(), []

    def first() -> None:
        try:
            source.load()
        except OSError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=first), threading.Thread(target=source.load, name="second")]
    threads[0].start()
    assert entered.wait(30)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join(30)
    assert failures == ["first"]
    assert calls[1:] == ["second"]


def test_37_q_and_minus_q_are_the_same_rotation() -> None:
    box, same = Box3D([1, 1, 1]), Box3D([1, 1, 1], rotation=[-1, 0, 0, 0])
    assert Box3D.iou(box, same) == 1
    assert Transform3D(rotation=[0, 1, 0, 0]) == Transform3D(rotation=[0, -1, 0, 0])


def test_38_degenerate_shapes() -> None:
    empty = Box2D(0, 0, 0, 0)
    assert Box2D.iou(empty, empty) == 0
    assert Polyline2D.uniform_frechet_distance([[0, 0]], [[3, 4], [3, 4]]) == 5
    assert Polyline2D.similarity([[1, 1], [1, 1]], [[1, 1]]) == 1
    with pytest.raises(ValueError, match="without points"):
        Polyline2D.similarity([], [[1, 1]])
    assert Polygon([[1, 2], [2, 2], [2, 3]]).area() == -Polygon([[2, 3], [2, 2], [1, 2]]).area() == 0.5


def test_39_visibility_takes_no_part_in_arithmetic() -> None:
    assert abs(Keypoint2D(3, 4, 1)) == 5
    assert Keypoint2D(1, 2, 1) - Keypoint2D(1, 1, 2) == Vector2D(0, 1)
    assert 2 * Keypoint2D(1, 2, 1) == Vector2D(2, 4)


def test_40_values_do_not_alias_what_they_were_made_of() -> None:
    contents = [1, 2]
    rle = RLE.loads(contents)
    contents.append(3)
    rle.dumps().append(4)
    assert rle == RLE([1, 2])


def test_41_numpy_numbers_become_plain() -> None:
    label = Label()
    label.box2d = [
        LabeledBox2D(
            *np.array([1, 2, 3, 4]),
            attributes={"a": np.float32(0.5), "b": [np.int64(1)], "c": np.bool_(True)},
            instance=np.int64(7),
        )
    ]
    assert repr(Vector2D(*np.array([1, 2]))) == "Vector2D(1, 2)"
    assert json.loads(json.dumps(label.dumps())) == {
        "BOX2D": [
            {
                "box2d": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4},
                "attributes": {"a": 0.5, "b": [1], "c": True},
                "instance": 7,
            }
        ]
    }
    assert json.dumps(RLE(np.array([1, 2])).dumps()) == "[1, 2]"
    assert json.dumps(Box3D(np.ones(3), transform_matrix=np.eye(4)).dumps())
    assert json.dumps(LabeledBox2D.loads({"box2d": dict(zip(_CORNERS, np.arange(4), strict=True))}).dumps())


_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def test_42_radial_coefficients_alone_distort() -> None:
    assert DistortionCoefficients(k1=3).distort((1, 2)) == Vector2D(16, 32)
    with pytest.raises(AttributeError, match="p2"):
        DistortionCoefficients(p1=1).distort((1, 2))
    with pytest.raises(TypeError, match="foo"):
        DistortionCoefficients(k1=1, foo=1)
    with pytest.raises(TypeError, match="Require tangential or radial"):
        CameraIntrinsics(1, 2, 3, 4, foo=1)


def test_44_remote_data_can_be_pickled() -> None:
    data = RemoteData.from_response_body({"remotePath": "a", "label": b'{"CLASSIFICATION":{"category":"c"}}'})
    data._reader = StoredReader({"a": b"bytes"})  # type: ignore[assignment]
    again = pickle.loads(pickle.dumps(data))
    assert again.open().read() == b"bytes"
    assert again.label.classification.category == "c"


def test_45_multi_polygon_needs_no_argument() -> None:
    assert MultiPolygon() == MultiPolygon([])


def test_7_default_notes_say_nothing() -> None:
    # Whether an upload writes them is the client's; that they can be told from notes that were set is the model's.
    assert Notes().dumps() == {}
    assert dict(**Notes()) == {"is_continuous": False, "bin_point_cloud_fields": None}


def test_an_address_may_be_a_local_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"local")
    url = URL((tmp_path / "a").as_uri(), lambda: None)
    assert RemoteData("a", url=url).open().read() == b"local"
    assert FileMixin(tmp_path / "a").get_url() == url.get()
