"""What would keep a server from listening, told in a line and before it starts anything."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING

from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_listening"]

_REASONS = {
    errno.EADDRINUSE: "something else does, perhaps another `gas`; choose another port",
    errno.EACCES: "this user may not; choose a port above 1023",
    errno.EADDRNOTAVAIL: "it is no address of this machine; 0.0.0.0 stands for all of them",
}


def check_listening(host: str, port: int, *, certificate: Path | None = None, key: Path | None = None) -> None:
    """ClientError if nothing can listen there, or TLS cannot use the files. Blocking; no event loop may run."""
    if certificate is not None:
        _check_certificate(certificate, key)
    try:
        asyncio.run(_bind(host, port))
    except OSError as error:
        reason = "the name is unknown" if isinstance(error, socket.gaierror) else _REASONS.get(error.errno or 0)
        raise ClientError(f"Cannot listen on {host}:{port}: {reason or error.strerror or error}.") from None


async def _bind(host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    server.close()


def _check_certificate(certificate: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        is_content = isinstance(error, ssl.SSLError)
        words = "they are not PEM, or do not belong together" if is_content else error.strerror
        raise ClientError(f"{certificate} and {key} are no certificate and its private key: {words}.") from None
