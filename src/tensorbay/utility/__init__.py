"""Names that users of 1.x import from here."""

from tensorbay.geometry.transform import MatrixType
from tensorbay.utility.common import EqMixin, camel, common_loads, locked, upper
from tensorbay.utility.file import URL, FileMixin, RemoteFileMixin, UserResponse
from tensorbay.utility.itertools import chunked
from tensorbay.utility.name import NameList, NameMixin, SortedNameList
from tensorbay.utility.repr import ReprMixin, ReprType, repr_config
from tensorbay.utility.requests import config
from tensorbay.utility.type import TypeEnum, TypeMixin, TypeRegister
from tensorbay.utility.user import UserMapping, UserMutableMapping, UserMutableSequence, UserSequence

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
    "TypeEnum",
    "TypeMixin",
    "TypeRegister",
    "UserMapping",
    "UserMutableMapping",
    "UserMutableSequence",
    "UserResponse",
    "UserSequence",
    "camel",
    "chunked",
    "common_loads",
    "config",
    "locked",
    "repr_config",
    "upper",
]
