"""The local storage service: a folder of this machine over HTTP, for whom the server gives a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.local_storage._settings import ServiceSettings
from tensorbay.local_storage._tokens import TokenSigner, TokenVerifier
from tensorbay.local_storage._trust import fetch_public_key

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

__all__ = ["ServiceSettings", "TokenSigner", "TokenVerifier", "create_app", "fetch_public_key", "run"]


def create_app(settings: ServiceSettings) -> Starlette:
    """The application for an ASGI server. It looks at its folder at startup."""
    from tensorbay.local_storage import _app  # a server that only signs does without

    return _app.create_app(settings)


def run(
    settings: ServiceSettings, *, host: str, port: int, certificate: Path | None = None, key: Path | None = None
) -> None:
    """Serve until told to stop (SIGINT, SIGTERM). Blocks. With a certificate and its key (PEM files) it is https."""
    from tensorbay.local_storage import _run  # the application is imported by who runs it

    _run.run(settings, host=host, port=port, certificate=certificate, key=key)
