"""Which keys the service serves."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote_to_bytes

from tensorbay.exception import AccessDeniedError, InvalidParamsError, StorageError
from tensorbay.storage import PRIVATE_FOLDER, check_key

__all__ = ["check_service_key", "check_service_prefix", "key_of"]

_UPLOADS = [PRIVATE_FOLDER, "uploads"]


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


def check_service_prefix(prefix: str) -> None:
    _check_parts(prefix, prefix.split("/"))


def _check_parts(key: str, parts: list[str]) -> None:
    if any(part != PRIVATE_FOLDER and _folded(part) == PRIVATE_FOLDER for part in parts):
        raise AccessDeniedError(f"The key {key!r} cannot be used: some file systems take it for {PRIVATE_FOLDER!r}.")


def _folded(name: str) -> str:
    """As file systems compare that ignore case, characters without width (HFS+), or dots at the end (Windows)."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", "".join(char for char in name if unicodedata.category(char) != "Cf"))
    return name.casefold().rstrip(". ")
