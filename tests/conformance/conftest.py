"""Every test of this folder runs twice: in process (ASGI), and over TCP against uvicorn in a thread."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import obstore
import pytest
from obstore.store import S3Store

from tensorbay import GAS, AsyncGAS
from tensorbay.server import ServerSettings, create_key
from tests.server.running import running_server
from tests.servers import S3Server

Put = Callable[[str, bytes], Awaitable[None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "images/a.png").write_bytes(b"a")
    (folder / "labels/a.json").write_bytes(b'{"category": "a"}')
    return folder


@pytest.fixture(params=["embedded", "served"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Access key and URL."""
    home = tmp_path / "home"
    if request.param == "embedded":
        yield "", home.as_uri()
        return
    settings = ServerSettings(home=home, allow_folders=(tmp_path,), allow_private_endpoints=True)
    key = anyio.run(create_key, ServerSettings(home=home), "tester")
    with running_server(settings) as url:
        yield key, url


@pytest.fixture
async def async_gas(connection: tuple[str, str]) -> AsyncIterator[AsyncGAS]:
    async with AsyncGAS(*connection) as gas:
        yield gas


@pytest.fixture
def gas(connection: tuple[str, str]) -> Iterator[GAS]:
    with GAS(*connection) as gas:
        yield gas


@pytest.fixture
async def folder_config(async_gas: AsyncGAS, folder: Path) -> str:
    """The name of a storage config over `folder`, which indexes below images/ in place."""
    await async_gas.create_local_storage_config("folder", "images", folder.as_uri())
    return "folder"


@pytest.fixture
def s3(s3_server: S3Server, s3_bucket: str) -> dict[str, Any]:
    """The keyword arguments of `create_s3_storage_config` for a bucket of the test's own."""
    return {
        "endpoint": s3_server.endpoint,
        "accesskey_id": s3_server.access_key_id,
        "accesskey_secret": s3_server.access_key_secret,
        "bucket_name": s3_bucket,
    }


@pytest.fixture
def s3_store(s3: dict[str, Any]) -> S3Store:
    return S3Store(
        s3["bucket_name"],
        endpoint=s3["endpoint"],
        access_key_id=s3["accesskey_id"],
        secret_access_key=s3["accesskey_secret"],
        region="us-east-1",
        client_options={"allow_http": True},
    )


@pytest.fixture
def s3_put(s3_store: S3Store) -> Put:
    async def put(key: str, body: bytes) -> None:
        await obstore.put_async(s3_store, key, body)

    return put


@pytest.fixture
def pairs(s3_store: S3Store) -> None:
    """12 images and their label files in the bucket."""
    for number in range(12):
        label = json.dumps({"category": f"c{number % 3}"}).encode()
        obstore.put(s3_store, f"data/images/{number:03}.png", f"image {number}".encode())
        obstore.put(s3_store, f"data/labels/{number:03}.json", label)
