"""A bucket of images and label files on a SeaweedFS of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
from obstore.store import S3Store

from tests.servers import S3Server, seaweedfs

# A tiny image is enough: an import lists images and never reads them.
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(120)


@dataclass(frozen=True)
class Bucket:
    server: S3Server
    name: str

    @property
    def store(self) -> S3Store:
        return S3Store(
            self.name,
            endpoint=self.server.endpoint,
            access_key_id=self.server.access_key_id,
            secret_access_key=self.server.access_key_secret,
            region="us-east-1",
            client_options={"allow_http": True},
        )

    async def fill(self, folder: str, pairs: int) -> None:
        """`<folder>/images/*.png` and `<folder>/labels/*.json`, as many of each."""
        limiter = anyio.CapacityLimiter(64)
        store = self.store

        async def put(key: str, body: bytes) -> None:
            async with limiter:
                await store.put_async(key, body)

        for start in range(0, pairs, 1000):
            async with anyio.create_task_group() as group:
                for number in range(start, min(start + 1000, pairs)):
                    label = json.dumps({"category": f"c{number % 10}", "attributes": {"hard": number % 3 == 0}})
                    group.start_soon(put, f"{folder}/images/{number:07}.png", IMAGE)
                    group.start_soon(put, f"{folder}/labels/{number:07}.json", label.encode())


@contextmanager
def bucket() -> Iterator[Bucket]:
    with seaweedfs() as server:
        yield Bucket(server, server.make_bucket())
