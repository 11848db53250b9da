from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tensorbay._util.private_files import create_once
from tensorbay.exception import ForbiddenError, InvalidParamsError

if TYPE_CHECKING:
    from tensorbay.server.settings import ServerSettings

__all__ = ["SecretBox"]


class SecretBox:
    """Encrypts what must not lie in the database in plain text, and derives keys for signatures."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            # Without the cause, which may quote a key.
            raise InvalidParamsError(
                "A secret key is not 32 bytes in URL-safe base64; "
                "`cryptography.fernet.Fernet.generate_key()` makes one."
            ) from None
        self._root = keys[0].encode()

    @classmethod
    def load(cls, settings: ServerSettings) -> SecretBox:
        """Blocking: reads, or on first use makes, the key file of the home."""
        if settings.secret_key is not None:
            text = settings.secret_key.get_secret_value()
        elif settings.secret_key_file.exists():
            text = settings.secret_key_file.read_text()
        else:
            text = create_once(settings.secret_key_file, Fernet.generate_key() + b"\n").decode()
        keys = text.replace(",", " ").split()
        if not keys:
            raise InvalidParamsError(f"{settings.secret_key_file} holds no key.")
        return cls(keys)

    def __repr__(self) -> str:
        return "SecretBox(...)"

    def seal(self, values: dict[str, str]) -> bytes:
        return self._fernet.encrypt(msgspec.json.encode(values))

    def open(self, sealed: bytes) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._fernet.decrypt(sealed), type=dict[str, str])
        except InvalidToken:
            raise ForbiddenError(
                "The credentials of the storage config were encrypted with a key that this server does not have: "
                "restore secret.key or TENSORBAY_SECRET_KEY, or create the config again."
            ) from None

    def derive(self, purpose: str) -> bytes:
        """A key for signatures of one kind; the same in every process that shares the home."""
        return hmac.digest(self._root, purpose.encode(), "sha256")
