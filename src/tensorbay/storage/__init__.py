"""Objects in buckets and folders: list, read, write, copy, delete, sign, check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.exception import StorageError
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
from tensorbay.storage._protocol import UPLOAD_KEY, Grant, Operation, service_url
from tensorbay.storage._service import ServiceStore
from tensorbay.storage._store import PAGE_LIMIT, PRIVATE_FOLDER, Level, ObjectInfo, Store, covers, is_private

if TYPE_CHECKING:
    from pathlib import Path

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
    "FolderOptions",
    "FolderStore",
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
    "S3Options",
    "SasToken",
    "ServiceAccount",
    "ServiceOptions",
    "ServiceStore",
    "Store",
    "check_key",
    "check_s3_key",
    "check_windows_key",
    "covers",
    "fetch",
    "is_private",
    "open_store",
    "service_url",
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
        return ServiceStore(options)
    # obstore takes 20 ms to load, which a process that only reads folders need not spend.
    from tensorbay.storage._s3 import S3Store

    if isinstance(options, S3Options):
        return S3Store(options, proxy=proxy)
    raise StorageError(f"{type(options).__name__} cannot be opened yet.")
