"""What copy and move check before they ask the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from tensorbay.exception import InvalidParamsError

Strategy = Literal["abort", "override", "skip"]
_STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


def checked_strategy(strategy: str) -> Strategy:
    for known in _STRATEGIES:
        if strategy == known:
            return known
    raise InvalidParamsError(f"Invalid strategy {strategy!r}: one of {', '.join(_STRATEGIES)} is needed")


def pairs_of_paths(
    sources: str | Iterable[str], targets: str | Iterable[str] | None
) -> tuple[list[str], list[str] | None]:
    """Both as lists of one length; no targets: names are kept."""
    if targets is not None and isinstance(sources, str) != isinstance(targets, str):
        raise ValueError("Source and target remote paths must be both strings or both lists")
    source_list = [sources] if isinstance(sources, str) else list(sources)
    if targets is None:
        return source_list, None
    target_list = [targets] if isinstance(targets, str) else list(targets)
    if len(source_list) != len(target_list):
        raise ValueError(f"{len(source_list)} source paths, but {len(target_list)} target paths")
    return source_list, target_list
