"""Tokens: what the server allows, signed, so that a service that knows only a public key can believe it.

They are JSON Web Tokens (RFC 7519) with one fixed header: Ed25519, and no other algorithm. A token names the service
it is for, so it is worth nothing at another one that trusts the same server.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tensorbay._util.base64url import base64url
from tensorbay.exception import AccessDeniedError, InvalidParamsError
from tensorbay.storage import Operation, service_url

if TYPE_CHECKING:
    from tensorbay.storage import Grant

__all__ = ["Claims", "TokenSigner", "TokenVerifier", "read_public_key"]

LEEWAY = 10.0
"""Seconds that the clocks of server and service may differ."""

_MAX_LENGTH = 8192


class Claims(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`aud` the service's URL, `sub` the team, `exp` Unix seconds, `ops` on `key` or on keys from `prefix` on."""

    aud: str
    sub: str
    exp: int
    ops: tuple[Operation, ...]
    key: str | None = None
    prefix: str | None = None

    def allows(self, operation: Operation, key: str) -> bool:
        """For "list" the key is a prefix."""
        if operation not in self.ops:
            return False
        if self.key is not None:
            return key == self.key
        return self.prefix is not None and key.startswith(self.prefix)


class TokenSigner:
    """The server's side; `seed` is 32 secret bytes, of which the same key comes each time."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return "TokenSigner(...)"

    @property
    def public_key(self) -> str:
        """What services verify with, as PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, grant: Grant, *, audience: str, team: str) -> str:
        claims = Claims(audience, team, int(grant.expires), grant.operations, grant.key, grant.prefix)
        message = f"{_HEADER}.{base64url(msgspec.json.encode(claims))}"
        return f"{message}.{base64url(self._key.sign(message.encode()))}"


class TokenVerifier:
    """The service's side."""

    def __init__(self, public_key: str, *, audiences: Collection[str], teams: Collection[str] = ()) -> None:
        self._key = read_public_key(public_key)
        self._audiences = frozenset(map(service_url, audiences))
        self._teams = frozenset(teams)

    def verify(self, token: str) -> Claims:
        """What the token says, if the server said it to this service and it has not expired."""
        message, _, signature = token.rpartition(".")
        header, _, payload = message.partition(".")
        if len(token) > _MAX_LENGTH or header != _HEADER:
            raise _bad()
        try:
            self._key.verify(_decode(signature), message.encode())
            claims = msgspec.json.decode(_decode(payload), type=Claims)
        except (InvalidSignature, binascii.Error, ValueError):  # msgspec's errors are ValueErrors
            raise _bad() from None
        if claims.aud not in self._audiences:
            known = ", ".join(sorted(self._audiences))
            raise AccessDeniedError(
                f"The token is for the service {claims.aud}, this one is {known}. A storage config has to name the "
                "service as `gas storage serve --endpoint` does."
            )
        if self._teams and claims.sub not in self._teams:
            raise AccessDeniedError("This service is not for the team that the token was given to.")
        if time.time() >= claims.exp + LEEWAY:
            raise AccessDeniedError("The URL or token has expired: ask the server for a new one.")
        return claims


def _bad() -> AccessDeniedError:
    return AccessDeniedError(
        "The token was changed on the way, or was not signed by the server that this service trusts: ask for a new URL."
    )


def read_public_key(text: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidParamsError(
            "The public key is no Ed25519 key in PEM; `gas server public-key` prints it on the server's machine."
        )
    return key


def _decode(text: str) -> bytes:
    """Of several spellings of the same bytes only the one that `base64url` writes."""
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(content) != text:
        raise ValueError("not in the form that is signed")
    return content


_HEADER = base64url(b'{"alg":"Ed25519","typ":"JWT"}')
