"""The file `~/.gasconfig`: servers with the keys for them, by profile, and what `gas config` sets."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import NamedTuple

from tensorbay._util.private_files import replace
from tensorbay.exception import ClientError

__all__ = ["DEFAULT_PROFILE", "GasConfig", "Profile", "form_profile_value"]

DEFAULT_PROFILE = "default"


class Profile(NamedTuple):
    """The URL is empty in files that 1.x wrote: the key had said which of its servers was meant."""

    name: str
    access_key: str
    url: str


def form_profile_value(accesskey: str, url: str | None = None) -> str:
    """As it stands in the file, a line each."""
    return "\n".join(["", accesskey, url] if url else ["", accesskey])


class GasConfig:
    """What the file holds. Names of profiles are in lower case there, whatever case they are asked for in."""

    def __init__(self) -> None:
        self.path = Path(os.path.expanduser("~"), ".gasconfig")  # noqa: PTH111  (needs a home that may not be known)
        self._parser = RawConfigParser()
        try:
            self._parser.read_string(self.path.read_text("utf-8"))
        except FileNotFoundError:
            pass
        except (Error, UnicodeDecodeError):  # their words quote the file, which holds keys
            raise ClientError(
                f'"{self.path}" is not what `gas auth` and `gas config` write: correct or remove it'
            ) from None
        for section in ("config", "profiles"):
            if not self._parser.has_section(section):
                self._parser.add_section(section)

    # --- options ---

    def options(self) -> dict[str, str]:
        return dict(self._parser["config"])

    def option(self, key: str) -> str | int | bool | None:
        """None where it has not been set."""
        value = self._parser["config"].get(key)
        return None if value is None else _OPTIONS[key](key, value)

    def set_option(self, key: str, value: str) -> None:
        check_option(key)
        _OPTIONS[key](key, value)
        self._parser["config"][key] = value
        self._write()

    def unset_option(self, key: str) -> None:
        check_option(key)
        if not self._parser.remove_option("config", key):
            raise ClientError(f"{key} has not been configured yet")
        self._write()

    # --- profiles ---

    def profiles(self) -> Iterator[Profile]:
        """That of the name "default" first."""
        names = self._parser["profiles"]
        for name in sorted(names, key=lambda name: name != DEFAULT_PROFILE):
            access_key, *url = names[name].split() or [""]
            yield Profile(name, access_key, url[0] if url else "")

    def profile(self, name: str) -> Profile | None:
        wanted = self._parser.optionxform(name)
        return next((profile for profile in self.profiles() if profile.name == wanted), None)

    def set_profile(self, name: str, access_key: str, url: str) -> None:
        if not re.fullmatch(r"[\w.@-]+", name):
            raise ClientError(f'Invalid profile name "{name}": it may have letters, digits and ".", "_", "-", "@"')
        self._parser["profiles"][name] = form_profile_value(access_key, url)
        self._write()

    def unset_profile(self, name: str) -> None:
        if not self._parser.remove_option("profiles", name):
            raise ClientError(f'Profile "{name}" does not exist.')
        self._write()

    def unset_profiles(self) -> None:
        self._parser["profiles"].clear()
        self._write()

    def _write(self) -> None:
        values = {profile.name: form_profile_value(*profile[1:]) for profile in self.profiles()}
        others = {name: dict(self._parser[name]) for name in self._parser.sections()}
        text = io.StringIO()
        ordered = RawConfigParser()
        ordered.read_dict({"config": {}, "profiles": {}} | others | {"profiles": values})
        ordered.write(text)
        replace(self.path.resolve(), text.getvalue().encode())


def check_option(key: str) -> None:
    if key not in _OPTIONS:
        raise ClientError(f'The option "{key}" is not supported to configure currently.')


def _text(_: str, value: str) -> str:
    return value


def _integer(key: str, value: str) -> int:
    if not value.isdecimal():
        raise ClientError(f'The option "{key}" need integer value.')
    return int(value)


def _boolean(key: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise ClientError(f'The option "{key}" need True(1) or False(0) value.')
    return value.lower() in ("true", "1")


_OPTIONS: dict[str, Callable[[str, str], str | int | bool]] = {
    "editor": _text,
    "timeout": _integer,
    "max_retries": _integer,
    "is_internal": _boolean,
}
