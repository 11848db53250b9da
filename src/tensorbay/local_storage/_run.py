from __future__ import annotations

from pathlib import Path
from typing import Any

import uvicorn

from tensorbay._util.listening import check_listening
from tensorbay.local_storage._app import create_app
from tensorbay.local_storage._connections import Connection, allow_descriptors
from tensorbay.local_storage._settings import ServiceSettings
from tensorbay.local_storage._tokens import TokenVerifier

__all__ = ["HTTP", "run"]

HTTP: dict[str, Any] = {
    "http": Connection,
    "ws": "none",
    # It would write down the tokens of URLs, which are as good as the files.
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": 75,
}
"""How uvicorn speaks to clients."""


def run(
    settings: ServiceSettings, *, host: str, port: int, certificate: Path | None = None, key: Path | None = None
) -> None:
    TokenVerifier(settings.public_key, audiences=settings.endpoints)  # a wrong key is told before anything starts
    check_listening(host, port, certificate=certificate, key=key)
    allow_descriptors()
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="info",
        **HTTP,
    )
