"""Refused requests as text for the log, without anything secret."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Refusal", "dump_request_and_response"]

_SECRET = ("secret", "token", "key", "signature", "authorization", "credential")


class Refusal:
    """Written out only where the log wants it."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __str__(self) -> str:
        return dump_request_and_response(self._response)


def dump_request_and_response(response: Any) -> str:
    """Access keys, secrets and signatures are left out."""
    request = response.request
    headers = _json({name: "***" if _is_secret(name) else value for name, value in request.headers.items()})
    return (
        f"{request.method} {f'{request.url}'.partition('?')[0]}\n{headers}\n{_body(request.content)}\n"
        f"-> {response.status_code}\n{_body(response.content)}"
    )


def _body(content: bytes) -> str:
    try:
        return _json(_redacted(json.loads(content)))
    except ValueError:
        return f"<{len(content)} bytes>"


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "***" if _is_secret(name) else _redacted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    return value


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
