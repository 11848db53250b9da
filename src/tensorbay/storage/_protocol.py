"""What both ends of the local storage service's protocol agree on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote, urlsplit

from tensorbay.exception import StorageError

Operation: TypeAlias = Literal["read", "write", "list", "delete"]

UPLOAD_KEY = re.compile(r"(?:^|/)\.tensorbay/objects/([0-9a-f]{40})\Z")
"""Keys that name the SHA-1 of their content."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token allows until `expires` (Unix seconds): operations on `key`, or on keys that begin with `prefix`."""

    operations: tuple[Operation, ...]
    expires: float
    key: str | None = None
    prefix: str | None = None


Signer: TypeAlias = Callable[[Grant], str]


def service_url(text: str) -> str:
    """The URL of a local storage service, spelled in the one way that tokens name it: without "/" at the end."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise _refused(text, str(exc)) from exc
    if parts.username is not None or parts.password is not None:
        raise _refused("...", "it has a user name or password in it; the service knows none")
    if parts.scheme not in _PORTS:
        raise _refused(text, f"the scheme is {parts.scheme!r}, not http or https")
    if not re.fullmatch(r"[\w.:-]+", host, re.ASCII):
        raise _refused(text, "it has no valid host name")
    if parts.query or parts.fragment:
        raise _refused(text, "it goes on after the path")
    address = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port is not None and port != _PORTS[parts.scheme] else ""
    return f"{parts.scheme}://{address}{shown_port}{quote(parts.path.rstrip('/'), safe='/%~')}"


def _refused(text: str, reason: str) -> StorageError:
    return StorageError(
        f"{text!r} is no address of a local storage service: {reason}. It should look like "
        '"http://192.168.0.1:9000": what `gas storage serve` prints.'
    )
