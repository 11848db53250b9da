"""A bucket of Google Cloud Storage."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from obstore.store import GCSStore as Bucket

from tensorbay.exception import StorageError
from tensorbay.storage._credentials import provider
from tensorbay.storage._endpoint import check_bearer, parse_gcs_endpoint
from tensorbay.storage._errors import Place, refusal
from tensorbay.storage._google_keys import KeyFile, Machine, has_default_credentials
from tensorbay.storage._http import Http
from tensorbay.storage._metadata import bearer
from tensorbay.storage._obstore import RETRIES, FlatStore, check_signable, client_config
from tensorbay.storage._options import GcsOptions, ServiceAccount
from tensorbay.storage._store import ObjectInfo, SignedUrls
from tensorbay.storage._unframed import unframed

if TYPE_CHECKING:
    from obstore.store import GCSConfig

    from tensorbay.storage._http import Answer


_COPY_PATIENCE = 600  # what lies in another class of storage takes its time
_HOSTS = ("storage.googleapis.com",)
# obstore takes these before what it is given, and has no way to be told not to.
_VARIABLES = ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_BEARER_TOKEN")


class GcsStore(FlatStore):
    _bucket: Bucket

    def __init__(self, options: GcsOptions, *, proxy: str | None = None) -> None:
        url = parse_gcs_endpoint(options)
        super().__init__(Place(url, options.bucket))
        self._http = Http(proxy=proxy, tries=7)  # many copies at a time may be too many for a moment
        self._account: KeyFile | Machine | None = None
        if isinstance(options.credentials, ServiceAccount):
            self._account = KeyFile(options.credentials)
        elif not has_default_credentials():
            self._account = Machine(self._http)
        with self._translated(None):
            self._bucket = _open_bucket(options, self._account, url, proxy)
        self._copies_by_etag = self._account is not None

    async def _copy(self, source: ObjectInfo, target: str) -> None:
        if self._account is None:
            await super()._copy(source, target)
            return
        with unframed():
            answer = await self._ask_to_copy(self._account, source, target)
        if answer.status != 200:
            text = answer.body.decode(errors="replace")
            raise refusal(answer.status, text, self._place._replace(key=source.path))

    async def _ask_to_copy(self, account: KeyFile | Machine, source: ObjectInfo, target: str) -> Answer:
        """Not by obstore: it cannot ask that the source is what it was."""
        headers = {
            "Authorization": f"Bearer {(await account.tokens.get()).value}",
            "x-goog-copy-source": quote(f"/{self._place.bucket}/{source.path}"),
            "x-goog-copy-source-if-match": source.etag,
        }
        return await self._http.request("PUT", self._place.url(target), headers=headers, patience=_COPY_PATIENCE)

    async def _sign(self, paths: list[str], versions: list[str | None], method: str, expires: float) -> SignedUrls:
        if self._account is None:  # a person's credentials, which obstore found
            check_signable(paths)
            return await super()._sign(paths, versions, method, expires)
        now, lifetime, email = int(time.time()), int(expires), await self._account.email()
        forms = [
            _Form(self._place, path, version, email=email, method=method, now=now, expires=lifetime)
            for path, version in zip(paths, versions, strict=True)
        ]
        with unframed():
            signatures = await self._account.sign([form.text for form in forms])
        urls = [f"{form.url}&X-Goog-Signature={each.hex()}" for form, each in zip(forms, signatures, strict=True)]
        return SignedUrls(urls, expire_at=now + lifetime)

    async def aclose(self) -> None:
        await self._http.aclose()


class _Form:
    """A URL before it is signed, and the text that is: obstore signs none of a generation."""

    def __init__(
        self, place: Place, path: str, version: str | None, *, email: str, method: str, now: int, expires: int
    ) -> None:
        stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/auto/storage/goog4_request"
        query = {
            "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
            "X-Goog-Credential": f"{email}/{scope}",
            "X-Goog-Date": stamp,
            "X-Goog-Expires": str(expires),
            "X-Goog-SignedHeaders": "host",
        }
        if version is not None:
            query["generation"] = version  # sorted as it has to be: after the capitals
        resource = f"/{place.bucket}/{quote(path)}"
        encoded = urlencode(query, quote_via=quote)
        host = urlsplit(place.endpoint).netloc
        request = f"{method}\n{resource}\n{encoded}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        self.text = f"GOOG4-RSA-SHA256\n{stamp}\n{scope}\n{digest}".encode()
        self.url = f"{place.endpoint}{resource}?{encoded}"


def _open_bucket(options: GcsOptions, account: KeyFile | Machine | None, url: str, proxy: str | None) -> Bucket:
    """Everything that matters is given: obstore would take what is missing from GOOGLE_ variables."""
    config: GCSConfig = {}
    if isinstance(account, KeyFile):
        for name in _VARIABLES:
            if name in os.environ:
                raise StorageError(f"The variable {name} is set and would be taken instead of the key given: unset it.")
        config = {"service_account_key": account.text}
    else:
        check_bearer(url, hosts=_HOSTS)
    return Bucket(
        options.bucket,
        base_url=url,
        skip_signature=False,
        client_options=client_config(proxy),
        retry_config=RETRIES,
        config=config,
        credential_provider=provider(account.tokens, bearer) if isinstance(account, Machine) else None,
    )
