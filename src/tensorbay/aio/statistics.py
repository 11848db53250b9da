from __future__ import annotations

import copy
from typing import Any

from tensorbay._util.user import UserMapping

__all__ = ["Statistics"]


class Statistics(UserMapping[str, Any]):
    """How many labels of each type there are: `{"BOX2D": {"quantity": 10, "categories": [...], ...}}`."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def dumps(self) -> dict[str, Any]:
        return copy.deepcopy(dict(self._data))
