"""The server's public key: fetched once, then kept."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
from anyio.to_thread import run_sync

from tensorbay._util.private_files import create_once
from tensorbay.exception import ForbiddenError, InvalidParamsError, StorageUnreachableError
from tensorbay.local_storage._tokens import read_public_key
from tensorbay.storage import fetch
from tensorbay.wire import V2

__all__ = ["KEY_PATH", "fetch_public_key"]

KEY_PATH = f"{V2}storage-service-key"

logger = logging.getLogger("tensorbay.local_storage")

_UNPROTECTED = (
    "Anybody on the way to %s could have sent another key in its place, and would then reach all files: compare what "
    "was kept in %s with what `gas server public-key` prints on the server's machine, or give that with --public-key."
)


class _Reply(msgspec.Struct, rename="camel"):
    public_key: str


async def fetch_public_key(server_url: str, *, home: Path, ca_bundle: Path | None = None) -> str:
    """The key of the server, in PEM. The first answer is trusted and kept in `home`; another one later is refused.

    With a key that is kept the server need not be up. A first answer that others could have given in the server's place
    is logged as a warning.
    """
    url = server_url.strip().rstrip("/")
    is_private = _is_private(url)
    file = home / "servers" / f"{quote(url, safe='')}.pem"
    kept = await run_sync(_read, file)
    try:
        answer = await fetch(f"{url}/{KEY_PATH}", ca_bundle=ca_bundle)
    except StorageUnreachableError:
        if kept is None:
            raise
        return kept
    try:
        found = msgspec.json.decode(answer, type=_Reply).public_key
        read_public_key(found)
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidParamsError):
        raise InvalidParamsError(f"{url} does not answer as a TensorBay server does.") from None
    if kept is None:
        if not is_private:
            logger.warning(_UNPROTECTED, url, file)
        kept = (await run_sync(create_once, file, found.encode())).decode()
    if kept != found:
        raise ForbiddenError(
            f"{url} has another public key than the one that was kept in {file}. If its operator changed it, remove "
            "that file and start again; if not, somebody else may be answering in its place."
        )
    return kept


def _is_private(url: str) -> bool:
    """Whether nobody else can answer in the server's place: over https, or on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise InvalidParamsError("--server-url is no address of a server: it should look like https://host:8000.")
    return parts.scheme == "https" or _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(file: Path) -> str | None:
    return file.read_text() if file.exists() else None
