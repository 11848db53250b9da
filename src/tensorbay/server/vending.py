"""Credentials that are lent to clients, so that bytes need not be asked for URL by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.exception import StorageError
from tensorbay.storage import Vended, vend

if TYPE_CHECKING:
    from tensorbay.server.settings import ServerSettings
    from tensorbay.server.storages import Access

__all__ = ["lend"]


async def lend(access: Access, settings: ServerSettings, *, write: bool) -> Vended | str:
    """Credentials for what lies below the config's path, or why there are none: clients then go on with URLs."""
    if settings.vend_credentials == "no":
        return "This server lends no credentials: its operator wants it so (TENSORBAY_VEND_CREDENTIALS)."
    if write and settings.vend_credentials != "write":
        return "This server lends credentials to read only (TENSORBAY_VEND_CREDENTIALS)."
    options, prefix, guard = access
    try:
        proxy, seconds = guard.proxy if guard is not None else None, int(settings.url_lifetime)
        return await vend(options, prefix=prefix, write=write, seconds=seconds, proxy=proxy)
    except StorageError as error:
        return str(error)
