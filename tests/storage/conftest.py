from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from tensorbay.storage import AccessKey, FolderOptions, S3Options, ServiceOptions, Store, open_store
from tests.local_storage.running import RunningService
from tests.servers import S3Server
from tests.storage.filling import Fill, put_all, write_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path


@pytest.fixture
def s3_options(s3_server: S3Server, s3_bucket: str) -> S3Options:
    return S3Options(
        endpoint=s3_server.endpoint,
        bucket=s3_bucket,
        credentials=AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret),
    )


@pytest.fixture
async def s3_store(s3_options: S3Options) -> AsyncIterator[Store]:
    store = open_store(s3_options)
    yield store
    await store.aclose()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def folder_store(root: Path) -> Store:
    return open_store(FolderOptions(root=root))


@pytest.fixture
def service_options(service_process: RunningService, root: Path) -> ServiceOptions:
    service_process.serve(root)
    return service_process.options()


@pytest.fixture
def folder_options(root: Path) -> FolderOptions:
    return FolderOptions(root=root)


@pytest.fixture(params=["s3", "folder", "service"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Every kind of store, empty. What holds for one must hold for all."""
    store = open_store(request.getfixturevalue(f"{request.param}_options"))
    yield store
    await store.aclose()


@pytest.fixture
def fill(request: pytest.FixtureRequest, store: Store) -> Fill:
    """Files are written beside the store: it waits for the disk after each, which tests of listings need not."""

    async def fill(keys: Iterable[str]) -> None:
        if request.node.callspec.params["store"] == "s3":
            await put_all(store, keys)
        else:
            await anyio.to_thread.run_sync(write_all, request.getfixturevalue("root"), keys)

    return fill
