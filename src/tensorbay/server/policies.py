"""How clients of 1.x get files into a storage: the one decision, and the answer each way needs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from tensorbay.server.placement import upload_prefix
from tensorbay.storage import FormStore, ServiceStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensorbay.server.storage import Storage
    from tensorbay.server.urls import UrlSigner

__all__ = ["by_put", "upload_policy"]


async def upload_policy(
    storage: Storage, signer: UrlSigner, *, base_url: str, seconds: float, form_hosts: Sequence[str]
) -> dict[str, Any]:
    """The answer of `policies`: straight to a store that takes the client's forms, else through this server."""
    if isinstance(storage.store, ServiceStore):
        prefix, expires = upload_prefix(storage), time.time() + seconds
        return _policy("fps", storage.store.sign_form(prefix, expires=expires), prefix, expires)
    if isinstance(storage.store, FormStore):
        prefix = upload_prefix(storage)
        form = await storage.store.post_form(prefix, expires=seconds)
        if _is_below(urlsplit(form.url).hostname or "", form_hosts):
            return _policy("s3", form.url, prefix, form.expire_at, **form.fields)
    way = by_put if storage.config.kind == "azure" else by_form
    return way(storage, signer, base_url=base_url, seconds=seconds)


def by_form(storage: Storage, signer: UrlSigner, *, base_url: str, seconds: float) -> dict[str, Any]:
    """A form that goes to this server."""
    prefix, expires = upload_prefix(storage), time.time() + seconds
    host = signer.sign_prefix(base_url, storage.config.id, prefix, expires=expires)
    return _policy("fps", host, prefix, expires)


def by_put(storage: Storage, signer: UrlSigner, *, base_url: str, seconds: float) -> dict[str, Any]:
    """A PUT that goes to this server, spelled as one to Azure.

    Azure's own signatures are for a blob or for the whole container, never for a prefix: none is given out.
    """
    prefix, expires = upload_prefix(storage), time.time() + seconds
    token = signer.prefix_token(storage.config.id, prefix, expires=expires)
    host = f"{base_url}objects/{storage.config.id}/"
    # The client puts host, prefix and checksum together as they are.
    return _policy("azure", host, quote(prefix), expires, **{"token": token, "x-ms-blob-type": "BlockBlob"})


def _is_below(host: str, others: Sequence[str]) -> bool:
    return any(host == other or host.endswith(f".{other}") for other in others)


def _policy(backend: str, host: str, prefix: str, expires: float, **fields: str) -> dict[str, Any]:
    # Cut like the expiry of the signatures.
    return {
        "result": {"multipleUploadLimit": None, **fields},
        "extra": {"backendType": backend, "host": host, "objectPrefix": prefix},
        "expireAt": int(expires),
    }
