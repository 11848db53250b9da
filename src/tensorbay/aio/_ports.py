from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tensorbay._connect import Files
from tensorbay.aio._session import Session
from tensorbay.aio.cloud_storage import AsyncCloudClient
from tensorbay.importing import ImportSpec, UploadTarget
from tensorbay.wire import (
    V2,
    CloudFile,
    CloudImport,
    CloudImported,
    CloudObject,
    Placement,
    SignedUrls,
    UploadBody,
    UploadCallback,
    UploadedObject,
    decode,
    encode,
)

if TYPE_CHECKING:
    from tensorbay.aio.dataset import AsyncDatasetClient

# A store copies what is not to be indexed in place before the server answers.
_COPY_TIMEOUT = 600.0


class SegmentPort:
    """Where uploads and imports of one segment of a draft go."""

    def __init__(
        self, segment: str, session: Session, dataset_id: str, draft_number: int, placement: Placement = "auto"
    ) -> None:
        self._placement = placement
        self._segment = segment
        self._session = session
        self._path = f"datasets/{dataset_id}"
        self._number = draft_number

    async def post(self, objects: Sequence[CloudObject], *, config: str | None) -> None:
        body = CloudImport(self._segment, self._number, list(objects), config_name=config, placement=self._placement)
        await self._put("multi/cloud-callback", encode(body), timeout=_COPY_TIMEOUT)

    async def targets(self, checksums: Sequence[str]) -> Sequence[UploadTarget | None]:
        body = UploadBody(segment_name=self._segment, draft_number=self._number, checksums=list(checksums))
        response = await self._session.transport.request("POST", f"{self._path}/uploads", root=V2, json=body.to_json())
        signed = decode(response.content, SignedUrls)
        return [None if url is None else UploadTarget(url, signed.headers) for url in signed.urls]

    async def write(self, target: UploadTarget, path: Path) -> None:
        await self._session.fetcher.write(target.url, path, headers=target.headers)

    async def register(self, objects: Sequence[UploadedObject]) -> None:
        body = UploadCallback(self._segment, self._number, list(objects))
        await self._put("multi/callback", encode(body))

    async def _put(self, section: str, content: bytes, *, timeout: float | None = None) -> None:
        await self._session.transport.request("PUT", f"{self._path}/{section}", content=content, timeout=timeout)


class ImportPort:
    """What an import needs of the API and of the store; `open_draft` gives a client that stands on its draft."""

    def __init__(
        self,
        spec: ImportSpec,
        session: Session,
        cloud: AsyncCloudClient,
        files: Files | None,
        open_draft: Callable[[], Awaitable[AsyncDatasetClient]],
    ) -> None:
        self._spec = spec
        self._session = session
        self._cloud = cloud
        self._files = files
        self._open_draft = open_draft
        self._path = ""
        self.draft_number: int | None = None

    async def begin(self) -> None:
        client = await self._open_draft()
        self._path = f"datasets/{client.dataset_id}/multi/cloud-callback"
        self.draft_number = client.status.draft_number

    async def list_files(self, prefix: str, *, sign: bool) -> AsyncIterator[Sequence[CloudFile]]:
        async for page in self._cloud._list_files(prefix, sign=sign and self._files is None).pages():
            yield page.items

    async def read(self, file: CloudFile) -> bytes:
        if self._files is not None:
            return await self._files.get(file.path)
        return await self._session.fetcher.read(file.url or "")

    async def post(self, objects: Sequence[CloudObject]) -> CloudImported:
        spec, number = self._spec, self.draft_number
        assert number is not None  # noqa: S101  (it has begun; mypy cannot know)
        body = CloudImport(spec.segment, number, list(objects), config_name=spec.config, placement=spec.placement)
        request = self._session.transport.request
        response = await request("PUT", self._path, content=encode(body), timeout=_COPY_TIMEOUT)
        return decode(response.content, CloudImported)
