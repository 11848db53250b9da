"""Reading of endpoints, as people write them."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from tensorbay.exception import StorageAccessError, StorageError

if TYPE_CHECKING:
    from tensorbay.storage._options import AzureOptions, GcsOptions, S3Options

DEFAULT_REGION = "us-east-1"
GOOGLE = "https://storage.googleapis.com"
# What a proxy answers that does not open an endpoint, and of an endpoint that does not answer.
REFUSED_BY_PROXY = 407
GATEWAY = (502, 504)
_AWS_HOST = re.compile(
    r"s3(?:-fips)?(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2,3}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?"
)
_OSS_HOST = re.compile(r"(?:s3\.)?oss-(?P<region>[a-z]{2,3}(?:-[a-z0-9]+)+?)(?:-internal)?\.aliyuncs\.com")


class _Form(NamedTuple):
    noun: str
    example: str


_S3 = _Form("S3 endpoint", '"https://s3.us-west-1.amazonaws.com" or "http://127.0.0.1:8333"')
_VIRTUAL = _Form("endpoint for buckets with hosts of their own", '"https://oss-cn-hangzhou.aliyuncs.com"')
_AZURE = _Form("endpoint of Azure Blob Storage", '"https://account.blob.core.windows.net"')
_STS = _Form("endpoint of an STS", '"https://sts.us-west-1.amazonaws.com"')
_GCS = _Form("endpoint of Google Cloud Storage", f'"{GOOGLE}"')
_SERVICE = _Form("address of a local storage service", '"http://192.168.0.1:9000": what `gas storage serve` prints')


def check_bucket(name: str, *, noun: str = "bucket") -> None:
    if not re.fullmatch(r"(?!\.+$)[A-Za-z0-9._-]{1,255}", name):
        raise StorageError(f"{name!r} is no name of a {noun}.")


class Endpoint(NamedTuple):
    """`bucket_url` is what a key is added to; `url` the service's."""

    url: str
    region: str
    bucket_url: str

    @property
    def is_oss(self) -> bool:
        return _OSS_HOST.fullmatch(urlsplit(self.url).hostname or "") is not None

    @property
    def is_aws(self) -> bool:
        return (urlsplit(self.url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))


def parse_endpoint(options: S3Options) -> Endpoint:
    """Without a scheme it is https."""
    text, bucket = options.endpoint, options.bucket
    form = _S3 if options.addressing == "path" else _VIRTUAL
    address = _parse(text, form)
    if address.path:
        raise _refused(text, "it goes on after the host and port; the bucket is given apart from it", form)
    if address.host.startswith((f"{bucket}.s3", f"{bucket}.oss-")):
        raise _refused(text, f"it starts with the bucket; write {address.host.removeprefix(f'{bucket}.')!r}", form)
    known = _AWS_HOST.fullmatch(address.host) or _OSS_HOST.fullmatch(address.host)
    region = options.region or (known["region"] if known else None) or DEFAULT_REGION
    if options.addressing == "path":
        return Endpoint(address.url, region, f"{address.url}/{bucket}")
    if _is_ip(address.host):
        raise _refused(text, "the bucket's name goes before the host, which is a number", form)
    if not re.fullmatch(r"(?!-)[a-z0-9.-]{1,63}(?<![.-])", bucket):
        raise StorageError(f"The bucket {bucket!r} cannot be part of a host's name: a-z, 0-9, '-' and '.' can.")
    return Endpoint(address.url, region, f"{address.scheme}://{bucket}.{address.authority}")


def parse_azure_endpoint(options: AzureOptions) -> str:
    """The account's URL. Emulators have the account in the path."""
    account = options.account
    if not re.fullmatch(r"[a-z0-9-]{3,63}", account):
        raise StorageError(f"{account!r} is no name of a storage account: these are of a-z and 0-9.")
    address = _parse(options.endpoint, _AZURE)
    if address.path not in ("", account):
        reason = "it goes on after the host and port; the container is given apart from it"
        raise _refused(options.endpoint, reason, _AZURE)
    return f"{address.url}/{account}" if address.path else address.url


def parse_gcs_endpoint(options: GcsOptions) -> str:
    text = options.endpoint or GOOGLE
    address = _parse(text, _GCS)
    if address.path:
        raise _refused(text, "it goes on after the host and port; the bucket is given apart from it", _GCS)
    return address.url


def service_url(text: str) -> str:
    """The URL of a local storage service, spelled in the one way that tokens name it: without "/" at the end."""
    if "://" not in text:
        raise _refused(text, "it does not begin with http:// or https://", _SERVICE)
    address = _parse(text, _SERVICE)
    url = address.url.removesuffix(":443" if address.scheme == "https" else ":80")
    return f"{url}/{quote(address.path, safe='/%')}" if address.path else url


def parse_sts_endpoint(text: str) -> str:
    address = _parse(text, _STS)
    return f"{address.url}/{address.path}" if address.path else address.url


def check_bearer(url: str, *, hosts: tuple[str, ...]) -> None:
    """Refuse to show the machine's own token to whoever a config names: a signature is no use to him, a token is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_known = parts.scheme == "https" and any(host == known or host.endswith(f".{known}") for known in hosts)
    if not is_known and not (_is_ip(host) and ipaddress.ip_address(host).is_loopback):
        names = ", ".join(hosts)
        raise StorageError(f"This machine's identity is shown to https://*.{names} only, not to {url}: give a key.")


def refused_by_proxy(url: str) -> StorageAccessError:
    """Of a server that does not go wherever its users want."""
    return StorageAccessError(
        f"This server does not open {url}: the endpoint, or the place that it sends requests on to, is not at a public "
        "address. The server's operator can allow it."
    )


class _Address(NamedTuple):
    scheme: str
    host: str
    authority: str
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"


def _parse(text: str, form: _Form) -> _Address:
    given = text.strip()
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise _refused(text, str(exc), form) from exc
    if parts.scheme not in ("http", "https"):
        raise _refused(text, f"the scheme is {parts.scheme!r}, not http or https", form)
    if not re.fullmatch(r"[\w.:-]+", host, re.ASCII):
        raise _refused(text, "it has no valid host name", form)
    if parts.username is not None or parts.password is not None:
        raise _refused(text, "it has a user name or password in it; credentials are given apart from it", form)
    if parts.query or parts.fragment:
        raise _refused(text, 'it goes on after the path ("?" or "#"); credentials are given apart from it', form)
    authority = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    return _Address(parts.scheme, host, authority, parts.path.strip("/"))


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refused(text: str, reason: str, form: _Form) -> StorageError:
    shown = "..." if {"@", "?", "#"} & set(text) else text  # passwords and signatures are not shown
    return StorageError(f"{shown!r} is no {form.noun}: {reason}. It should look like {form.example}.")
