"""What an index can prove: a commit against its files, after somebody worked on them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from tensorbay import GAS, AsyncGAS, ImportSpec
from tensorbay.client.dataset import DatasetClient
from tensorbay.dataset import Data, Dataset, Frame, FusionDataset
from tensorbay.exception import ResourceNotExistError, ResponseError, StorageUnreachableError
from tensorbay.label import SemanticMask
from tensorbay.sensor import Camera
from tensorbay.server import ServerSettings, public_key
from tensorbay.server.lookup import look_up
from tensorbay.storage import Store
from tests.local_storage.running import RunningService
from tests.servers import S3Server

PATHS = [f"images/{number:02}.png" for number in range(40)]


@dataclass
class World:
    """A dataset with 40 files indexed in place, and a way to its files behind the index's back."""

    gas: GAS
    client: DatasetClient
    put: Callable[[str, bytes], object]
    delete: Callable[[str], object]


def put_into(folder: Path, key: str, content: bytes) -> None:
    path = folder / key
    path.parent.mkdir(exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_bytes(content)
    # Clocks of file systems may be coarser than this test is fast.
    os.utime(path, ns=(0, max(path.stat().st_mtime_ns, before + 1)))


@pytest.fixture(params=["folder", "s3", "service"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "bucket"
    folder.mkdir()
    with GAS(url=(tmp_path / "home").as_uri()) as gas:
        put: Callable[[str, bytes], object]
        if request.param == "s3":
            server: S3Server = request.getfixturevalue("s3_server")
            bucket = request.getfixturevalue("s3_bucket")
            keys: dict[str, Any] = {"accesskey_id": server.access_key_id, "accesskey_secret": server.access_key_secret}
            gas.create_s3_storage_config("bucket", "", endpoint=server.endpoint, bucket_name=bucket, **keys)
            put = lambda key, content: server.client.put_object(Bucket=bucket, Key=key, Body=content)  # noqa: E731
            delete = lambda key: server.client.delete_object(Bucket=bucket, Key=key)  # noqa: E731
        else:
            endpoint = folder.as_uri()
            if request.param == "service":
                service: RunningService = request.getfixturevalue("service_process")
                home = ServerSettings(home=tmp_path / "home")
                service.serve(folder, public_key=anyio.run(public_key, home))
                endpoint = service.url
            gas.create_local_storage_config("bucket", "", endpoint)
            put = lambda key, content: put_into(folder, key, content)  # noqa: E731
            delete = lambda key: (folder / key).unlink()  # noqa: E731
        for path in PATHS:
            put(path, path.encode())
        gas.create_dataset("D", config_name="bucket")
        dataset = Dataset("D")
        dataset.create_segment("train").extend(gas.get_cloud_client("bucket").list_auth_data("images/"))
        client = gas.upload_dataset(dataset, quiet=True)
        client.commit("first")
        yield World(gas, client, put, delete)


def test_drift_is_told_file_by_file(world: World) -> None:
    report = world.client.verify()
    assert report.is_intact
    assert (report.commit_id, report.unchanged) == (world.client.status.commit_id, 40)
    assert str(report) == f"40 files of commit {report.commit_id}: 40 unchanged"

    was = world.client.get_segment("train").list_data()
    world.put(PATHS[0], PATHS[1].encode())  # of the same size
    world.put(PATHS[30], b"longer than it was before")
    world.delete(PATHS[20])
    report = world.client.verify("main")
    assert (report.unchanged, report.changed, report.missing, report.unreadable) == (37, 2, 1, 0)
    assert not report.is_intact
    first, gone, longer = sorted(report.drifts, key=lambda drift: drift.path)
    assert (first.segment, first.path, first.cloud_path, first.problem) == ("train", "00.png", PATHS[0], "changed")
    assert (first.size, first.etag) == (was[0].size, was[0].etag)
    assert first.size_now == first.size
    assert first.etag_now not in (None, first.etag)
    assert (longer.path, longer.size_now) == ("30.png", 25)
    assert (gone.path, gone.problem, gone.size_now) == ("20.png", "missing", None)
    assert PATHS[20] in (gone.reason or "")
    assert "train://00.png: changed: was 13 bytes" in str(report)

    # Only what a commit refers to counts.
    world.client.create_draft("without")
    for path in ("00.png", "20.png", "30.png"):
        world.client.get_segment("train").delete_data(path)
    world.client.commit("second")
    assert world.client.verify().unchanged == 37


def test_uploads_and_masks_are_verified(world: World, tmp_path: Path) -> None:
    for name in ("image", "mask"):
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    data = Data(tmp_path / "image.png")
    data.label.semantic_mask = SemanticMask(tmp_path / "mask.png")
    world.client.create_draft("uploads")
    world.client.get_segment("train").upload_data(data)
    world.client.commit("second")
    assert world.client.verify().unchanged == 42
    mask, image = [f".tensorbay/objects/{hashlib.sha1(name).hexdigest()}" for name in (b"mask", b"image")]
    world.put(mask, b"shortened"[:3])
    world.delete(image)
    report = world.client.verify()
    found = {(drift.path, drift.mask, drift.problem, drift.size) for drift in report.drifts}
    assert found == {("image.png", None, "missing", 5), ("image.png", "SEMANTIC_MASK", "changed", 4)}
    assert "train://image.png (SEMANTIC_MASK): changed" in str(report)
    assert report.unchanged == 40


def test_copies_are_verified_not_their_sources(world: World) -> None:
    data = world.gas.get_cloud_client("bucket").list_auth_data("images/")[0]
    world.client.create_draft("copied")
    world.client.get_segment("train").import_auth_data(data, placement="copy")
    world.client.commit("second")
    world.delete(PATHS[0])
    assert world.client.verify().unchanged == 40


def test_jobs_go_on_by_themselves(world: World) -> None:
    jobs = world.client.verification
    job = jobs.create_job("main")
    job.update(until_complete=True)
    assert job.result is not None
    assert job.result.unchanged == 40
    assert [each.job_id for each in jobs.list_jobs("SUCCESS")] == [job.job_id]
    assert jobs.get_job(job.job_id).result == job.result
    assert not world.client.basic_search.list_jobs()
    jobs.delete_job(job.job_id)
    with pytest.raises(ResourceNotExistError):
        jobs.get_job(job.job_id)
    with pytest.raises(ResourceNotExistError, match="nowhere"):
        world.client.verify("nowhere")


def test_frames(world: World, tmp_path: Path) -> None:
    world.gas.create_dataset("F", True, config_name="bucket")
    dataset = FusionDataset("F")
    segment = dataset.create_segment("drive")
    segment.sensors.add(Camera("front"))
    for data in world.gas.get_cloud_client("bucket").list_auth_data("images/")[:3]:
        frame = Frame()
        frame["front"] = data
        segment.append(frame)
    client = world.gas.upload_dataset(dataset, quiet=True)
    client.commit("first")
    world.put(PATHS[1], b"other")
    report = client.verify()
    assert (report.unchanged, report.changed) == (2, 1)
    assert report.drifts[0].path.endswith("/front/01.png")


LOOK_UP = "tensorbay.server.jobs._verify.look_up"


@pytest.mark.parametrize("world", ["folder"], indirect=True)
def test_a_job_that_failed_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorbay.server.jobs._verify._BATCH", 10)
    asked, is_up = [0], False

    async def breaks(store: Store, keys: list[str], *, limit: int) -> object:
        if asked[0] >= 20 and not is_up:
            raise StorageUnreachableError("the network is gone")
        asked[0] += len(keys)
        return await look_up(store, keys, limit=limit)

    monkeypatch.setattr(LOOK_UP, breaks)
    with pytest.raises(ResponseError, match="FAILED: the network is gone"):
        world.client.verify()
    job = world.client.verification.list_jobs()[0]
    assert job.progress == (20, 40)
    is_up = True
    job.retry()
    job.update(until_complete=True)
    assert job.result is not None
    assert (job.result.unchanged, job.progress) == (40, (40, 40))
    assert asked == [40]


async def test_a_verification_nobody_waits_for_is_aborted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1").write_bytes(b"1")
    begun, may_go_on = anyio.Event(), anyio.Event()

    async def waits(store: Store, keys: list[str], *, limit: int) -> object:
        begun.set()
        await may_go_on.wait()
        return await look_up(store, keys, limit=limit)

    monkeypatch.setattr(LOOK_UP, waits)
    async with AsyncGAS(url=(tmp_path / "home").as_uri()) as gas:
        await gas.create_local_storage_config("b", "", (tmp_path / "b").as_uri())
        await gas.import_dataset(ImportSpec(dataset="D", config="b", data=""), commit="first")
        client = await gas.get_dataset("D")
        async with anyio.create_task_group() as group:
            group.start_soon(client.verify)
            await begun.wait()
            # A verification that takes long holds up no merge.
            await client.create_branch("dev")
            merge = await client.squash_and_merge.create_job(
                draft_title="merged", source_branch_name="dev", target_branch_name="main"
            )
            await merge.update(until_complete=True)
            assert merge.status == "SUCCESS"
            group.cancel_scope.cancel()
        (job,) = await client.verification.list_jobs().collect()
        assert job.status == "ABORTED"
        may_go_on.set()
        assert (await client.verify("main")).is_intact
