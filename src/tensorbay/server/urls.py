"""URLs of objects that this server serves itself, valid without an access key until they expire."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from tensorbay.exception import AccessDeniedError

__all__ = ["UrlSigner"]

# No method of HTTP: what is signed for a prefix is good for no URL of one file.
_PREFIX = "PREFIX"


class UrlSigner:
    """Signs with `key`; what was signed with one of the `older` ones is still good."""

    def __init__(self, key: bytes, *older: bytes) -> None:
        self._keys = (key, *older)

    def __repr__(self) -> str:
        return "UrlSigner(...)"

    def sign(
        self,
        base_url: str,
        config_id: str,
        paths: Sequence[str],
        *,
        method: str,
        expires: float,
        versions: Sequence[str | None] | None = None,
    ) -> list[str]:
        """One URL per path, for one method, until `expires` (Unix seconds, cut to whole ones)."""
        end = int(expires)
        return [
            f"{base_url}objects/{config_id}/{quote(path)}"
            f"?expires={end}&signature={self._signature(method, config_id, path, end, version)}"
            + ("" if version is None else f"&version={quote(version, safe='')}")
            for path, version in zip(paths, versions or [None] * len(paths), strict=True)
        ]

    def sign_prefix(self, base_url: str, config_id: str, prefix: str, *, expires: float) -> str:
        """A URL to POST forms to, each with a file whose key begins with `prefix`."""
        return f"{base_url}objects/{config_id}?{self.prefix_token(config_id, prefix, expires=expires)}"

    def prefix_token(self, config_id: str, prefix: str, *, expires: float) -> str:
        """The query of URLs that upload below `prefix`, by form or by PUT."""
        end = int(expires)
        return urlencode(
            {"prefix": prefix, "expires": end, "signature": self._signature(_PREFIX, config_id, prefix, end, None)}
        )

    def verify_prefix(self, config_id: str, prefix: str, *, expires: int, signature: str) -> None:
        self.verify(_PREFIX, config_id, prefix, expires=expires, signature=signature)

    def verify(
        self, method: str, config_id: str, path: str, *, expires: int, signature: str, version: str | None = None
    ) -> None:
        method = "GET" if method == "HEAD" else method
        # As bytes: compare_digest takes no text outside ASCII.
        given = signature.encode("utf-8", "surrogateescape")
        expected = (self._signature(method, config_id, path, expires, version, key) for key in self._keys)
        if not any(hmac.compare_digest(one.encode(), given) for one in expected):
            raise AccessDeniedError("The signature of the URL does not fit: ask for a new URL.")
        if time.time() >= expires:
            raise AccessDeniedError("The URL has expired: ask for a new one.")

    def _signature(
        self, method: str, config_id: str, path: str, expires: int, version: str | None, key: bytes | None = None
    ) -> str:
        # Without one it is shorter; quoted, it is not the beginning of a path that has a line break in it.
        chosen = "" if version is None else f"?{quote(version, safe='')}"
        message = f"{method}\n{config_id}\n{expires}{chosen}\n{path}".encode("utf-8", "surrogateescape")
        return base64.urlsafe_b64encode(hmac.digest(key or self._keys[0], message, "sha256")[:24]).decode()
