"""botocore writes tokens of all kinds, and the keys that STS gives, into its debug log: those lines are left out."""

from __future__ import annotations

import logging
import re

_SECRET = re.compile(r"token|secretaccesskey", re.IGNORECASE)
_LOGGERS = ("auth", "endpoint", "hooks", "httpchecksum", "parsers", "regions", "signers", "credentials", "utils")


def _is_harmless(record: logging.LogRecord) -> bool:
    return not _SECRET.search(record.getMessage())


def hide_secrets() -> None:
    """Any number of times: a logger keeps a filter once."""
    for package in ("botocore", "aiobotocore"):
        for name in _LOGGERS:
            logging.getLogger(f"{package}.{name}").addFilter(_is_harmless)
