from __future__ import annotations

import contextlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tensorbay._util.private_files import create_once
from tensorbay.exception import ForbiddenError, InvalidParamsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensorbay.server.settings import ServerSettings

__all__ = ["SecretBox", "read_keys"]


class SecretBox:
    """Encrypts what must not lie in the database in plain text, and derives keys for signatures.

    With `file`, that is where `keys` are from. It is read again when they may be out of date: another process may have
    rotated them.
    """

    def __init__(self, keys: Sequence[str], *, file: Path | None = None) -> None:
        self._file = file
        self._fernet = _fernet(keys)
        # Not read again: all signatures of a process are to fit together.
        self._roots = [key.encode() for key in keys]

    @classmethod
    def load(cls, settings: ServerSettings) -> SecretBox:
        """Blocking: reads, or on first use makes, the key file of the home.

        InvalidParamsError where others may read the file of a served server.
        """
        if settings.secret_key is not None:
            return cls(_split(settings.secret_key.get_secret_value(), "TENSORBAY_SECRET_KEY"))
        if settings.database is not None:
            # A rotation changes the file beside transactions that wait for it, which those of PostgreSQL do not.
            raise InvalidParamsError(
                "Servers of one database (TENSORBAY_DATABASE) share their secret keys: give them in "
                "TENSORBAY_SECRET_KEY; `cryptography.fernet.Fernet.generate_key()` makes one."
            )
        file = settings.secret_key_file
        if not file.exists():
            create_once(file, Fernet.generate_key() + b"\n")
        elif not settings.embedded:  # whose home may lie where files have no modes
            _require_private(file)
        return cls(read_keys(file), file=file)

    def __repr__(self) -> str:
        return "SecretBox(...)"

    def seal(self, values: dict[str, Any]) -> bytes:
        """Blocking. Called inside the transaction that stores the result, it never falls behind a rotation."""
        self._refresh()
        return self._fernet.encrypt(msgspec.json.encode(values))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Blocking."""
        for is_last in (False, True):
            with contextlib.suppress(InvalidToken):
                return msgspec.json.decode(self._fernet.decrypt(sealed), type=dict[str, Any])
            if not is_last:
                self._refresh()
        raise ForbiddenError(
            "The credentials of the storage config were encrypted with a key that this server does not have: "
            "restore secret.key or TENSORBAY_SECRET_KEY, or update the config with its credentials."
        )

    def reseal(self, sealed: bytes) -> bytes | None:
        """The same, encrypted with the first key; None if no key opens it."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            return None

    def derive(self, purpose: str) -> list[bytes]:
        """Keys for signatures of one kind, the same in every process that shares the secret keys; one for each of them.

        The first signs, all of them are good to verify what is still about.
        """
        return [hmac.digest(root, purpose.encode(), "sha256") for root in self._roots]

    def _refresh(self) -> None:
        if self._file is not None:
            with contextlib.suppress(FileNotFoundError):
                self._fernet = _fernet(read_keys(self._file))


def read_keys(file: Path) -> list[str]:
    try:
        return _split(file.read_text(), str(file))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        words = getattr(error, "strerror", None) or "it is not text"
        raise InvalidParamsError(f"{file}, which has the secret key, cannot be read: {words}.") from None


def _require_private(file: Path) -> None:
    mode = file.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        raise InvalidParamsError(
            f"{file} has the secret key, and is not for its owner only (mode {mode:04o}): `chmod 600` it, and "
            "`gas server rotate-key` if somebody else may have read it."
        )


def _split(text: str, origin: str) -> list[str]:
    keys = text.replace(",", " ").split()
    if not keys:
        raise InvalidParamsError(f"{origin} holds no key.")
    return keys


def _fernet(keys: Sequence[str]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        # Without the cause, which may quote a key.
        raise InvalidParamsError(
            "A secret key is not 32 bytes in URL-safe base64; `cryptography.fernet.Fernet.generate_key()` makes one."
        ) from None
