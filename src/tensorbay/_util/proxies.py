"""The proxies that the environment names, for a client that does not look itself, as our others do."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

__all__ = ["Proxies"]


class Proxies:
    """As the environment has them when this is made. aiohttp's own way reads a file of passwords with each request."""

    def __init__(self) -> None:
        self._given = getproxies_environment()

    def of(self, url: str) -> str | None:
        """None: it is asked without one. SOCKS is for other clients."""
        if not self._given:
            return None
        parts = urlsplit(url)
        found = self._given.get(parts.scheme) or self._given.get("all") or ""
        proxy = found if "://" in found else f"http://{found}"
        if not found or not proxy.startswith(("http://", "https://")):
            return None
        return None if proxy_bypass_environment(parts.netloc, self._given) else proxy
