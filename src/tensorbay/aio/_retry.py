from __future__ import annotations

from email.utils import parsedate_to_datetime
from time import time

from tensorbay._util.config import config

# Repeating these has the effect of doing them once; a POST creates something each time.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})

RETRY_STATUS = frozenset({429, 502, 503, 504})

_LONGEST = 8.0
_PATIENCE = 60.0


def backoff(attempt: int, *, jitter: float) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 0); `jitter` is a random number in [0, 1)."""
    return float(min(_LONGEST, 0.1 * 2**attempt) * (0.5 + jitter / 2))


def wait_after_status(
    method: str, status: int, retry_after: str | None, attempt: int, *, jitter: float, max_retries: int
) -> float | None:
    """Seconds to wait before the request is sent again, or None: take the answer as it is.

    `config` may allow other methods and other answers.
    """
    if attempt >= max_retries or status not in config.get("allowed_retry_status", RETRY_STATUS):
        return None
    if not _may_repeat(method) and status != 429:
        return None
    asked = _seconds(retry_after)
    if asked is not None and asked > _PATIENCE:
        return None
    return backoff(attempt, jitter=jitter) if asked is None else asked


def wait_after_failure(method: str, attempt: int, *, sent: bool, jitter: float, max_retries: int) -> float | None:
    """The same for a connection that failed; `sent` is false when the request cannot have reached the server."""
    if attempt >= max_retries or (sent and not _may_repeat(method)):
        return None
    return backoff(attempt, jitter=jitter)


def _may_repeat(method: str) -> bool:
    return method in config.get("allowed_retry_methods", IDEMPOTENT)


def _seconds(retry_after: str | None) -> float | None:
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except ValueError:
        return None
