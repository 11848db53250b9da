from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest

from tensorbay.storage import (
    AccessKey,
    AzureOptions,
    FolderOptions,
    GcsOptions,
    S3Options,
    ServiceOptions,
    Store,
    open_store,
)
from tests.clouds import AzureServer, GcsServer
from tests.local_storage.running import RunningService
from tests.servers import OSS_DOMAIN, S3Server
from tests.storage.filling import KINDS, Fill, Place, fill_with, put_all, write_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from pathlib import Path


@pytest.fixture
def s3_options(s3_server: S3Server, s3_bucket: str) -> S3Options:
    return S3Options(
        endpoint=s3_server.endpoint,
        bucket=s3_bucket,
        credentials=AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret),
    )


@pytest.fixture
def oss_options(s3_options: S3Options) -> S3Options:
    """Its host has no address: it is reached through SeaweedFS as a proxy."""
    return S3Options(
        endpoint=f"http://{OSS_DOMAIN}",
        bucket=s3_options.bucket,
        credentials=s3_options.credentials,
        region="cn-qingdao",
        addressing="virtual",
    )


@pytest.fixture
def azure_options(azure_server: AzureServer) -> Iterator[AzureOptions]:
    container = azure_server.make_container()
    yield azure_server.options(container)
    azure_server.delete_container(container)


@pytest.fixture
def gcs_options(gcs_server: GcsServer) -> GcsOptions:
    return gcs_server.options(gcs_server.make_bucket())


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


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Place:
    """An empty place of every kind."""
    kind = request.param
    options = request.getfixturevalue(f"{kind}_options")
    if kind == "folder":
        return Place(kind, options)
    if kind == "oss":
        server: S3Server = request.getfixturevalue("s3_server")
        return Place(kind, options, server.endpoint, proxy=server.endpoint)
    return Place(kind, options, options.endpoint.removesuffix("/devstoreaccount1"))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    """Every kind of store, empty. What holds for one must hold for all."""
    store = open_store(place.options, proxy=place.proxy)
    yield store
    await store.aclose()


@pytest.fixture
def fill(request: pytest.FixtureRequest, place: Place, store: Store) -> Fill:
    """Beside the store where that is faster, which tests of listings may be."""

    async def fill(keys: Iterable[str]) -> None:
        if isinstance(place.options, AzureOptions):
            put = partial(request.getfixturevalue("azure_server").put, place.options.container)
            await anyio.to_thread.run_sync(fill_with, put, keys)
        elif isinstance(place.options, GcsOptions):
            put = partial(request.getfixturevalue("gcs_server").put, place.options.bucket)
            await anyio.to_thread.run_sync(fill_with, put, keys)
        elif place.kind in ("folder", "service"):
            await anyio.to_thread.run_sync(write_all, request.getfixturevalue("root"), keys)
        else:
            await put_all(store, keys)

    return fill
