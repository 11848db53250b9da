"""With `verify_reads` nobody gets the bytes of another file than the one that was indexed."""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tensorbay import GAS, ClientSettings
from tensorbay.dataset import Dataset
from tensorbay.exception import ObjectChangedError, StorageError
from tensorbay.server import ServerSettings, create_key, public_key
from tests.local_storage.running import RunningService
from tests.server.running import running_server
from tests.servers import S3Server

Put = Callable[[str, bytes], None]

OLD, NEW = b"what was indexed", b"what it is after"


def put_into(folder: Path, key: str, content: bytes) -> None:
    path = folder / key
    path.parent.mkdir(exist_ok=True)
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_bytes(content)
    # Clocks of file systems may be coarser than this test is fast.
    os.utime(path, ns=(0, max(path.stat().st_mtime_ns, before + 1)))


@pytest.fixture(params=["folder", "s3", "service", "served folder"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[GAS, Put]]:
    """A client with the storage config "bucket", and a way to write to it behind the client's back."""
    settings, folder = ClientSettings(verify_reads=True, max_retries=0), tmp_path / "bucket"
    folder.mkdir()
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3_server")
        bucket = request.getfixturevalue("s3_bucket")
        with GAS(url=(tmp_path / "home").as_uri(), settings=settings) as gas:
            gas.create_s3_storage_config(
                "bucket",
                "",
                endpoint=server.endpoint,
                accesskey_id=server.access_key_id,
                accesskey_secret=server.access_key_secret,
                bucket_name=bucket,
            )
            yield gas, lambda key, content: server.client.put_object(Bucket=bucket, Key=key, Body=content)
    elif request.param in ("folder", "service"):
        with GAS(url=(tmp_path / "home").as_uri(), settings=settings) as gas:
            endpoint = folder.as_uri()
            if request.param == "service":
                service: RunningService = request.getfixturevalue("service_process")
                service.serve(folder, public_key=asyncio.run(public_key(ServerSettings(home=tmp_path / "home"))))
                endpoint = service.url
            gas.create_local_storage_config("bucket", "", endpoint)
            yield gas, lambda key, content: put_into(folder, key, content)
    else:
        home = tmp_path / "home"
        with running_server(ServerSettings(home=home, allow_folders=(folder,))) as url:
            key = asyncio.run(create_key(ServerSettings(home=home), "maria"))
            with GAS(key, url, settings=settings) as gas:
                gas.create_local_storage_config("bucket", "", folder.as_uri())
                yield gas, lambda key, content: put_into(folder, key, content)


def test_a_file_that_was_replaced_is_not_read(world: tuple[GAS, Put]) -> None:
    gas, put = world
    for key in ("d/changed", "d/same"):
        put(key, OLD)
    gas.create_dataset("D", config_name="bucket")
    dataset = Dataset("D")
    dataset.create_segment().extend(gas.get_cloud_client("bucket").list_auth_data("d/"))
    gas.upload_dataset(dataset, quiet=True).commit("first")
    listed = gas.get_cloud_client("bucket").list_auth_data("d/")
    assert [file.open().read() for file in listed] == [OLD, OLD]

    put("d/changed", NEW)
    changed, same = gas.get_dataset("D").get_segment().list_data()
    assert asyncio.run(same.aread()) == OLD
    with same.open() as file:
        assert file.read() == OLD
    for data in (changed, pickle.loads(pickle.dumps(changed)), listed[0]):
        with pytest.raises(ObjectChangedError, match=r"d/changed.* no longer"):
            asyncio.run(data.aread())
        with pytest.raises(ObjectChangedError, match="no longer"):
            data.open().read()
        with pytest.raises(ObjectChangedError, match="no longer"):
            asyncio.run(data.aopen().read())


def test_without_an_etag_nothing_can_be_verified(world: tuple[GAS, Put]) -> None:
    gas, put = world
    put("d/1", OLD)
    (data,) = gas.get_cloud_client("bucket").list_auth_data("d/")
    data.etag = None
    with pytest.raises(StorageError, match="listed without an etag"):
        data.open().read()
    assert asyncio.run(gas.get_cloud_client("bucket").list_auth_data("d/")[0].aread()) == OLD
