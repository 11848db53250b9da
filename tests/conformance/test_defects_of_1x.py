"""Defects of the 1.x client that are gone: each of these tests fails there."""

from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay import GAS
from tensorbay.client.segment import FusionSegmentClient, SegmentClient
from tensorbay.client.status import Status
from tensorbay.dataset import AuthData, Data, Dataset, Frame
from tensorbay.exception import DatasetTypeError, ResourceNotExistError, StatusError
from tensorbay.label import SemanticMask
from tensorbay.sensor import Camera
from tensorbay.server import ServerSettings, create_key
from tests.server.running import running_server


@pytest.fixture
def segment(gas: GAS) -> SegmentClient:
    client = gas.create_dataset("DATASET")
    client.create_draft("draft")
    return client.create_segment("default")


def masked(data: AuthData | Data, folder: Path) -> None:
    path = folder / "mask.png"
    path.write_bytes(b"mask")
    data.label.semantic_mask = SemanticMask(path)


def read(file: Any) -> bytes:
    with file.open() as opened:
        content: bytes = opened.read()
    return content


def test_2_masks_leave_no_files_while_caching_is_off(
    segment: SegmentClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    (tmp_path / "a.jpg").write_bytes(b"a")
    data = Data(tmp_path / "a.jpg")
    masked(data, tmp_path)
    segment.upload_data(data)
    assert segment.get_data("a.jpg").label.semantic_mask.open().read() == b"mask"
    assert list(working.rglob("*")) == []


def test_2_and_33_with_caching_on_every_file_has_its_place(gas: GAS, segment: SegmentClient, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(name.encode())
        data = Data(tmp_path / name)
        masked(data, tmp_path)
        segment.upload_data(data)
    client = gas.get_dataset("DATASET")
    client.checkout(draft_number=1)
    with pytest.raises(StatusError, match="draft status"):
        client.enable_cache(tmp_path / "cache")
    assert not client.cache_enabled
    client.commit("first")
    client.enable_cache(tmp_path / "cache")
    assert client.cache_enabled
    for _again in range(2):
        (data, _) = client.get_segment().list_data()
        assert read(data) == b"a.jpg"
        assert read(data.label.semantic_mask) == b"mask"
    folder = tmp_path / "cache" / client.dataset_id / str(client.status.commit_id) / "default"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == [
        "a.jpg",
        "semantic_mask/a.png",
    ]
    (folder / "a.jpg").write_bytes(b"from the cache")
    assert read(client.get_segment().get_data("a.jpg")) == b"from the cache"
    client.create_draft("second")
    assert not client.cache_enabled
    assert read(client.get_segment().get_data("a.jpg")) == b"a.jpg"


def test_5_masks_of_imported_files_are_uploaded(gas: GAS, folder: Path, tmp_path: Path) -> None:
    gas.create_local_storage_config("folder", "images", folder.as_uri())
    client = gas.create_dataset("DATASET", config_name="folder")
    client.create_draft("draft")
    data = AuthData("images/a.png")
    masked(data, tmp_path)
    segment = client.create_segment()
    segment.import_auth_data(data)
    assert segment.get_data("a.png").label.semantic_mask.open().read() == b"mask"


def test_6_the_timestamp_of_an_imported_file_stays(gas: GAS, folder: Path) -> None:
    gas.create_local_storage_config("folder", "images", folder.as_uri())
    client = gas.create_dataset("DATASET", config_name="folder")
    client.create_draft("draft")
    segment = client.create_segment()
    segment.import_auth_data(AuthData("images/a.png", timestamp=7))
    assert segment.get_data("a.png").timestamp == 7


def test_7_an_upload_without_notes_leaves_the_remote_notes_alone(gas: GAS) -> None:
    client = gas.create_dataset("DATASET")
    client.create_draft("draft")
    client.update_notes(is_continuous=True, bin_point_cloud_fields=["X"])
    client = gas.upload_dataset(Dataset("DATASET"), quiet=True)
    assert dict(client.get_notes()) == {"is_continuous": True, "bin_point_cloud_fields": ["X"]}
    dataset = Dataset("DATASET")
    dataset.notes.bin_point_cloud_fields = ["Y"]
    client = gas.upload_dataset(dataset, quiet=True)
    assert client.get_notes().bin_point_cloud_fields == ["Y"]


def test_8_labels_with_masks_can_be_written_back(segment: SegmentClient, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    data = Data(tmp_path / "a.jpg")
    masked(data, tmp_path)
    segment.upload_data(data)
    remote = segment.get_data("a.jpg")
    remote.label.semantic_mask.all_attributes = {1: {"new": True}}
    segment.upload_label(remote)
    found = segment.get_data("a.jpg").label.semantic_mask
    assert (found.all_attributes, found.open().read()) == ({1: {"new": True}}, b"mask")


def test_12_both_kinds_of_datasets_are_named(gas: GAS) -> None:
    gas.create_dataset("normal")
    with pytest.raises(DatasetTypeError, match='Dataset "normal" is not a fusion dataset'):
        gas.get_dataset("normal", True)
    gas.create_dataset("fusion", True)
    with pytest.raises(DatasetTypeError, match='Dataset "fusion" is a fusion dataset'):
        gas.get_dataset("fusion")


def test_19_no_argument_is_quietly_ignored(gas: GAS) -> None:
    client = gas.create_dataset("DATASET")
    with pytest.raises(TypeError):
        client.checkout("")
    with pytest.raises(ResourceNotExistError):
        client.checkout(draft_number=0)
    assert Status(draft_number=0).is_draft


def test_20_a_failed_upload_says_how_to_go_on(gas: GAS, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gas.create_dataset("DATASET")
    dataset = Dataset("DATASET")
    dataset.create_segment().append(Data(tmp_path / "nothing"))
    with caplog.at_level(logging.WARNING), pytest.raises(FileNotFoundError):
        gas.upload_dataset(dataset, quiet=True)
    assert '"DATASET": The upload stopped; draft 1 keeps what arrived.' in caplog.text
    assert "skip_uploaded_files=True" in caplog.text


def test_23_a_server_without_tls_is_as_good(tmp_path: Path) -> None:
    key = anyio.run(create_key, ServerSettings(home=tmp_path / "home"), "tester")
    with running_server(ServerSettings(home=tmp_path / "home")) as url, GAS(key, url) as gas:
        assert url.startswith("http://")
        assert gas.get_user().name == "tester"


def test_24_names_are_escaped_in_paths(gas: GAS, folder: Path) -> None:
    for name in ("a", "a?b#c"):
        gas.create_local_storage_config(name, "images", folder.as_uri())
    gas.delete_storage_config("a?b#c")
    assert gas.get_auth_storage_config("a").name == "a"


def test_24_segment_names_are_escaped_in_diffs(gas: GAS, tmp_path: Path) -> None:
    client = gas.create_dataset("DATASET")
    client.create_draft("draft")
    (tmp_path / "a").write_bytes(b"a")
    client.create_segment("a/b?c#d").upload_file(tmp_path / "a")
    (segment,) = client.get_diff()
    assert (segment.name, [data.remote_path for data in segment]) == ("a/b?c#d", ["a"])


def test_31_a_job_knows_its_draft_when_that_is_committed(gas: GAS) -> None:
    client = gas.create_dataset("DATASET")
    client.create_draft("first")
    client.commit("first")
    client.create_branch("dev")
    client.checkout("main")
    jobs = client.squash_and_merge
    job = jobs.create_job(draft_title="merged", source_branch_name="dev")
    job.update(until_complete=True)
    assert job.result is not None
    client.checkout(draft_number=job.result.number)
    client.commit("merged")
    for found in (jobs.get_job(job.job_id), jobs.list_jobs()[0]):
        assert found.result is not None
        assert (found.result.title, found.result.status) == ("merged", "COMMITTED")


def test_34_masks_in_frames_can_be_read(gas: GAS, tmp_path: Path) -> None:
    client = gas.create_dataset("fusion", True)
    client.create_draft("draft")
    segment: FusionSegmentClient = client.create_segment()
    segment.upload_sensor(Camera("front/left"))
    (tmp_path / "a.jpg").write_bytes(b"a")
    frame = Frame()
    frame["front/left"] = Data(tmp_path / "a.jpg")
    masked(frame["front/left"], tmp_path)
    segment.upload_frame(frame, timestamp=1)
    (found,) = segment.list_frames()
    assert found["front/left"].label.semantic_mask.open().read() == b"mask"
    assert found["front/left"].open().read() == b"a"


def test_35_a_look_up_of_nothing_names_it(gas: GAS, segment: SegmentClient) -> None:
    with pytest.raises(ResourceNotExistError, match="dataset"):
        gas.get_dataset("")
    with pytest.raises(ResourceNotExistError, match="data"):
        segment.get_data("")


def test_43_lists_answer_without_fetching_what_they_drop(segment: SegmentClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    for name in ("a", "b", "c"):
        segment.upload_file(tmp_path / "a", name)
    names = segment.list_data_paths()
    assert names.index("b", -2) == 1
    names.clear()
    assert list(names) == []


def test_44_listed_data_can_be_pickled(segment: SegmentClient, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    data = Data(tmp_path / "a.jpg")
    masked(data, tmp_path)
    segment.upload_data(data)
    twin = pickle.loads(pickle.dumps(segment.list_data()[0]))
    assert twin.open().read() == b"a"
    assert twin.label.semantic_mask.open().read() == b"mask"
    assert json.loads(json.dumps(twin.label.dumps()))["SEMANTIC_MASK"]["remotePath"] == "a.png"
