"""What a bucket tells about itself beside its objects. Only S3 has one way to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.exception import StorageAccessError, StorageError
from tensorbay.storage._options import FolderOptions, Options, ServiceOptions
from tensorbay.storage.diagnosis._steps import NotAskedError

if TYPE_CHECKING:
    from tensorbay.storage._aws import AwsBucket
    from tensorbay.storage._store import Store


def facts_of(store: Store, options: Options) -> BucketFacts | NoFacts:
    aws: AwsBucket | None = getattr(store, "aws", None)
    if aws is None:
        has_files = isinstance(options, (FolderOptions, ServiceOptions))
        return NoFacts(store, "a folder has none" if has_files else "this client cannot ask")
    return BucketFacts(aws)


class NoFacts:
    def __init__(self, store: Store, reason: str) -> None:
        self._store = store
        self._reason = reason

    async def knock(self, prefix: str) -> None:
        await self._store.list_page(prefix, limit=1)

    async def region(self) -> str:
        raise NotAskedError(self._reason)

    async def versioning(self) -> str:
        raise NotAskedError(self._reason)

    async def readable_from(self) -> list[str]:
        return []


class BucketFacts:
    """A key that may not ask is as good as any other: then nothing is known, and nothing is wrong."""

    def __init__(self, aws: AwsBucket) -> None:
        self._aws = aws

    async def knock(self, prefix: str) -> None:
        await self._aws.list_page(prefix, limit=1)

    async def region(self) -> str:
        try:
            place = await self._aws.location()
        except StorageError as error:
            raise _not_told(error) from None
        if not self._aws.endpoint.is_aws:
            return place or "the store has no regions"
        place = place or "us-east-1"
        region = self._aws.endpoint.region
        if place != region:
            # AWS's client follows the bucket into its region; what reads and writes does not.
            raise StorageError(f"The bucket is in region {place!r}, not in {region!r}: change the endpoint or region.")
        return place

    async def versioning(self) -> str:
        try:
            is_on = await self._aws.keeps_versions()
        except StorageError as error:
            raise _not_told(error) from None
        return "on" if is_on else "off: what is replaced or deleted in the bucket is gone for datasets too"

    async def readable_from(self) -> list[str]:
        try:
            return await self._aws.readable_from()
        except StorageError:
            return []


def _not_told(error: StorageError) -> NotAskedError:
    if isinstance(error, StorageAccessError):
        return NotAskedError(f"not needed, and not told: {error}")
    return NotAskedError(f"the store does not tell: {error}")
