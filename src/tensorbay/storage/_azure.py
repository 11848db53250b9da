"""A container of Azure Blob Storage."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

import anyio
from obstore.store import AzureStore as Container

from tensorbay.exception import StorageError
from tensorbay.storage._credentials import provider
from tensorbay.storage._endpoint import check_bearer, parse_azure_endpoint
from tensorbay.storage._errors import Place
from tensorbay.storage._metadata import azure_token, bearer, machine_tokens
from tensorbay.storage._obstore import RETRIES, FlatStore, check_signable, client_config
from tensorbay.storage._options import AccountKey, AzureOptions, ManagedIdentity, SasToken
from tensorbay.storage._store import ObjectInfo, SignedUrls

if TYPE_CHECKING:
    from obstore.store import AzureConfig

    from tensorbay.storage._credentials import Refreshed

# Whom a managed identity may be shown to: Azure itself, its clouds in China and of the US government.
_HOSTS = ("core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net")
_SAS_VERSION = "2021-12-02"
_RIGHTS = {"GET": "r", "HEAD": "r", "PUT": "cw", "DELETE": "d"}
# Azure makes one blob of a PUT only if it is told to.
_UPLOAD_HEADERS = {"x-ms-blob-type": "BlockBlob"}
_COPY_SECONDS = 3600.0
_COPY_POLL_SECONDS = (0.2, 5.0)


class AzureStore(FlatStore):
    _bucket: Container
    _may_sort_utf16 = True  # Azurite does; Microsoft does not say

    def __init__(self, options: AzureOptions, *, proxy: str | None = None) -> None:
        url = parse_azure_endpoint(options)
        super().__init__(Place(url, options.container, noun="container"))
        self._account = options.account
        self._credentials = options.credentials
        given = options.credentials
        self._tokens = (
            machine_tokens(partial(azure_token, given.client_id)) if isinstance(given, ManagedIdentity) else None
        )
        with self._translated(None):
            self._bucket = _open_container(options, url, self._tokens, proxy)

    async def _copied(self, source: ObjectInfo, target: str) -> ObjectInfo:
        """Azure may copy later than it answers: until then the target is there, and empty."""
        pause, longest = _COPY_POLL_SECONDS
        with anyio.move_on_after(_COPY_SECONDS):
            while (info := await self.head(target)).size < source.size:
                await anyio.sleep(pause)
                pause = min(2 * pause, longest)
            return info
        raise StorageError(f"Azure did not finish the copy {target!r} within {_COPY_SECONDS:.0f} seconds.")

    async def _sign(self, paths: list[str], versions: list[str | None], method: str, expires: float) -> SignedUrls:
        headers = _UPLOAD_HEADERS if method == "PUT" else {}
        if isinstance(self._credentials, SasToken):
            if self._credentials.is_shown:
                return self._with_sas(self._credentials.token, paths, versions, headers, time.time() + expires)
            raise StorageError(
                "A SAS cannot sign URLs, and would itself be in them if it were used instead: give the key of the "
                "account, or read through the server or on a machine that has the SAS."
            )
        if self._tokens is not None:
            check_signable(paths)
            await self._tokens.get()  # so that it is fresh: a thread cannot wait for another
            urls = await super()._sign(paths, versions, method, expires)
            return SignedUrls(urls, expire_at=urls.expire_at, headers=headers)
        assert isinstance(self._credentials, AccountKey)  # noqa: S101  (nothing else is left)
        expire_at = int(time.time()) + int(expires)
        signature = _Signature(self._credentials, self._account, self._place, method, expire_at)
        signed = [signature.url(path, version) for path, version in zip(paths, versions, strict=True)]
        return SignedUrls(signed, expire_at=expire_at, headers=headers)

    def _with_sas(
        self, token: str, paths: list[str], versions: list[str | None], headers: dict[str, str], expire_at: float
    ) -> SignedUrls:
        sas = _check_sas(token)
        base = f"{self._place.endpoint}/{self._place.bucket}"
        urls = [
            f"{base}/{quote(path)}?" + ("" if version is None else f"{urlencode({'versionid': version})}&") + sas
            for path, version in zip(paths, versions, strict=True)
        ]
        return SignedUrls(urls, expire_at=min(expire_at, _sas_end(sas) or expire_at), headers=headers)


class _Signature:
    """URLs of single blobs by the account's key. obstore signs names that are percent-encoded; Azure, as they are."""

    def __init__(self, key: AccountKey, account: str, place: Place, method: str, expire_at: int) -> None:
        if method not in _RIGHTS:
            raise StorageError(f"URLs are signed for {', '.join(_RIGHTS)}, not for {method!r}.")
        self._key = base64.b64decode(key.key)
        self._base = f"{place.endpoint}/{place.bucket}"
        self._resource = f"/blob/{account}/{place.bucket}"
        self._rights = _RIGHTS[method]
        self._end = datetime.fromtimestamp(expire_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def url(self, path: str, version: str | None) -> str:
        kind = "b" if version is None else "bv"
        resource = f"{self._resource}/{path}"
        # Rights, start, end, resource, policy, IP, protocol, version, kind, blob version, scope, five headers.
        fields = [self._rights, "", self._end, resource, "", "", "", _SAS_VERSION, kind, version or "", *[""] * 6]
        digest = hmac.digest(self._key, "\n".join(fields).encode(), hashlib.sha256)
        query = {"sv": _SAS_VERSION, "se": self._end, "sr": kind, "sp": self._rights}
        if version is not None:
            query["versionid"] = version
        return f"{self._base}/{quote(path)}?{urlencode({**query, 'sig': base64.b64encode(digest).decode()})}"


def _open_container(options: AzureOptions, url: str, tokens: Refreshed[str] | None, proxy: str | None) -> Container:
    """Everything that matters is given: obstore would take what is missing from AZURE_ variables."""
    credentials = options.credentials
    config: AzureConfig = {}
    if isinstance(credentials, AccountKey):
        _check_key(credentials.key)
        config = {"credential_type": "access_key", "account_key": credentials.key}
    elif isinstance(credentials, SasToken):
        config = {"credential_type": "sas_token", "sas_key": _check_sas(credentials.token)}
    else:
        check_bearer(url, hosts=_HOSTS)
    return Container(
        options.container,
        account_name=options.account,
        endpoint=url,
        use_emulator=False,
        use_fabric_endpoint=False,
        skip_signature=False,
        client_options=client_config(proxy),
        retry_config=RETRIES,
        config=config,
        credential_provider=None if tokens is None else provider(tokens, bearer),
    )


def _check_key(key: str) -> None:
    try:
        base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise StorageError("The account key is not valid base64: copy it whole, with the = at its end.") from None


def _sas_end(token: str) -> float | None:
    """None where a policy that the container keeps says when it ends."""
    end = dict(parse_qsl(token)).get("se", "")
    try:
        found = datetime.fromisoformat(end.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()  # a day has no zone


def _check_sas(token: str) -> str:
    token = token.strip().removeprefix("?")
    if "sig" not in dict(parse_qsl(token)):
        raise StorageError('The SAS has no signature: it is what follows "?" in its URL, with "sig=" in it.')
    return token
