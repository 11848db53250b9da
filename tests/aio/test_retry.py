from __future__ import annotations

from email.utils import formatdate
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.aio._retry import backoff, wait_after_failure, wait_after_status


def after(method: str, status: int, *, retry_after: str | None = None, attempt: int = 0) -> float | None:
    return wait_after_status(method, status, retry_after, attempt, jitter=0.5, max_retries=3)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_what_is_safe_to_repeat_is_repeated(method: str, status: int) -> None:
    assert after(method, status) is not None
    assert after(method, status, attempt=3) is None


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 409, 500])
def test_other_answers_are_taken_as_they_are(status: int) -> None:
    assert after("GET", status) is None


def test_a_create_is_never_repeated_blindly() -> None:
    assert after("POST", 503) is None
    assert after("PATCH", 503) is None
    # 429 says that nothing was done.
    assert after("POST", 429) is not None


def test_a_request_that_never_left_may_be_sent_again() -> None:
    assert wait_after_failure("POST", 0, sent=False, jitter=0, max_retries=3) is not None
    assert wait_after_failure("POST", 0, sent=True, jitter=0, max_retries=3) is None
    assert wait_after_failure("GET", 0, sent=True, jitter=0, max_retries=3) is not None
    assert wait_after_failure("GET", 3, sent=True, jitter=0, max_retries=3) is None


def test_retry_after_is_honoured() -> None:
    assert after("GET", 503, retry_after="7") == 7
    wait = after("GET", 503, retry_after=formatdate(time() + 20, usegmt=True))
    assert wait is not None
    assert 15 < wait <= 20
    assert after("GET", 503, retry_after="3600") is None
    assert after("GET", 503, retry_after="soon") == after("GET", 503)


@given(attempt=st.integers(0, 50), jitter=st.floats(0, 1, exclude_max=True))
def test_backoff_grows_and_has_an_end(attempt: int, jitter: float) -> None:
    assert 0 < backoff(attempt, jitter=jitter) <= 8
    assert backoff(attempt + 1, jitter=jitter) >= backoff(attempt, jitter=jitter)
