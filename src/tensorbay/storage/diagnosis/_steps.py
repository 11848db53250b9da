"""Taking steps: what each ended with, what it means, and which cannot be taken after it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import anyio

from tensorbay.exception import StorageError
from tensorbay.storage._options import Options
from tensorbay.storage.diagnosis._judge import Finding, Kind, judge, kind_of
from tensorbay.storage.diagnosis._network import tls_advice
from tensorbay.wire import Step

__all__ = ["NAMES", "NotAskedError", "Steps", "redacted"]

NAMES = (
    *("dns", "tcp", "tls", "clock", "authentication", "region"),
    *("list", "put", "get", "copy", "sign", "range", "cors", "versioning", "delete"),
)

_STEP_SECONDS = 12.0
_TOTAL_SECONDS = 50.0
# Without these there is nothing more to find out.
_DECISIVE = frozenset({"dns", "tcp", "tls", "authentication"})
_HIDDEN = "***"
# A shorter one is no secret, and hiding it would make holes into words.
_SHORTEST_SECRET = 6
_QUERY = re.compile(r"(https?://[^\s?'\"<>]+)\?[^\s'\"<>]+")
# As a query has them, and as a header has those that are long.
_SIGNATURE = re.compile(
    r"(?i)\b(sig|[a-z-]*signature|[a-z-]*token|sharedaccesssignature)(=|: ?(?=[^\s]{16}))[^\s&'\"<>]+"
)
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|sharedkey(?:lite)?) [\w.~+/=:-]{16,}")


class NotAskedError(Exception):
    """The step cannot be taken, and that is nobody's fault; the message says why."""


class Steps:
    """The steps so far. One that fails may end the rest, or only those that need it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._kind: Kind = kind_of(options)
        self._taken: dict[str, Step] = {}
        # By step that cannot be relied on: the one that is at fault.
        self._faults: dict[str, str] = {}
        self._end = ""
        self._deadline = anyio.current_time() + _TOTAL_SECONDS

    def is_ok(self, name: str) -> bool:
        return name in self._taken and self._taken[name].is_ok

    async def take(self, name: str, probe: Callable[[], Awaitable[str]], *, needs: str = "") -> None:
        """`probe` gives the words of success, or raises. Without the step `needs` it is not called."""
        fault = self._end or self._faults.get(needs)
        if fault:
            self._faults[name] = fault
            self._add(name, "skipped", f"needs {fault}")
            return
        start = anyio.current_time()
        seconds = min(_STEP_SECONDS, self._deadline - start)
        if seconds <= 0:
            self._add(name, "skipped", f"the {_TOTAL_SECONDS:.0f} seconds of the whole check are over")
            return
        try:
            with anyio.fail_after(seconds):
                words = await probe()
        except NotAskedError as reason:
            self._add(name, "skipped", str(reason))
        except TimeoutError:
            self._fail(name, start, f"no answer within {seconds:.0f} seconds", Finding("network"))
        except StorageError as error:
            finding = judge(error, name, self._kind)
            if name == "tls":
                finding = finding._replace(advice=tls_advice(error, takes_bundle=self._kind == "service"))
            self._fail(name, start, str(error), finding)
        else:
            self._add(name, "ok", words, seconds=anyio.current_time() - start)

    def all(self) -> tuple[Step, ...]:
        return tuple(self._taken[name] for name in NAMES)

    def _fail(self, name: str, start: float, words: str, finding: Finding) -> None:
        self._faults[name] = name
        if name in _DECISIVE or finding.aspect in ("bucket", "region"):
            self._end = name
        seconds = anyio.current_time() - start
        self._add(name, "failed", words, permission=finding.permission, advice=finding.advice, seconds=seconds)

    def _add(self, name: str, status: Any, words: str, **more: Any) -> None:
        self._taken[name] = Step(name, status, redacted(words, self._options), **more)


def redacted(text: str, options: Options) -> str:
    """Without what opens the store: the secrets of the options, and the signatures of URLs."""
    for secret in _secrets_of(options):
        for form in (secret, quote(secret, safe=""), quote(secret)):
            text = text.replace(form, _HIDDEN)
    text = _AUTHORIZATION.sub(rf"\1 {_HIDDEN}", _QUERY.sub(rf"\1?{_HIDDEN}", text))
    return _SIGNATURE.sub(rf"\1\2{_HIDDEN}", text)


def _secrets_of(value: Any) -> list[str]:
    """The values of all fields that are not shown."""
    if not dataclasses.is_dataclass(value):
        return []
    found = []
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if field.repr:
            found += _secrets_of(content)
        elif isinstance(content, str) and len(content) >= _SHORTEST_SECRET:
            found.append(content)
    return found
