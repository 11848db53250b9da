"""A bucket behind an S3 endpoint; OSS is one, with hosts for its buckets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from obstore.store import S3Store as Bucket

from tensorbay.storage._aws import AwsBucket
from tensorbay.storage._aws_keys import open_credentials
from tensorbay.storage._credentials import provider
from tensorbay.storage._endpoint import parse_endpoint
from tensorbay.storage._errors import Place
from tensorbay.storage._key import check_s3_key
from tensorbay.storage._obstore import RETRIES, BucketStore, client_config
from tensorbay.storage._s3_listing import S3Listing
from tensorbay.storage._store import MAX_FORM_SIZE, PAGE_LIMIT, Level, ObjectInfo, PostForm, SignedUrls

if TYPE_CHECKING:
    from typing import Any

    from tensorbay.storage._credentials import Refreshed
    from tensorbay.storage._endpoint import Endpoint
    from tensorbay.storage._options import AccessKey, S3Options

# Above this S3 copies in parts only.
_COPIED_WHOLE = 5 << 30
_COPY_PART = 256 << 20


class S3Store(BucketStore):
    _bucket: Bucket
    _copies_by_etag = True

    def __init__(self, options: S3Options, *, proxy: str | None = None) -> None:
        endpoint = parse_endpoint(options)
        super().__init__(Place(endpoint.url, options.bucket))
        self._credentials = open_credentials(options.credentials, region=endpoint.region, proxy=proxy)
        with self._translated(None):
            self._bucket = _open_bucket(options, endpoint, self._credentials, proxy)
        self.aws = AwsBucket(options, endpoint, self._credentials, proxy=proxy)
        """The same bucket through AWS's own client, for what obstore cannot ask."""
        self._listing = S3Listing(self._bucket, self.aws)

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        with self._errors(None):
            return await self._listing.page(prefix, after, limit)

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        return await self._listing.level(prefix, limit)

    async def check(self, folder: str = "") -> None:
        await self.aws.check(folder)

    async def aclose(self) -> None:
        await self._listing.aclose()

    async def _copy(self, source: ObjectInfo, target: str) -> None:
        # Not by obstore: it cannot ask that the source is what it was.
        if source.size > _COPIED_WHOLE:
            await self.aws.copy_parts(source, target, part_size=_COPY_PART)
        else:
            await self.aws.copy(source, target)

    async def post_form(self, prefix: str, *, expires: float, max_size: int = MAX_FORM_SIZE) -> PostForm:
        check_s3_key(f"{prefix}x", write=True)
        return await self.aws.post_form(prefix, expires=expires, max_size=max_size)

    async def _delete(self, paths: list[str]) -> None:
        with self._errors(None):
            await self._bucket.delete_async(paths)

    async def _sign(self, paths: list[str], versions: list[str | None], method: str, expires: float) -> SignedUrls:
        lease = await self._credentials.get()  # so that it is fresh: a thread cannot wait for another
        if method == "GET" and any(versions):
            expire_at = int(time.time()) + expires
            urls = SignedUrls(await self.aws.sign_versions(paths, versions, expires=expires), expire_at=expire_at)
        else:
            urls = await super()._sign(paths, versions, method, expires)
        if lease.end is not None:
            urls.expire_at = min(urls.expire_at, lease.end)
        return urls


def _open_bucket(
    options: S3Options, endpoint: Endpoint, credentials: Refreshed[AccessKey], proxy: str | None
) -> Bucket:
    """Everything that matters is given: obstore would take what is missing from AWS_ variables."""
    virtual = options.addressing == "virtual"
    url = endpoint.bucket_url if virtual else endpoint.url
    return Bucket(
        options.bucket,
        endpoint=url,
        aws_endpoint_url_s3=url,
        region=endpoint.region,
        virtual_hosted_style_request=virtual,
        skip_signature=False,
        s3_express=False,
        request_payer=False,
        # Deletion in bulk takes a checksum of S3's that OSS does not know.
        disable_bulk_delete=endpoint.is_oss,
        # Not as options of their own: to those it would add AWS_SESSION_TOKEN.
        credential_provider=provider(credentials, _members),
        client_options=client_config(proxy),
        retry_config=RETRIES,
    )


def _members(key: AccessKey) -> dict[str, Any]:
    return {"access_key_id": key.key_id, "secret_access_key": key.secret, "token": key.token}
