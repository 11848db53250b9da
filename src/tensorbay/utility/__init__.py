"""Names that users of 1.x import from here."""

from typing import TYPE_CHECKING, Any

from tensorbay.utility import requests as _requests
from tensorbay.utility.common import EqMixin, MatrixType, camel, common_loads, locked, upper
from tensorbay.utility.file import URL, FileMixin, RemoteFileMixin, UserResponse
from tensorbay.utility.itertools import chunked
from tensorbay.utility.name import NameList, NameMixin, SortedNameList
from tensorbay.utility.repr import ReprMixin, ReprType, repr_config
from tensorbay.utility.requests import config
from tensorbay.utility.type import TypeEnum, TypeMixin, TypeRegister
from tensorbay.utility.user import UserMapping, UserMutableMapping, UserMutableSequence, UserSequence

if TYPE_CHECKING:
    from tensorbay.client.requests import Tqdm, UserSession, get_session

__all__ = [
    "URL",
    "EqMixin",
    "FileMixin",
    "MatrixType",
    "NameList",
    "NameMixin",
    "RemoteFileMixin",
    "ReprMixin",
    "ReprType",
    "SortedNameList",
    "Tqdm",
    "TypeEnum",
    "TypeMixin",
    "TypeRegister",
    "UserMapping",
    "UserMutableMapping",
    "UserMutableSequence",
    "UserResponse",
    "UserSequence",
    "UserSession",
    "camel",
    "chunked",
    "common_loads",
    "config",
    "get_session",
    "locked",
    "repr_config",
    "upper",
]


def __getattr__(name: str) -> Any:
    if name in _requests.LATE:
        return getattr(_requests, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
