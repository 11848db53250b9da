"""What users set for all requests of the process, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Config", "config"]

T = TypeVar("T")


class _Option(Generic[T]):
    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Config, owner: type) -> T: ...
    def __get__(self, instance: Config | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value: T = instance.__dict__.get(self._name, self._default)
        return value

    def __set__(self, instance: Config, value: T) -> None:
        instance.__dict__[self._name] = value

    def __delete__(self, instance: Config) -> None:
        instance.__dict__.pop(self._name, None)


class Config:
    """What is set here goes before the settings of the clients, from the next request on; `del` takes it back."""

    max_retries = _Option(3)
    # By default a request is sent again only where doing it twice is doing it once.
    allowed_retry_methods = _Option[Any](("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
    allowed_retry_status = _Option[Any]((429, 502, 503, 504))
    verify_tls_certificate = _Option(True)
    timeout = _Option[float](30.0)
    is_internal = _Option(False)
    # What the header X-Source says of the program; the version follows.
    _x_source = _Option("PYTHON-SDK")

    def get(self, name: str, otherwise: T) -> T:
        """What was set, else `otherwise`."""
        value: T = self.__dict__.get(name, otherwise)
        return value


config = Config()
