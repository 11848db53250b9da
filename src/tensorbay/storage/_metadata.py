"""Tokens of the machine's own identity, from the metadata service of its cloud.

Asked by a client of their own and past any proxy: only this machine can ask. The store's client must not reach that
service, for a store may send it anywhere.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tensorbay.exception import StorageAccessError, StorageError
from tensorbay.storage._credentials import Lease
from tensorbay.storage._http import ask

if TYPE_CHECKING:
    from collections.abc import Mapping

_AZURE = "http://169.254.169.254/metadata/identity/oauth2/token"
_GOOGLE = "metadata.google.internal"


async def azure_token(client_id: str | None) -> Lease[str]:
    """Of a virtual machine; of an App Service or Container App where its variables are set."""
    query = {"api-version": "2019-08-01", "resource": "https://storage.azure.com"}
    if client_id is not None:
        query["client_id"] = client_id
    headers = {"Metadata": "true"}
    if secret := os.environ.get("IDENTITY_HEADER"):
        headers["X-IDENTITY-HEADER"] = secret
    return _lease(await _ask(f"{os.environ.get('IDENTITY_ENDPOINT', _AZURE)}?{urlencode(query)}", headers))


async def google_token() -> Lease[str]:
    return _lease(await _ask(_google("token"), {"Metadata-Flavor": "Google"}))


async def google_email() -> str:
    """The account that the machine is."""
    return (await _ask(_google("email"), {"Metadata-Flavor": "Google"})).decode().strip()


def bearer(token: str) -> dict[str, Any]:
    """As obstore wants it."""
    return {"token": token}


def _google(name: str) -> str:
    host = os.environ.get("GCE_METADATA_HOST", _GOOGLE)
    return f"http://{host}/computeMetadata/v1/instance/service-accounts/default/{name}"


async def _ask(url: str, headers: Mapping[str, str]) -> bytes:
    try:
        answer = await ask("GET", url, headers=headers, is_direct=True)
    except StorageError as error:
        raise StorageAccessError(f"This machine has no identity that a store knows: {error}") from None
    if answer.status != 200:
        words = " ".join(answer.body.decode(errors="replace").split())[:200]
        raise StorageAccessError(f"This machine has no identity that a store knows: {words} (HTTP {answer.status})")
    return answer.body


def _lease(body: bytes) -> Lease[str]:
    try:
        given: Any = json.loads(body)
        end = float(given["expires_on"]) if "expires_on" in given else time.time() + float(given["expires_in"])
        return Lease(str(given["access_token"]), end)
    except (ValueError, TypeError, KeyError):
        # Without the cause, which has the token.
        raise StorageAccessError(
            "The metadata service of this machine answers with something else than a token."
        ) from None
