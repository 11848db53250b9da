"""A container of Azure Blob Storage."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from obstore.store import AzureStore as Container

from tensorbay.exception import StorageError
from tensorbay.storage._azure_copy import Copier
from tensorbay.storage._azure_keys import Access, UrlSignature, check_account_key, check_sas, sas_end
from tensorbay.storage._credentials import Refreshed, provider
from tensorbay.storage._endpoint import check_bearer, parse_azure_endpoint
from tensorbay.storage._errors import Place
from tensorbay.storage._metadata import azure_token, bearer
from tensorbay.storage._obstore import RETRIES, FlatStore, check_signable, client_config
from tensorbay.storage._options import AccountKey, AzureOptions, ManagedIdentity, SasToken
from tensorbay.storage._store import ObjectInfo, SignedUrls
from tensorbay.storage._unframed import unframed

if TYPE_CHECKING:
    from obstore.store import AzureConfig

# Whom a managed identity may be shown to: Azure itself, its clouds in China and of the US government.
_HOSTS = ("core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net")
# Azure makes one blob of a PUT only if it is told to.
_UPLOAD_HEADERS = {"x-ms-blob-type": "BlockBlob"}


class AzureStore(FlatStore):
    _bucket: Container
    _may_sort_utf16 = True  # Azurite does; Microsoft does not say
    _copies_by_etag = True

    def __init__(self, options: AzureOptions, *, proxy: str | None = None) -> None:
        url = parse_azure_endpoint(options)
        super().__init__(Place(url, options.container, noun="container"))
        self._account = options.account
        self._credentials = given = options.credentials
        self._tokens = Refreshed(partial(azure_token, given.client_id)) if isinstance(given, ManagedIdentity) else None
        with self._translated(None):
            self._bucket = _open_container(options, url, self._tokens, proxy)
        self._copier = Copier(self._place, Access(self._place, options.account, given, self._tokens), proxy=proxy)

    async def aclose(self) -> None:
        await self._copier.aclose()

    async def _copy(self, source: ObjectInfo, target: str) -> None:
        with unframed():
            await self._copier.copy(source, target)

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
        signature = UrlSignature(self._credentials, self._account, self._place, method, expire_at)
        signed = [signature.url(path, version) for path, version in zip(paths, versions, strict=True)]
        return SignedUrls(signed, expire_at=expire_at, headers=headers)

    def _with_sas(
        self, token: str, paths: list[str], versions: list[str | None], headers: dict[str, str], expire_at: float
    ) -> SignedUrls:
        sas = check_sas(token)
        urls = [
            f"{self._place.url(path)}?" + ("" if version is None else f"{urlencode({'versionid': version})}&") + sas
            for path, version in zip(paths, versions, strict=True)
        ]
        return SignedUrls(urls, expire_at=min(expire_at, sas_end(sas) or expire_at), headers=headers)


def _open_container(options: AzureOptions, url: str, tokens: Refreshed[str] | None, proxy: str | None) -> Container:
    """Everything that matters is given: obstore would take what is missing from AZURE_ variables."""
    credentials = options.credentials
    config: AzureConfig = {}
    if isinstance(credentials, AccountKey):
        check_account_key(credentials.key)
        config = {"credential_type": "access_key", "account_key": credentials.key}
    elif isinstance(credentials, SasToken):
        config = {"credential_type": "sas_token", "sas_key": check_sas(credentials.token)}
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
