"""The server: an index of datasets behind the Open API."""

from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.server.accounts import create_key
from tensorbay.server.app import Server, create_app
from tensorbay.server.rotation import Rotation, rotate_key
from tensorbay.server.serve import serve
from tensorbay.server.service_key import public_key
from tensorbay.server.settings import ServerSettings

__all__ = [
    "Rotation",
    "Server",
    "ServerSettings",
    "create_app",
    "create_key",
    "ensure_self_signed",
    "public_key",
    "rotate_key",
    "serve",
]
