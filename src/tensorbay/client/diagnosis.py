# Generated from tensorbay.aio.diagnosis by `python -m tensorbay.client._generate`. Do not edit.

"""What `check_storage_config` finds."""

from __future__ import annotations

from tensorbay.wire import Diagnosis, Step

__all__ = ["Diagnosis", "Step"]
