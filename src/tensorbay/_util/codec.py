"""How the parts of a document are read, written and described."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, NoReturn, TypeVar

from tensorbay._util.number import number, plain
from tensorbay.exception import LabelFormatError

T = TypeVar("T")

Schema = dict[str, Any]

# What reading a document of the wrong shape raises.
MALFORMED = (LabelFormatError, LookupError, TypeError, ValueError, AttributeError, OverflowError)


def reject(error: Exception, step: str | int | None = None) -> NoReturn:
    """Raise `error` as ours, one `step` further up in the document."""
    if not isinstance(error, LabelFormatError):
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise LabelFormatError(reason, path=_join(step, "")) from error
    error.path = _join(step, error.path)
    raise error


def _join(step: str | int | None, path: str) -> str:
    if step is None:
        return path
    outer = f"[{step}]" if isinstance(step, int) else step
    return outer + path if not path or path.startswith("[") else f"{outer}.{path}"


def member(contents: Any, key: str, load: Callable[[Any], T]) -> T:
    """What `load` makes of the value under a required key."""
    value = contents[key]
    try:
        return load(value)
    except MALFORMED as error:
        reject(error, key)


class Codec(Generic[T]):
    """`load` is `as_is` where a value is taken as it lies in the document, unchecked."""

    __slots__ = ("dump", "load", "schema")

    def __init__(self, load: Callable[[Any], T], dump: Callable[[T], Any], schema: Callable[[], Schema]) -> None:
        self.load = load
        self.dump = dump
        self.schema = schema


def as_is(contents: Any) -> Any:
    return contents


def _scalar(name: str, load: Callable[[Any], Any] = as_is) -> Codec[Any]:
    return Codec(load, plain, lambda: {"type": name})


ANY: Codec[Any] = Codec(as_is, plain, dict)
BOOLEAN: Codec[bool] = _scalar("boolean")
INTEGER: Codec[int] = _scalar("integer")
NUMBER: Codec[float] = _scalar("number", number)
STRING: Codec[str] = _scalar("string")


def list_of(item: Codec[T]) -> Codec[list[T]]:
    load_item, dump_item = item.load, item.dump

    def load(contents: Any) -> list[T]:
        check_array(contents)
        if load_item is as_is:
            return list(contents)
        values: list[T] = []  # its length tells where reading failed
        try:
            for entry in contents:
                values.append(load_item(entry))
        except MALFORMED as error:
            reject(error, len(values))
        return values

    def dump(values: Iterable[T]) -> list[Any]:
        return [dump_item(value) for value in values]

    return Codec(load, dump, lambda: {"type": "array", "items": item.schema()})


def check_array(contents: Any) -> None:
    if type(contents) is list:
        return
    if isinstance(contents, (str, bytes, dict)) or not isinstance(contents, Iterable):
        raise TypeError(f"an array is needed, not {type(contents).__name__}")
