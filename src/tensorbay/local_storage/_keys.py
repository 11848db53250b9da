"""Which keys the service serves."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from tensorbay.exception import AccessDeniedError, InvalidParamsError, StorageError
from tensorbay.storage import PRIVATE_FOLDER, check_key

__all__ = ["check_service_key", "check_service_prefix", "check_upload_key", "key_of"]

_OBJECTS = f"/{PRIVATE_FOLDER}/objects/"
_UPLOADS = [PRIVATE_FOLDER, "uploads"]
_SHA1 = re.compile(r"[0-9a-f]{40}")


def key_of(raw_path: bytes, prefix: bytes) -> str:
    """The key in a request's path, decoded once: "%252e" is a name with a percent sign, and stays one."""
    if not raw_path.startswith(prefix):
        raise InvalidParamsError(f"The path has to begin with {prefix.decode()}, spelled like this.")
    try:
        key = unquote_to_bytes(raw_path[len(prefix) :]).decode()
    except UnicodeDecodeError:
        raise InvalidParamsError("The path is not UTF-8 in percent-encoding.") from None
    check_service_key(key)
    return key


def check_service_key(key: str) -> None:
    """Refuse what is no path below a root, what is ours alone, and what some file systems would take for that."""
    try:
        check_key(key)
    except StorageError as error:
        raise InvalidParamsError(str(error)) from None
    parts = key.split("/")
    _check_parts(key, parts)
    if [_folded(part) for part in parts[:2]] == _UPLOADS:
        raise AccessDeniedError(f"The key {key!r} cannot be used: uploads that are on their way are nobody's.")


def check_upload_key(key: str) -> None:
    """Refuse among the uploaded files what has no checksum for a name: a token may be for all of them."""
    _, is_one, name = f"/{key}".partition(_OBJECTS)
    if is_one and not _SHA1.fullmatch(name):
        raise AccessDeniedError(f"The key {key!r} cannot be written: it has to end with the SHA-1 of the file.")


def check_service_prefix(prefix: str) -> None:
    _check_parts(prefix, prefix.split("/"))


def _check_parts(key: str, parts: list[str]) -> None:
    if any(part != PRIVATE_FOLDER and _folded(part) == PRIVATE_FOLDER for part in parts):
        raise AccessDeniedError(f"The key {key!r} cannot be used: some file systems take it for {PRIVATE_FOLDER!r}.")


def _folded(name: str) -> str:
    """As file systems compare that ignore case, dots at the end (Windows), or what is not seen (ext4, HFS+).

    The characters that are not seen are many: all are left out that no name of ours has.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return folded.encode("ascii", "ignore").decode().rstrip(". ")
