"""Requests to any URL as programs of 1.x make them, over httpx instead of requests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Any

from typing_extensions import Self

from tensorbay.aio._transport import Web
from tensorbay.aio.settings import ClientSettings
from tensorbay.client._portal import portal

__all__ = ["Response", "UserSession", "get_session"]


class Response:
    """An answer, read to its end."""

    def __init__(self, answer: Any) -> None:
        self.status_code: int = answer.status_code
        self.reason: str = answer.reason_phrase
        self.headers: Mapping[str, str] = answer.headers
        self.content: bytes = answer.content
        self.text: str = answer.text
        self.url = f"{answer.url}"
        self.request: Any = answer.request
        self._json = answer.json

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    def json(self) -> Any:
        return self._json()


class UserSession:
    """Sends requests with the timeout, retries and certificate checks of `config`, as they are at the time.

    ResponseError: any answer but 200 and 201. Takes `params`, `json`, `data`, `files`, `headers`, `cookies` and
    `timeout` as requests does. The headers of `headers` go with every request.
    """

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self._web = Web(ClientSettings())
        portal.close_with(self, self._web.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def request(self, method: str, url: str, **options: Any) -> Response:
        options["headers"] = {**self.headers, **(options.get("headers") or {})}
        if isinstance(options.get("data"), (str, bytes)):
            options["content"] = options.pop("data")
        return Response(portal.run(self._web.request, method, url, **options))

    def get(self, url: str, **options: Any) -> Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Response:
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Response:
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Response:
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        return self.request("HEAD", url, **options)

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        portal.run(self._web.aclose)


@cache
def get_session() -> UserSession:
    """The session of this process."""
    return UserSession()
