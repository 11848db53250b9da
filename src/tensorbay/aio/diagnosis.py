"""What `check_storage_config` finds."""

from __future__ import annotations

from tensorbay.wire import Diagnosis, Step

__all__ = ["Diagnosis", "Step"]
