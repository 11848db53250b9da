"""A bucket of Google Cloud Storage."""

from __future__ import annotations

import hashlib
import json
import os
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from anyio.to_thread import run_sync
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from obstore.store import GCSStore as Bucket

from tensorbay.exception import StorageError
from tensorbay.storage._endpoint import check_bearer, parse_gcs_endpoint
from tensorbay.storage._errors import Place
from tensorbay.storage._obstore import RETRIES, FlatStore, check_signable, client_config
from tensorbay.storage._options import GcsOptions, ServiceAccount
from tensorbay.storage._store import SignedUrls

if TYPE_CHECKING:
    from obstore.store import GCSConfig

_METADATA_HOSTS = "metadata.google.internal,169.254.169.254"
_HOSTS = ("storage.googleapis.com",)
# obstore takes these before what it is given, and has no way to be told not to.
_VARIABLES = ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_BEARER_TOKEN")


class GcsStore(FlatStore):
    _bucket: Bucket

    def __init__(self, options: GcsOptions, *, proxy: str | None = None) -> None:
        url = parse_gcs_endpoint(options)
        super().__init__(Place(url, options.bucket))
        self._signer = _Signer(options.credentials) if isinstance(options.credentials, ServiceAccount) else None
        with self._translated(None):
            self._bucket = _open_bucket(options, self._signer, url, proxy)

    async def _sign(self, paths: list[str], versions: list[str | None], method: str, expires: float) -> SignedUrls:
        if self._signer is None:  # Google signs for an identity, and obstore asks it to: for no version
            check_signable(paths)
            return await super()._sign(paths, versions, method, expires)
        signer, now = self._signer, int(time.time())
        place, lifetime = self._place, int(expires)
        urls = await run_sync(
            lambda: [
                signer.url(place, path, version, method=method, now=now, expires=lifetime)
                for path, version in zip(paths, versions, strict=True)
            ]
        )
        return SignedUrls(urls, expire_at=now + lifetime)


class _Signer:
    """The key file of a service account, and URLs signed with it: obstore signs none of a generation."""

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
        # Not whole: a key file can also tell obstore where to go, and that it need not sign.
        wanted = ("type", "client_email", "private_key", "private_key_id")
        self.key_file = json.dumps({name: given[name] for name in wanted})

    def url(self, place: Place, path: str, version: str | None, *, method: str, now: int, expires: int) -> str:
        stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/auto/storage/goog4_request"
        query = {
            "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
            "X-Goog-Credential": f"{self._email}/{scope}",
            "X-Goog-Date": stamp,
            "X-Goog-Expires": str(expires),
            "X-Goog-SignedHeaders": "host",
        }
        if version is not None:
            query["generation"] = version  # sorted as it has to be: after the capitals
        resource = f"/{place.bucket}/{quote(path, safe='/~')}"
        encoded = urlencode(query, quote_via=quote, safe="~")
        host = urlsplit(place.endpoint).netloc
        request = f"{method}\n{resource}\n{encoded}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        text = f"GOOG4-RSA-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{place.endpoint}{resource}?{encoded}&X-Goog-Signature={signature.hex()}"


def _open_bucket(options: GcsOptions, signer: _Signer | None, url: str, proxy: str | None) -> Bucket:
    """Everything that matters is given: obstore would take what is missing from GOOGLE_ variables."""
    config: GCSConfig = {}
    direct = None
    if signer is not None:
        for name in _VARIABLES:
            if name in os.environ:
                raise StorageError(f"The variable {name} is set and would be taken instead of the key given: unset it.")
        config = {"service_account_key": signer.key_file}
    else:
        check_bearer(url, hosts=_HOSTS)
        if urlsplit(url).hostname not in _METADATA_HOSTS.split(","):
            direct = _METADATA_HOSTS  # only this machine can ask them
    return Bucket(
        options.bucket,
        base_url=url,
        skip_signature=False,
        client_options=client_config(proxy, direct=direct),
        retry_config=RETRIES,
        config=config,
    )
