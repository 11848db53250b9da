"""Datasets and folders that tests of routes begin with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread

from tensorbay.wire import V2
from tests.server.running import Api

ODD_NAMES = ["a b", "a?b", "a#b", "a%20b", "a%2Fb", "a&b=c+d", "ünï/cödé 本地", "'\"<>", "x" * 255]


@dataclass
class Scene:
    """A dataset with an open draft and one segment."""

    api: Api
    dataset_id: str
    draft: int
    segment: str = "train"

    async def call(self, method: str, path: str, **options: Any) -> Any:
        return await self.api.call(method, f"datasets/{self.dataset_id}/{path}", **options)

    async def refusal(self, method: str, path: str, **options: Any) -> tuple[int, str, str]:
        return await self.api.refusal(method, f"datasets/{self.dataset_id}/{path}", **options)

    def body(self, **members: Any) -> dict[str, Any]:
        return {"segmentName": self.segment, "draftNumber": self.draft, **members}

    def query(self, **members: Any) -> dict[str, Any]:
        return {"segmentName": self.segment, "draftNumber": self.draft, **members}

    async def import_paths(self, *paths: str, **members: Any) -> None:
        objects = [{"cloudPath": path, "remotePath": path} for path in paths]
        await self.call("PUT", "multi/cloud-callback", json=self.body(objects=objects, **members))

    async def details(self, **members: Any) -> list[dict[str, Any]]:
        found = await self.call("GET", "data/details", params=self.query(**members))
        items: list[dict[str, Any]] = found["dataDetails"]
        return items

    async def upload(self, **contents: bytes) -> dict[str, Any]:
        """Uploads files to the storage without registering them; the body that registers them."""
        checksums = {name: hashlib.sha1(content).hexdigest() for name, content in contents.items()}
        answer = await self.call("POST", "uploads", root=V2, json=self.body(checksums=[*checksums.values()]))
        for url, content in zip(answer["urls"], contents.values(), strict=True):
            if url is not None:
                await self.api.write(url, content, answer.get("headers"))
        return self.body(
            objects=[
                {"checksum": checksums[name], "fileSize": len(content), "remotePath": name}
                for name, content in contents.items()
            ]
        )


async def make_files(folder: Path, *paths: str) -> Path:
    """Files whose content is their own path."""

    def make() -> None:
        for path in paths:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.encode())

    await anyio.to_thread.run_sync(make)
    return folder


async def local_config(api: Api, name: str, folder: Path, file_path: str = "") -> None:
    body = {"name": name, "filePath": file_path, "endpoint": folder.as_uri()}
    await api.call("POST", "storage-configs/local", json=body)


async def make_scene(
    api: Api, name: str = "Dogs", *, config: str | None = None, segment: str = "train", kind: int = 0
) -> Scene:
    body = {"name": name, "type": kind, **({} if config is None else {"configName": config})}
    dataset_id = (await api.call("POST", "datasets", json=body))["id"]
    draft = {"branchName": "main", "title": "draft"}
    number = (await api.call("POST", f"datasets/{dataset_id}/drafts", json=draft))["draftNumber"]
    scene = Scene(api, dataset_id, number, segment)
    await scene.call("POST", "segments", json={"name": segment, "draftNumber": number})
    return scene
