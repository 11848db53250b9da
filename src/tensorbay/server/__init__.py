"""The server: an index of datasets behind the Open API."""

from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.server.accounts import AccessKey, create_key, list_keys, revoke_keys
from tensorbay.server.app import Server, create_app
from tensorbay.server.rotation import Rotation, rotate_key
from tensorbay.server.serve import serve
from tensorbay.server.service_key import public_key
from tensorbay.server.settings import ServerSettings

__all__ = [
    "AccessKey",
    "Rotation",
    "Server",
    "ServerSettings",
    "create_app",
    "create_key",
    "ensure_self_signed",
    "list_keys",
    "public_key",
    "revoke_keys",
    "rotate_key",
    "serve",
]
