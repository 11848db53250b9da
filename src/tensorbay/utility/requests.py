from typing import TYPE_CHECKING, Any

from tensorbay._util.config import Config, config
from tensorbay.utility.file import UserResponse

if TYPE_CHECKING:
    from tensorbay.client.requests import Tqdm, UserSession, get_session

__all__ = ["LATE", "Config", "Tqdm", "UserResponse", "UserSession", "config", "get_session"]

# They load the client, which programs that only handle values do not need.
LATE = frozenset({"Tqdm", "UserSession", "get_session"})


def __getattr__(name: str) -> Any:
    if name in LATE:
        from tensorbay.client import requests

        return getattr(requests, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
