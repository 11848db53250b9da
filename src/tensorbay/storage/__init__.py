"""Objects in buckets and folders: list, read, write, copy, delete, sign, check."""

from __future__ import annotations

from tensorbay.storage._folder import FolderStore
from tensorbay.storage._key import check_key, check_s3_key
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
)
from tensorbay.storage._store import Level, ObjectInfo, SignedUrls, Store, covers

__all__ = [
    "AccessKey",
    "AccountKey",
    "AssumeRole",
    "AwsCredentials",
    "AwsIdentity",
    "AzureCredentials",
    "AzureOptions",
    "FolderOptions",
    "GcsOptions",
    "GoogleCredentials",
    "GoogleIdentity",
    "Level",
    "ManagedIdentity",
    "ObjectInfo",
    "Options",
    "S3Options",
    "SasToken",
    "ServiceAccount",
    "SignedUrls",
    "Store",
    "check_key",
    "check_s3_key",
    "covers",
    "open_store",
]


def open_store(options: Options, *, proxy: str | None = None) -> Store:
    """The store that `options` describe. Nothing is contacted yet: `check()` does that.

    `proxy` is the URL of an HTTP proxy that every request to the store takes.
    """
    if isinstance(options, FolderOptions):
        return FolderStore(options)
    # obstore takes 20 ms to load, which a process that only reads folders need not spend.
    if isinstance(options, AzureOptions):
        from tensorbay.storage._azure import AzureStore

        return AzureStore(options, proxy=proxy)
    if isinstance(options, GcsOptions):
        from tensorbay.storage._gcs import GcsStore

        return GcsStore(options, proxy=proxy)
    from tensorbay.storage._s3 import S3Store

    return S3Store(options, proxy=proxy)
