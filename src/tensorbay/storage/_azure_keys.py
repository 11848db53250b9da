"""Who we are to Azure: signatures by the account's key, a SAS, the identity of the machine."""

from __future__ import annotations

import base64
import binascii
import email.utils
import hashlib
import hmac
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from tensorbay.exception import StorageError
from tensorbay.storage._options import AccountKey, SasToken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tensorbay.storage._credentials import Refreshed
    from tensorbay.storage._errors import Place
    from tensorbay.storage._options import AzureCredentials

_VERSION = "2021-12-02"
_RIGHTS = {"GET": "r", "HEAD": "r", "PUT": "cw", "DELETE": "d"}
# The headers that the account's key signs, in this order; a length of 0 counts as none.
_SIGNED = ("Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date")
_CONDITIONS = ("If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range")


class UrlSignature:
    """URLs of single blobs by the account's key. obstore signs names that are percent-encoded; Azure, as they are."""

    def __init__(self, key: AccountKey, account: str, place: Place, method: str, expire_at: int) -> None:
        if method not in _RIGHTS:
            raise StorageError(f"URLs are signed for {', '.join(_RIGHTS)}, not for {method!r}.")
        self._key = base64.b64decode(key.key)
        self._place = place
        self._resource = f"/blob/{account}/{place.bucket}"
        self._rights = _RIGHTS[method]
        self._end = datetime.fromtimestamp(expire_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def url(self, path: str, version: str | None) -> str:
        kind = "b" if version is None else "bv"
        resource = f"{self._resource}/{path}"
        # Rights, start, end, resource, policy, IP, protocol, version, kind, blob version, scope, five headers.
        fields = [self._rights, "", self._end, resource, "", "", "", _VERSION, kind, version or "", *[""] * 6]
        query = {"sv": _VERSION, "se": self._end, "sr": kind, "sp": self._rights}
        if version is not None:
            query["versionid"] = version
        return f"{self._place.url(path)}?{urlencode({**query, 'sig': _signed(self._key, fields)})}"


class Access:
    """For the requests that are made past obstore."""

    def __init__(
        self, place: Place, account: str, credentials: AzureCredentials, tokens: Refreshed[str] | None
    ) -> None:
        self._place = place
        self._account = account
        self._credentials = credentials
        self._tokens = tokens

    def source(self, path: str) -> str:
        """How Azure is told where to copy from: it looks there as whoever asks it, but for a SAS."""
        url = self._place.url(path)
        return f"{url}?{check_sas(self._credentials.token)}" if isinstance(self._credentials, SasToken) else url

    async def request(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """Its URL and headers, with what allows it."""
        url, given = self._place.url(path), {**headers, "x-ms-version": _VERSION}
        if method == "PUT":
            given["Content-Type"] = "application/octet-stream"  # the HTTP client would add it after it is signed
        texts = [urlencode(query)] if query else []
        if isinstance(self._credentials, SasToken):
            texts.append(check_sas(self._credentials.token))
        elif self._tokens is not None:
            given["Authorization"] = f"Bearer {(await self._tokens.get()).value}"
        elif isinstance(self._credentials, AccountKey):
            given["x-ms-date"] = email.utils.formatdate(usegmt=True)
            signature = self._signature(self._credentials.key, method, url, query, given)
            given["Authorization"] = f"SharedKey {self._account}:{signature}"
        return "?".join((url, "&".join(texts))) if texts else url, given

    def _signature(self, key: str, method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        fields = [method, *(headers.get(name, "") for name in (*_SIGNED, *_CONDITIONS))]
        fields += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")]
        fields += [f"/{self._account}{urlsplit(url).path}", *(f"{name}:{query[name]}" for name in sorted(query))]
        return _signed(base64.b64decode(key), fields)


def _signed(key: bytes, fields: list[str]) -> str:
    return base64.b64encode(hmac.digest(key, "\n".join(fields).encode(), hashlib.sha256)).decode()


def check_account_key(key: str) -> None:
    try:
        base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise StorageError("The account key is not valid base64: copy it whole, with the = at its end.") from None


def sas_end(token: str) -> float | None:
    """None where a policy that the container keeps says when it ends."""
    end = dict(parse_qsl(token)).get("se", "")
    try:
        found = datetime.fromisoformat(end.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()  # a day has no zone


def check_sas(token: str) -> str:
    token = token.strip().removeprefix("?")
    if "sig" not in dict(parse_qsl(token)):
        raise StorageError('The SAS has no signature: it is what follows "?" in its URL, with "sig=" in it.')
    return token
