"""By hand, for programs of 1.x: any call of the Open API, and requests to any URL."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from tensorbay._util.config import Config, config
from tensorbay.aio._transport import Transport
from tensorbay.aio.settings import ClientSettings
from tensorbay.client._parallel import MultiCallbackTask, Tqdm, multithread_upload
from tensorbay.client._portal import portal
from tensorbay.client._session import Response, UserSession, get_session
from tensorbay.wire import GATEWAY, V1

__all__ = [
    "Client",
    "Config",
    "MultiCallbackTask",
    "Response",
    "Tqdm",
    "UserSession",
    "config",
    "get_session",
    "logger",
    "multithread_upload",
]

logger = logging.getLogger(__name__)


class Client:
    """Calls of the Open API by their paths. `access_key` and `url` are those of `GAS`: also an embedded home will do.

    `get_user()` of a GAS is `open_api_do("GET", "users").json()` here.
    """

    def __init__(self, access_key: str = "", url: str = "") -> None:
        settings = ClientSettings()
        self.access_key = access_key or settings.access_key.get_secret_value()
        self._transport = Transport(self.access_key, url or settings.url, settings)
        self.gateway_url = f"{self._transport.endpoint.base_url}{GATEWAY}"
        portal.close_with(self, self._transport.aclose)

    def __repr__(self) -> str:
        return f"Client({self._transport.endpoint.base_url!r})"

    def open_api_do(
        self,
        method: str,
        section: str,
        dataset_id: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Call `section`, of a dataset if `dataset_id` is given; no section: the dataset itself, or all datasets.

        A refusal is the ResponseError of its code, with `response`.
        """
        path, _, query = section.partition("?")
        options: dict[str, Any] = {
            "params": {**dict(parse_qsl(query, keep_blank_values=True)), **(params or {})},
            "json": json,
            "content": data.encode() if isinstance(data, str) else data,
            "headers": headers,
            "timeout": timeout,
        }
        return Response(portal.run(self._transport.request, method, _path(path, dataset_id), root=V1, **options))

    @staticmethod
    def do(method: str, url: str, **options: Any) -> Response:
        """A request to any URL, without the access key; see `UserSession`."""
        return get_session().request(method, url, **options)


def _path(section: str, dataset_id: str) -> str:
    if dataset_id:
        return f"datasets/{dataset_id}/{section}" if section else f"datasets/{dataset_id}"
    return section or "datasets"
