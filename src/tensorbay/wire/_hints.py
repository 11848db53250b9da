from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice


def nearby(name: str, existing: Iterable[str], *, limit: int = 5) -> list[str]:
    """Names to show to somebody who asked for `name`: the most alike first, then a few others."""
    names = list(existing)
    close = get_close_matches(name, names, n=limit, cutoff=0.5)
    others = islice((other for other in names if other not in close), limit - len(close))
    return [*close, *others]
