"""Machine-learning datasets that stay in the storage their owner already has.

`GAS` is the way in, `AsyncGAS` the same with `await`. Names are loaded at first use: the data model
(`tensorbay.label`, `tensorbay.dataset`, ...) can be imported without the client's dependencies.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorbay.aio import AsyncGAS, ClientSettings
    from tensorbay.client import GAS
    from tensorbay.importing import ImportReport, ImportSpec

    __version__: str

__all__ = ["GAS", "AsyncGAS", "ClientSettings", "ImportReport", "ImportSpec", "__version__"]

_HOMES = {
    "GAS": "tensorbay.client",
    "AsyncGAS": "tensorbay.aio",
    "ClientSettings": "tensorbay.aio",
    "ImportReport": "tensorbay.importing",
    "ImportSpec": "tensorbay.importing",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tensorbay")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
