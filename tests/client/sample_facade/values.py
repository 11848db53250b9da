# Generated from tests.client.sample_core.values by `python -m tensorbay.client._generate`. Do not edit.

"""Plain values: the same for both colours."""

from __future__ import annotations

from tests.client.sample_core.values import DEFAULT_SHELF, Blob, Receipt

__all__ = ["DEFAULT_SHELF", "Blob", "Receipt"]
