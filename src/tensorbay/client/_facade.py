"""What the generated clients share: the hop to the loop, and the translation of arguments and results."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, cast

from typing_extensions import Self

from tensorbay._util.user import UserSequence
from tensorbay.aio.diff import DatasetDiff
from tensorbay.aio.lazy import AsyncPager
from tensorbay.client._portal import portal
from tensorbay.client._read_ahead import FileReader, Source, masks_of
from tensorbay.client.lazy import PagingList

__all__ = ["Facade"]

T = TypeVar("T")


class _Lease:
    """Held by every object that came from one constructed client; with the last of them its connections go."""


class Facade:
    """Sync face of an object of the async core. Every awaitable of the core runs on the loop of the portal."""

    _types: ClassVar[dict[type, type[Facade]]] = {}
    _core: Any
    _lease: _Lease

    def __init_subclass__(cls, *, core: type, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Facade._types[core] = cls

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{type(self).__name__} objects are made by the methods of other clients")

    def __repr__(self) -> str:
        core = type(self._core)
        if "__repr__" not in vars(core):
            return f"<{type(self).__name__}>"
        return repr(self._core).replace(core.__name__, type(self).__name__, 1)

    def _construct(self, core: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        async def construct() -> Any:
            return core(*args, **kwargs)

        self._own(portal.run(construct))

    @classmethod
    def _made_by(cls, make: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Self:
        async def call() -> Any:
            made = make(*args, **kwargs)
            return await made if isinstance(made, Awaitable) else made

        made = cls.__new__(cls)
        made._own(portal.run(call))
        return made

    def _own(self, core: Any) -> None:
        self._core = core
        self._lease = _Lease()
        if hasattr(core, "aclose"):
            portal.close_with(self._lease, core.aclose)

    # In the next three T is what the generated method declares: what the core gave, with its sync face.

    def _call(self, func: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any) -> T:  # type: ignore[type-var]
        """Await a method of the core."""
        args, kwargs = _unwrap_all(args, kwargs)
        return cast("T", _wrap(portal.run(func, *args, **kwargs), self._lease))

    def _get(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> T:  # type: ignore[type-var]
        """Call a plain method of the core."""
        args, kwargs = _unwrap_all(args, kwargs)
        return cast("T", _wrap(func(*args, **kwargs), self._lease))

    def _wrap(self, value: Any) -> T:  # type: ignore[type-var]
        return cast("T", _wrap(value, self._lease))


def _unwrap_all(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(map(_unwrap, args)), {name: _unwrap(argument) for name, argument in kwargs.items()}


def _wrap(value: Any, lease: _Lease) -> Any:
    if isinstance(value, AsyncPager):
        return PagingList(value, convert=_Adoption(lease).page)
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_wrap(item, lease) for item in value)
    return _Adoption(lease).item(value)


def _unwrap(argument: Any) -> Any:
    """An argument as the core takes it, with everything in it that would have to call back to this thread."""
    if isinstance(argument, Facade):
        return argument._core
    if type(argument) in (list, tuple):
        return type(argument)(_unwrap(item) for item in argument)
    if isinstance(argument, (Iterator, PagingList)):
        # A generator of the user's may use the sync API, and a lazy list does: neither can run on the loop.
        return [_unwrap(item) for item in argument]
    _load(argument)
    return argument


def _load(value: Any) -> None:
    """Fetch what is still lazy in a dataset or segment that is given to the core."""
    if isinstance(value, UserSequence):
        for name in ("catalog", "notes", "sensors"):
            getattr(value, name, None)
        for item in value:
            _load(item)


class _Adoption:
    """Gives the objects of one result their sync face: clients a facade, listed files a reader that reads ahead."""

    def __init__(self, lease: _Lease) -> None:
        self._lease = lease
        self._sources: dict[int, Source] = {}

    def page(self, items: list[Any], offset: int) -> list[Any]:
        return [self.item(item, position) for position, item in enumerate(items, offset)]

    def item(self, value: Any, position: int | None = None) -> Any:
        if (facade := Facade._types.get(type(value))) is not None:
            wrapped = facade.__new__(facade)
            wrapped._core, wrapped._lease = value, self._lease
            return wrapped
        if isinstance(value, DatasetDiff):
            value._give_lists(PagingList)
        reader = getattr(value, "_reader", None)
        if reader is not None:
            self._give_reader(value, reader, position)
            for mask in masks_of(value):
                self._give_reader(mask, mask._reader, None)
        elif isinstance(value, Mapping):
            for data in value.values():  # the files of a frame
                self.item(data)
        return value

    def _give_reader(self, data: Any, reader: Any, position: int | None) -> None:
        if isinstance(reader, FileReader):
            return
        source = self._sources.get(id(reader))
        if source is None:
            source = self._sources[id(reader)] = Source(reader, keep_alive=self._lease)
        if position is not None:
            source.add(position, data)
        data._reader = FileReader(source, position)
