"""Classes that are chosen by a member of an enumeration."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

E = TypeVar("E", bound="TypeEnum")
C = TypeVar("C", bound=type[Any])


class TypeEnum(Enum):
    """`type` is the class that was registered for the member."""

    @property
    def type(self) -> type[Any]:
        return _TYPES[self]


_TYPES: dict[TypeEnum, type[Any]] = {}


class TypeMixin(Generic[E]):
    """`enum` is the member that the class was registered for."""

    __slots__ = ()

    _enum: E

    @property
    def enum(self) -> E:
        return self._enum


def TypeRegister(enum: TypeEnum) -> Callable[[C], C]:  # noqa: N802  (1.x name)
    """Class decorator: this is the class of `enum`."""

    def register(cls: C) -> C:
        cls._enum = enum
        _TYPES[enum] = cls
        return cls

    return register
