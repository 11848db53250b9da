# Generated from tensorbay.aio.log by `python -m tensorbay.client._generate`. Do not edit.

"""Refused requests as text for the log, without anything secret."""

from __future__ import annotations

from tensorbay.aio.log import Refusal, dump_request_and_response

__all__ = ["Refusal", "dump_request_and_response"]
