"""What keys and names may look like, and what a message says about one that is not there."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

from tensorbay.exception import InvalidParamsError, ResourceNotExistError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_KEY_BYTES = 1024
MAX_NAME_LENGTH = 255
_NEARBY = 5


def check_key(key: str) -> None:
    """Raises InvalidParamsError for what is no relative "/"-separated path."""
    if reason := _key_fault(key):
        raise InvalidParamsError(f"Invalid remote path {key!a:.200}: {reason}.")


def _key_fault(key: str) -> str | None:
    if not key:
        return "it is empty"
    if key[0] == "/":
        return "it is absolute, and must be relative to its segment"
    if "\\" in key:
        return 'it has a backslash; use "/" between folders'
    if "\0" in key:
        return "it has a NUL character"
    if ".." in key and ".." in key.split("/"):
        return 'it has a ".." component'
    if key.isascii():
        length = len(key)
    else:
        try:
            length = len(key.encode())
        except UnicodeEncodeError:
            return "it is not valid Unicode (a lone surrogate)"
    return f"it is longer than {MAX_KEY_BYTES} bytes in UTF-8" if length > MAX_KEY_BYTES else None


def check_name(kind: str, name: str) -> None:
    """Raises InvalidParamsError; `kind` says whose name it is."""
    if reason := _name_fault(name):
        raise InvalidParamsError(f"Invalid {kind} name {name!a:.300}: {reason}.")


def check_sensor_name(name: str) -> None:
    """Sensor names are parts of keys."""
    check_name("sensor", name)
    if reason := _key_fault(f"frame/{name}"):
        raise InvalidParamsError(f"Invalid sensor name {name!a:.300}: {reason}.")


def _name_fault(name: str) -> str | None:
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME_LENGTH:
        return f"it is longer than {MAX_NAME_LENGTH} characters"
    categories = {unicodedata.category(character) for character in name}
    if "Cc" in categories:
        return "it has a control character"
    return "it is not valid Unicode (a lone surrogate)" if "Cs" in categories else None


def check_text(kind: str, text: str) -> None:
    """Free text: anything but what databases cannot hold."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidParamsError(f"Invalid {kind} {text!a:.200}: it has a NUL character or a lone surrogate.")


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """At most five of the names: those that look alike first."""
    names = list(dict.fromkeys(names))
    close = difflib.get_close_matches(name, names, n=_NEARBY)
    return [*close, *(other for other in names if other not in close)][:_NEARBY]


def not_found(resource: str, name: str | int, names: Iterable[str] = ()) -> ResourceNotExistError:
    return ResourceNotExistError(resource=resource, identification=name, nearby=nearest(str(name), names))
