"""A bucket through AWS's own client: diagnosis, upload forms, and requests that obstore cannot express."""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree.ElementTree import ParseError

import anyio
from anyio.to_thread import run_sync

from tensorbay._util.concurrency import map_concurrently
from tensorbay._util.per_loop import PerLoop
from tensorbay.exception import StorageError
from tensorbay.storage._aws_client import foreign, open_session
from tensorbay.storage._aws_errors import Request, refusal
from tensorbay.storage._store import PAGE_LIMIT, ObjectInfo, PostForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tensorbay.storage._credentials import Refreshed
    from tensorbay.storage._endpoint import Endpoint
    from tensorbay.storage._options import AccessKey, S3Options

_COPIES_IN_FLIGHT = 8
_PARTS_AT_MOST = 10_000
_ABORT_SECONDS = 5


class RawPage(NamedTuple):
    """One answer of the server, unfiltered and in its order. `token` asks for the next one; None at the end."""

    objects: list[ObjectInfo]
    folders: list[str]
    token: str | None


class _Client(NamedTuple):
    s3: Any
    exit: contextlib.AsyncExitStack

    async def aclose(self) -> None:
        await self.exit.aclose()


class AwsBucket:
    def __init__(
        self, options: S3Options, endpoint: Endpoint, credentials: Refreshed[AccessKey], *, proxy: str | None
    ) -> None:
        self._bucket = options.bucket
        self._addressing = options.addressing
        self.endpoint = endpoint
        self._credentials = credentials
        self._proxy = proxy
        self._client = PerLoop(self._open)
        self._copier = PerLoop(partial(self._open, copies=True))

    async def list_page(
        self,
        prefix: str,
        *,
        after: str = "",
        delimiter: str = "",
        token: str | None = None,
        limit: int = PAGE_LIMIT,
    ) -> RawPage:
        query: dict[str, Any] = {"Prefix": prefix, "MaxKeys": limit, "Delimiter": delimiter}
        if token is not None:
            query["ContinuationToken"] = token
        elif after:
            query["StartAfter"] = after
        answer = await self._list(**query)
        return RawPage(
            [_describe(item) for item in answer.get("Contents", ())],
            [item["Prefix"] for item in answer.get("CommonPrefixes", ())],
            answer.get("NextContinuationToken") if answer.get("IsTruncated") else None,
        )

    async def check(self, folder: str) -> None:
        """List one key: it needs the address, both halves of the access key, the bucket and the permission."""
        await self._list(Prefix=f"{folder}/" if folder else "", MaxKeys=1)

    async def location(self) -> str:
        """The region that the bucket says it is in; empty where the store has none."""
        try:
            answer = await self._ask("location", "s3:GetBucketLocation")
        except ParseError as exc:  # the client takes this answer for XML, whatever it is
            raise StorageError(f"{self.endpoint.url} does not tell where the bucket is: {exc}") from None
        place = answer.get("LocationConstraint") or ""
        return {"EU": "eu-west-1"}.get(place, place)

    async def keeps_versions(self) -> bool:
        answer = await self._ask("versioning", "s3:GetBucketVersioning")
        return bool(answer.get("Status") == "Enabled")

    async def readable_from(self) -> list[str]:
        """The origins whose pages may GET, by the bucket's CORS rules."""
        try:
            answer = await self._ask("cors", "s3:GetBucketCORS")
        except StorageError as exc:
            if "NoSuchCORSConfiguration" in str(exc):
                return []
            raise
        rules = answer.get("CORSRules", ())
        open_rules = (rule for rule in rules if "GET" in rule.get("AllowedMethods", ()))
        return [origin for rule in open_rules for origin in rule.get("AllowedOrigins", ())]

    async def post_form(self, prefix: str, *, expires: float, max_size: int) -> PostForm:
        """A form with a policy, signed here: nothing is asked of the server."""
        client = await self._connected()
        end, expire_at = (await self._credentials.get()).end, int(time.time()) + expires
        success = {"success_action_status": "201"}
        with self._translated(doing="sign for", permission="s3:PutObject"):
            form = await client.generate_presigned_post(
                self._bucket,
                f"{prefix}${{filename}}",  # that is: any key that starts with the prefix
                Fields=success,
                Conditions=[success, ["starts-with", "$Content-Type", ""], ["content-length-range", 0, max_size]],
                ExpiresIn=int(expires),
            )
        del form["fields"]["key"]
        return PostForm(form["url"], form["fields"], expire_at if end is None else min(expire_at, end))

    async def sign_versions(self, paths: Sequence[str], versions: Sequence[str | None], *, expires: float) -> list[str]:
        """GET URLs of these versions: obstore signs none that have a query of their own."""
        client = await self._connected()
        urls = []
        with self._translated(doing="sign for", permission="s3:GetObjectVersion"):
            for path, version in zip(paths, versions, strict=True):
                query = {"Bucket": self._bucket, "Key": path} | ({"VersionId": version} if version else {})
                urls.append(await client.generate_presigned_url("get_object", Params=query, ExpiresIn=int(expires)))
        return urls

    async def copy(self, source: ObjectInfo, target: str) -> None:
        """One request of the server's, which copies the object of this etag whole or nothing."""
        client = (await self._copier.get()).s3
        with self._translated(doing="copy within", permission="s3:GetObject and s3:PutObject", key=source.path):
            await client.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source.path},
                CopySourceIfMatch=source.etag,
            )

    async def copy_parts(self, source: ObjectInfo, target: str, *, part_size: int) -> None:
        """Copy in parts, which S3 demands above 5 GB. Whatever ends it, no part is left behind."""
        client = (await self._copier.get()).s3
        place = {"Bucket": self._bucket, "Key": target}
        with self._translated(doing="copy within", permission="s3:GetObject and s3:PutObject", key=source.path):
            kept = await client.head_object(Bucket=self._bucket, Key=source.path)
            described = {name: kept[name] for name in ("ContentType", "Metadata") if kept.get(name)}
            upload = {**place, "UploadId": (await client.create_multipart_upload(**place, **described))["UploadId"]}
            try:
                parts = await self._copy_parts(client, source, upload, part_size)
                await client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
            except BaseException:
                # What ended it is what its caller has to know, a cancellation above all: not that this fails too.
                with anyio.move_on_after(_ABORT_SECONDS, shield=True), contextlib.suppress(Exception):
                    await client.abort_multipart_upload(**upload)
                raise

    async def _copy_parts(
        self, client: Any, source: ObjectInfo, upload: dict[str, str], part_size: int
    ) -> list[dict[str, Any]]:
        size = max(part_size, -(-source.size // _PARTS_AT_MOST))

        async def copy(start: int) -> dict[str, Any]:
            number = start // size + 1
            answer = await client.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource={"Bucket": self._bucket, "Key": source.path},
                CopySourceRange=f"bytes={start}-{min(start + size, source.size) - 1}",
                CopySourceIfMatch=source.etag,
            )
            return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

        return await map_concurrently(copy, range(0, source.size, size), limit=_COPIES_IN_FLIGHT)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._copier.aclose()

    async def _list(self, **query: Any) -> Any:
        client = await self._connected()
        with self._translated():
            return await client.list_objects_v2(Bucket=self._bucket, **query)

    async def _ask(self, about: str, permission: str) -> Any:
        client = await self._connected()
        with self._translated(doing=f"ask for the {about} of", permission=permission):
            return await getattr(client, f"get_bucket_{about}")(Bucket=self._bucket)

    async def _connected(self) -> Any:
        return (await self._client.get()).s3

    async def _open(self, *, copies: bool = False) -> _Client:
        await self._credentials.get()
        open_ = partial(open_session, self._credentials, self._addressing, self._proxy, copies=copies)
        session, config = await run_sync(open_)
        async with contextlib.AsyncExitStack() as stack:
            context = session.create_client(
                "s3", endpoint_url=self.endpoint.url, region_name=self.endpoint.region, config=config
            )
            with self._translated():
                s3 = await stack.enter_async_context(context)
            return _Client(s3, stack.pop_all())

    @contextlib.contextmanager
    def _translated(self, **request: Any) -> Iterator[None]:
        from botocore import exceptions

        lease = self._credentials.fresh()
        key_id = lease.value.key_id if lease is not None else ""
        with foreign(self.endpoint.url):
            try:
                yield
            except exceptions.ClientError as exc:
                raise refusal(exc.response, Request(self.endpoint, self._bucket, key_id, **request)) from None
            except KeyError as exc:
                raise StorageError(f"{self.endpoint.url} does not answer as an S3 service should: no {exc}.") from None


def _describe(item: Any) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["Size"], item.get("ETag", ""), item["LastModified"].timestamp())
