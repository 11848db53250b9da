"""The real facade on an embedded home over a folder: what needs the whole stack to be seen."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorbay.client import GAS
from tensorbay.client.dataset import DatasetClient
from tensorbay.dataset import Dataset, Segment
from tensorbay.label import Classification

COUNT = 40


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    for name in ("images", "labels"):
        (files / name).mkdir(parents=True)
    for number in range(COUNT):
        (files / "images" / f"{number:03}.png").write_bytes(b"image %d" % number)
        (files / "labels" / f"{number:03}.json").write_text(json.dumps({"category": f"c{number}"}))
    return tmp_path / "home"


@pytest.fixture
def gas(home: Path) -> Iterator[GAS]:
    with GAS(url=home.as_uri()) as gas:
        gas.create_local_storage_config("folder", "images", (home.parent / "files").as_uri())
        yield gas


@pytest.fixture
def dataset_client(gas: GAS) -> DatasetClient:
    """The documented page."""
    gas.create_dataset("DATASET", config_name="folder")
    cloud_client = gas.get_cloud_client("folder")
    dataset = Dataset("DATASET")
    segment = dataset.create_segment()
    images = cloud_client.list_auth_data("images/")
    labels = cloud_client.list_auth_data("labels/")
    for auth_data, label in zip(images, labels, strict=True):
        with label.open() as fp:
            auth_data.label.classification = Classification.loads(json.load(fp))
        segment.append(auth_data)
    client = gas.upload_dataset(dataset, jobs=8, quiet=True)
    client.commit("first")
    return client


def test_the_documented_page_reads_back(dataset_client: DatasetClient) -> None:
    segment = Segment(client=dataset_client)
    assert len(segment) == COUNT
    for number, data in enumerate(segment):
        assert data.path == f"{number:03}.png"
        assert data.label.classification.category == f"c{number}"
        assert data.open().read() == b"image %d" % number


def test_files_of_a_folder_are_read_ahead_without_urls(gas: GAS, caplog: pytest.LogCaptureFixture) -> None:
    images = gas.get_cloud_client("folder").list_auth_data("images/")
    with caplog.at_level(logging.INFO, "httpx"):
        contents = [image.open().read() for image in images]
    assert contents == [b"image %d" % number for number in range(COUNT)]
    requests = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert len(requests) == 1, requests
    assert "cloud/files?" in requests[0]


def test_a_lazy_view_can_be_given_to_the_core(gas: GAS, dataset_client: DatasetClient) -> None:
    view = Dataset("DATASET", gas)
    dataset_client.create_draft("second")
    assert gas.upload_dataset(view, quiet=True).status.is_draft


async def test_listed_data_are_read_on_a_foreign_loop(home: Path) -> None:
    def listed() -> Any:
        with GAS(url=home.as_uri()) as gas:
            client = gas.create_local_storage_config("folder", "images", (home.parent / "files").as_uri())
            return client.list_auth_data("images/")[3]

    data = await asyncio.to_thread(listed)
    assert await data.aread() == b"image 3"


def read(data: Any, queue: Any) -> None:
    queue.put(data.open().read())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_read_listed_data(dataset_client: DatasetClient, method: Any) -> None:
    data = dataset_client.get_segment().list_data()[7]
    data.open().read()
    context: Any = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = context.Process(target=read, args=(data, queue))
        process.start()
    process.join(60)
    assert process.exitcode == 0
    assert queue.get() == b"image 7"
    assert data.open().read() == b"image 7"


def test_a_forked_child_uses_the_inherited_client(dataset_client: DatasetClient) -> None:
    segment = dataset_client.get_segment()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(len(segment.list_data()))
            finally:
                os._exit(255)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == COUNT
    assert len(segment.list_data()) == COUNT


def test_listed_data_can_be_pickled(dataset_client: DatasetClient) -> None:
    listing = dataset_client.get_segment().list_data()
    twins = pickle.loads(pickle.dumps(listing[:3]))
    assert [twin.open().read() for twin in twins] == [b"image 0", b"image 1", b"image 2"]


def test_a_script_that_closes_nothing_ends_without_a_word(dataset_client: DatasetClient, home: Path) -> None:
    script = f"""
        from tensorbay import GAS
        def names():
            return list(GAS(url={home.as_uri()!r}).list_dataset_names())
        print(names())
        kept = GAS(url={home.as_uri()!r}).get_dataset("DATASET").get_segment().list_data()
        print(kept[0].open().read().decode())
    """
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("['DATASET']\nimage 0\n", "")
