from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from tensorbay.local_storage.serving import Download

SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "headers": []}


@pytest.mark.parametrize("chunks", [0, 1])
async def test_a_download_is_closed_when_its_client_hangs_up(chunks: int) -> None:
    class Held:
        is_closed = False

        async def aclose(self) -> None:
            self.is_closed = True

    async def content() -> AsyncGenerator[bytes]:
        while True:
            yield b"chunk"

    async def receive() -> Any:
        raise AssertionError("nothing is to come")

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > chunks:
            raise OSError("hung up")

    sent: list[Any] = []
    held = Held()
    with pytest.raises(ClientDisconnect):
        await Download(content(), held=held)(SCOPE, receive, send)
    assert held.is_closed
