"""The server's public key: fetched once, then kept."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import msgspec
from anyio.to_thread import run_sync

from tensorbay._util.private_files import create_once
from tensorbay.exception import ForbiddenError, InvalidParamsError, StorageUnreachableError
from tensorbay.storage import fetch
from tensorbay.wire import V2

__all__ = ["KEY_PATH", "fetch_public_key"]

KEY_PATH = f"{V2}storage-service-key"


class _Reply(msgspec.Struct, rename="camel"):
    public_key: str


async def fetch_public_key(server_url: str, *, home: Path, ca_bundle: Path | None = None) -> str:
    """The key of the server, in PEM. The first answer is trusted and kept in `home`; another one later is refused.

    With a key that is kept the server need not be up.
    """
    url = server_url.rstrip("/")
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
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidParamsError(f"{url} does not answer as a TensorBay server does.") from None
    if kept is None:
        kept = (await run_sync(create_once, file, found.encode())).decode()
    if kept != found:
        raise ForbiddenError(
            f"{url} has another public key than the one that was kept in {file}. If its operator changed it, remove "
            "that file and start again; if not, somebody else may be answering in its place."
        )
    return kept


def _read(file: Path) -> str | None:
    return file.read_text() if file.exists() else None
