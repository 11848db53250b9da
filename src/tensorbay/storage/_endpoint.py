"""Reading of S3 endpoints, as people write them."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from tensorbay.exception import StorageAccessError, StorageError

DEFAULT_REGION = "us-east-1"
_AWS_HOST = re.compile(
    r"s3(?:-fips)?(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2,3}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?"
)


def check_bucket(name: str) -> None:
    if not re.fullmatch(r"(?!\.+$)[A-Za-z0-9._-]{1,255}", name):
        raise StorageError(f"{name!r} is no name of a bucket.")


class Endpoint(NamedTuple):
    url: str
    region: str


def parse_endpoint(text: str, *, bucket: str, region: str | None = None) -> Endpoint:
    """The endpoint's URL and region; without a scheme it is https."""
    given = text.strip()
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise _refused(text, str(exc)) from exc
    if parts.scheme not in ("http", "https"):
        raise _refused(text, f"the scheme is {parts.scheme!r}, not http or https")
    if not re.fullmatch(r"[\w.:-]+", host, re.ASCII):
        raise _refused(text, "it has no valid host name")
    if parts.username is not None or parts.password is not None:
        raise _refused("...", "it has a user name or password in it; give the access key apart from it")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _refused(text, "it goes on after the host and port; the bucket is given apart from it")
    if host.startswith(f"{bucket}.s3"):
        raise _refused(text, f"it starts with the bucket; write {host.removeprefix(f'{bucket}.')!r}")
    aws = _AWS_HOST.fullmatch(host)
    named = aws["region"] if aws else None
    address = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{address}" + (f":{port}" if port is not None else "")
    return Endpoint(url, region or named or DEFAULT_REGION)


def refused_by_proxy(url: str) -> StorageAccessError:
    """Of a server that does not go wherever its users want."""
    return StorageAccessError(
        f"This server does not open {url}: the endpoint, or the place that it sends requests on to, is not at a public "
        "address. The server's operator can allow it."
    )


def _refused(text: str, reason: str) -> StorageError:
    return StorageError(
        f"{text!r} is no S3 endpoint: {reason}. It should look like "
        '"https://s3.us-west-1.amazonaws.com" or "http://127.0.0.1:8333".'
    )
