"""Who wants to know of the traffic is told of each exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Exchange(NamedTuple):
    """`place` is a path of the API, or the host of a store; sizes are in bytes."""

    method: str
    place: str
    seconds: float
    response_size: int = 0
    file_size: int = 0


# Called on the event loop of whoever made the exchange.
observers: list[Callable[[Exchange], None]] = []


def tell(exchange: Exchange) -> None:
    for observer in tuple(observers):
        observer(exchange)
