"""Objects in buckets and folders: list, read, write, copy, delete, sign, check."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync

from tensorbay.storage._below import StoreBelow
from tensorbay.storage._endpoint import service_url
from tensorbay.storage._folder import FolderStore, OpenFile
from tensorbay.storage._key import check_key, check_s3_key, check_windows_key
from tensorbay.storage._options import (
    AccessKey,
    AccountKey,
    AssumeRole,
    AwsCredentials,
    AwsIdentity,
    AzureCredentials,
    AzureOptions,
    FolderOptions,
    GcsOptions,
    GoogleCredentials,
    GoogleIdentity,
    ManagedIdentity,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
    ServiceOptions,
)
from tensorbay.storage._protocol import UPLOAD_KEY, Grant, Operation
from tensorbay.storage._service import ServiceStore
from tensorbay.storage._store import (
    PAGE_LIMIT,
    PRIVATE_FOLDER,
    FormStore,
    Level,
    ObjectInfo,
    PostForm,
    SignedUrls,
    Store,
    changed,
    covers,
    is_private,
)
from tensorbay.storage._vending import Vended, vend
from tensorbay.wire import Diagnosis, Step

if TYPE_CHECKING:
    from pathlib import Path

    from tensorbay.storage.diagnosis import Resolve

__all__ = [
    "PAGE_LIMIT",
    "PRIVATE_FOLDER",
    "UPLOAD_KEY",
    "AccessKey",
    "AccountKey",
    "AssumeRole",
    "AwsCredentials",
    "AwsIdentity",
    "AzureCredentials",
    "AzureOptions",
    "Diagnosis",
    "FolderOptions",
    "FolderStore",
    "FormStore",
    "GcsOptions",
    "GoogleCredentials",
    "GoogleIdentity",
    "Grant",
    "Level",
    "ManagedIdentity",
    "ObjectInfo",
    "OpenFile",
    "Operation",
    "Options",
    "PostForm",
    "S3Options",
    "SasToken",
    "ServiceAccount",
    "ServiceOptions",
    "ServiceStore",
    "SignedUrls",
    "Step",
    "Store",
    "StoreBelow",
    "Vended",
    "changed",
    "check_key",
    "check_s3_key",
    "check_windows_key",
    "covers",
    "diagnose",
    "fetch",
    "is_private",
    "open_store",
    "service_url",
    "vend",
]


async def fetch(url: str, *, ca_bundle: Path | None = None) -> bytes:
    """One document over HTTP, from a server of which nothing is known yet."""
    from tensorbay.storage import _http

    return await _http.fetch(url, ca_bundle=ca_bundle)


def open_store(options: Options, *, proxy: str | None = None) -> Store:
    """The store that `options` describe. Nothing is contacted yet: `check()` does that.

    `proxy` is the URL of an HTTP proxy that every request to the store takes.
    """
    if isinstance(options, FolderOptions):
        return FolderStore(options)
    if isinstance(options, ServiceOptions):
        return ServiceStore(options, proxy=proxy)
    # obstore and aiohttp take half a second to load, which a process that only reads folders need not spend.
    if isinstance(options, AzureOptions):
        from tensorbay.storage._azure import AzureStore

        return AzureStore(options, proxy=proxy)
    if isinstance(options, GcsOptions):
        from tensorbay.storage._gcs import GcsStore

        return GcsStore(options, proxy=proxy)
    from tensorbay.storage._s3 import S3Store

    return S3Store(options, proxy=proxy)


async def diagnose(
    options: Options, *, path: str = "", proxy: str | None = None, resolve: Resolve | None = None
) -> Diagnosis:
    """Try what `options` describe, step by step, from the name of the host to deleting: a minute at most.

    Below `path`, the config's own, a small object is written and deleted again, also when this is cancelled. What
    fails is in the diagnosis; StorageError is for options that describe nothing. `proxy` is the store's. `resolve`
    looks up the names for connections that go past it: what it refuses is not contacted.
    """
    examine, store = await run_sync(partial(_prepare, options, proxy))
    try:
        diagnosis: Diagnosis = await examine(store, options, path=path, proxy=proxy, resolve=resolve)
    finally:
        await store.aclose()
    return diagnosis


def _prepare(options: Options, proxy: str | None) -> tuple[Any, Store]:
    """In a thread: aiohttp takes half a second to load."""
    from tensorbay.storage.diagnosis import examine

    return examine, open_store(options, proxy=proxy)
