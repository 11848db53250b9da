"""Who we are to Google: the key file of a service account, or what this machine is."""

from __future__ import annotations

import base64
import json
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio.to_thread import run_sync
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tensorbay._util.base64url import base64url
from tensorbay._util.concurrency import map_concurrently
from tensorbay.exception import StorageAccessError, StorageError
from tensorbay.storage._credentials import Lease, Refreshed
from tensorbay.storage._metadata import google_email, google_token
from tensorbay.storage._options import ServiceAccount

if TYPE_CHECKING:
    from tensorbay.storage._http import Http

_IAM = "https://iamcredentials.googleapis.com"
_SIGNATURES_IN_FLIGHT = 16
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_TOKEN_SECONDS = 3600


class KeyFile:
    """A service account by the key file that it was given."""

    def __init__(self, account: ServiceAccount) -> None:
        try:
            given: Any = json.loads(account.json)
        except ValueError:
            raise StorageError("The service account's key file is no JSON: give its text, not its path.") from None
        if not isinstance(given, dict) or given.get("type") != "service_account":
            raise StorageError('This is no key file of a service account: these have `"type": "service_account"`.')
        missing = [name for name in ("client_email", "private_key", "private_key_id") if not given.get(name)]
        if missing:
            raise StorageError(f"The service account's key file has no {', '.join(missing)}. Make a new key of it.")
        try:
            key = serialization.load_pem_private_key(given["private_key"].encode(), password=None)
        except (ValueError, TypeError, AttributeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise StorageError("The private key in the service account's key file is damaged: download it again.")
        self._key = key
        self._email = str(given["client_email"])
        self._key_id = str(given["private_key_id"])
        self.tokens = Refreshed(self._make_token)
        # Not whole: a key file can also tell obstore where to go, and that it need not sign.
        wanted = ("type", "client_email", "private_key", "private_key_id")
        self.text = json.dumps({name: given[name] for name in wanted})

    async def email(self) -> str:
        return self._email

    async def sign(self, texts: list[bytes]) -> list[bytes]:
        key = self._key
        return await run_sync(lambda: [key.sign(text, padding.PKCS1v15(), hashes.SHA256()) for text in texts])

    async def _make_token(self) -> Lease[str]:
        """A JWT of its own, which Google takes as it takes the tokens that it gives for one."""
        now = int(time.time())
        claims = {"iss": self._email, "sub": self._email, "scope": _SCOPE, "iat": now, "exp": now + _TOKEN_SECONDS}
        header = {"alg": "RS256", "typ": "JWT", "kid": self._key_id}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        [signature] = await self.sign([text.encode()])
        return Lease(f"{text}.{base64url(signature)}", now + _TOKEN_SECONDS)


class Machine:
    """The service account that Google gives this machine. Google keeps its key, and signs when it is asked to."""

    def __init__(self, http: Http) -> None:
        self.tokens = Refreshed(google_token)
        self._email = Refreshed(self._ask_email)
        self._http = http

    async def email(self) -> str:
        return (await self._email.get()).value

    async def sign(self, texts: list[bytes]) -> list[bytes]:
        url = f"{_IAM}/v1/projects/-/serviceAccounts/{quote(await self.email())}:signBlob"
        return await map_concurrently(partial(self._sign_one, url), texts, limit=_SIGNATURES_IN_FLIGHT)

    async def _sign_one(self, url: str, text: bytes) -> bytes:
        headers = {"Authorization": f"Bearer {(await self.tokens.get()).value}", "Content-Type": "application/json"}
        body = json.dumps({"payload": base64.b64encode(text).decode()}).encode()
        answer = await self._http.request("POST", url, headers=headers, body=body)
        if answer.status != 200:
            raise StorageAccessError(
                f"Google does not sign for this machine (HTTP {answer.status}): its service account needs the role "
                '"Service Account Token Creator" for itself, and the IAM Service Account Credentials API.'
            )
        return base64.b64decode(json.loads(answer.body)["signedBlob"])

    async def _ask_email(self) -> Lease[str]:
        return Lease(await google_email(), None)


def has_default_credentials() -> bool:
    """What `gcloud auth application-default login` leaves, or the variable that points to such a file."""
    if "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
        return True
    home = os.environ.get("APPDATA" if os.name == "nt" else "HOME")
    folder = Path(home or "/") / ("gcloud" if os.name == "nt" else ".config/gcloud")
    return (folder / "application_default_credentials.json").is_file()
