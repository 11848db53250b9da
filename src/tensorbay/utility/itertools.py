from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["chunked"]

T = TypeVar("T")


def chunked(iterable: Iterable[T], n: int) -> Iterator[tuple[T, ...]]:
    """Tuples of n items each; the last may be shorter."""
    iterator = iter(iterable)
    while chunk := tuple(islice(iterator, n)):
        yield chunk
