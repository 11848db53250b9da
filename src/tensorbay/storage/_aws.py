"""The part that needs AWS's own client: identities, diagnosis, and requests that obstore cannot express.

It is large and slow to load (0.8 s), so that happens in a worker thread at first use.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from anyio.to_thread import run_sync

from tensorbay.exception import StorageAccessError, StorageError, StorageUnreachableError
from tensorbay.storage._aws_errors import Request, refusal, role_refusal, why_unreachable
from tensorbay.storage._credentials import Lease, Refreshed
from tensorbay.storage._options import AccessKey, AssumeRole, AwsIdentity
from tensorbay.storage._store import PAGE_LIMIT, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tensorbay.storage._endpoint import Endpoint
    from tensorbay.storage._options import AwsCredentials, S3Options

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 3
_COPIES_IN_FLIGHT = 8
_PARTS_AT_MOST = 10_000
_ABORT_SECONDS = 5


class RawPage(NamedTuple):
    """One answer of the server, unfiltered and in its order. `token` asks for the next one; None at the end."""

    objects: list[ObjectInfo]
    folders: list[str]
    token: str | None


class AwsBucket:
    def __init__(
        self, options: S3Options, endpoint: Endpoint, credentials: Refreshed[AccessKey], *, proxy: str | None
    ) -> None:
        self._bucket = options.bucket
        self._addressing = options.addressing
        self._endpoint = endpoint
        self._credentials = credentials
        self._proxy = proxy
        self._exit = contextlib.AsyncExitStack()
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

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

    async def check(self) -> None:
        """List one key: it needs the address, both halves of the access key, the bucket and the permission."""
        await self._list(MaxKeys=1)

    async def sign_versions(self, paths: Sequence[str], versions: Sequence[str | None], *, expires: float) -> list[str]:
        """GET URLs of these versions: obstore signs none that have a query of their own."""
        client = await self._connected()
        urls = []
        with self._translated(doing="sign for", permission="s3:GetObjectVersion"):
            for path, version in zip(paths, versions, strict=True):
                query = {"Bucket": self._bucket, "Key": path} | ({"VersionId": version} if version else {})
                urls.append(await client.generate_presigned_url("get_object", Params=query, ExpiresIn=int(expires)))
        return urls

    async def copy_parts(self, source: ObjectInfo, target: str, *, part_size: int) -> None:
        """Copy in parts, which S3 demands above 5 GB. Whatever ends it, no part is left behind."""
        client = await self._connected()
        place = {"Bucket": self._bucket, "Key": target}
        with self._translated(doing="copy within", permission="s3:GetObject and s3:PutObject", key=source.path):
            kept = await client.head_object(Bucket=self._bucket, Key=source.path)
            described = {name: kept[name] for name in ("ContentType", "Metadata") if kept.get(name)}
            upload = {**place, "UploadId": (await client.create_multipart_upload(**place, **described))["UploadId"]}
            try:
                parts = await self._copy_parts(client, source, upload, part_size)
                await client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
            except BaseException:
                with anyio.move_on_after(_ABORT_SECONDS, shield=True):
                    await client.abort_multipart_upload(**upload)
                raise

    async def _copy_parts(
        self, client: Any, source: ObjectInfo, upload: dict[str, str], part_size: int
    ) -> list[dict[str, Any]]:
        size = max(part_size, -(-source.size // _PARTS_AT_MOST))
        starts = range(0, source.size, size)
        parts: list[dict[str, Any]] = [{} for _ in starts]
        failures: list[Exception] = []
        waiting = iter(enumerate(starts))

        async def work() -> None:
            for index, start in waiting:
                try:
                    answer = await client.upload_part_copy(
                        **upload,
                        PartNumber=index + 1,
                        CopySource={"Bucket": self._bucket, "Key": source.path},
                        CopySourceRange=f"bytes={start}-{min(start + size, source.size) - 1}",
                        CopySourceIfMatch=source.etag,
                    )
                except Exception as exc:  # one error, not a group of them
                    failures.append(exc)
                    tasks.cancel_scope.cancel()
                    return
                parts[index] = {"PartNumber": index + 1, "ETag": answer["CopyPartResult"]["ETag"]}

        async with anyio.create_task_group() as tasks:
            for _ in range(min(_COPIES_IN_FLIGHT, len(starts))):
                tasks.start_soon(work)
        if failures:
            raise failures[0]
        return parts

    async def aclose(self) -> None:
        self._client = None
        await self._exit.aclose()

    async def _list(self, **query: Any) -> Any:
        client = await self._connected()
        with self._translated():
            return await client.list_objects_v2(Bucket=self._bucket, **query)

    async def _connected(self) -> Any:
        # Its connections belong to a loop; in a forked process, or under another loop, they are of no use.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            await self._credentials.get()
            session, config = await run_sync(_load, self._credentials, self._addressing, self._proxy)
            context = session.create_client(
                "s3", endpoint_url=self._endpoint.url, region_name=self._endpoint.region, config=config
            )
            with self._translated():
                self._client = await self._exit.enter_async_context(context)
            self._loop = loop
        return self._client

    @contextlib.contextmanager
    def _translated(self, **request: Any) -> Iterator[None]:
        from botocore import exceptions

        lease = self._credentials.fresh()
        key_id = lease.value.key_id if lease is not None else ""
        with _foreign(self._endpoint.url):
            try:
                yield
            except exceptions.ClientError as exc:
                raise refusal(exc.response, Request(self._endpoint, self._bucket, key_id, **request)) from exc


def open_credentials(given: AwsCredentials, *, region: str, proxy: str | None) -> Refreshed[AccessKey]:
    """Nothing is asked of anyone until they are needed."""
    if isinstance(given, AccessKey):
        return Refreshed.fixed(given)
    ask = partial(_take_role, given, region, proxy) if isinstance(given, AssumeRole) else partial(_identify, given)

    async def fetch() -> Lease[AccessKey]:
        return await run_sync(ask)  # it reads files, the environment and the network, all of it blocking

    return Refreshed(fetch)


def _identify(identity: AwsIdentity) -> Lease[AccessKey]:
    import botocore.session

    with _foreign("AWS's metadata service"):
        credentials = botocore.session.Session(profile=identity.profile).get_credentials()
        if credentials is None:
            raise StorageAccessError(
                "This machine has no identity at AWS: none in the environment, no profile, no web identity, no role "
                "of a container or instance."
            )
        frozen = credentials.get_frozen_credentials()
    end = getattr(credentials, "_expiry_time", None)
    key = AccessKey(key_id=frozen.access_key, secret=frozen.secret_key, token=frozen.token)
    return Lease(key, end.timestamp() if end is not None else None)


def _take_role(role: AssumeRole, region: str, proxy: str | None) -> Lease[AccessKey]:
    import botocore.session
    from botocore import exceptions

    source = role.source if isinstance(role.source, AccessKey) else _identify(role.source).value
    external = {"ExternalId": role.external_id} if role.external_id else {}
    with _foreign(role.sts_endpoint or "AWS STS"):
        session = botocore.session.Session(session_vars=_OWN)
        client = session.create_client(
            "sts",
            region_name=region,
            endpoint_url=role.sts_endpoint,
            aws_access_key_id=source.key_id,
            aws_secret_access_key=source.secret,
            aws_session_token=source.token,
            config=_config(proxy),
        )
        try:
            answer = client.assume_role(
                RoleArn=role.role_arn, RoleSessionName="tensorbay", DurationSeconds=role.duration, **external
            )["Credentials"]
        except exceptions.ClientError as exc:
            raise role_refusal(exc.response, role.role_arn) from exc
        finally:
            client.close()
    key = AccessKey(key_id=answer["AccessKeyId"], secret=answer["SecretAccessKey"], token=answer["SessionToken"])
    return Lease(key, answer["Expiration"].timestamp())


@contextlib.contextmanager
def _foreign(url: str) -> Iterator[None]:
    """Errors of the client that are no answers of the service."""
    from botocore import exceptions

    try:
        yield
    except (exceptions.ConnectionError, exceptions.ConnectionClosedError, exceptions.ReadTimeoutError) as exc:
        raise StorageUnreachableError(why_unreachable(exc, url)) from exc
    except (exceptions.ProfileNotFound, exceptions.CredentialRetrievalError, exceptions.MetadataRetrievalError) as exc:
        raise StorageAccessError(f"This machine's identity at AWS cannot be had: {exc}") from exc
    except exceptions.BotoCoreError as exc:
        words = str(exc).partition("\n")[0]
        raise StorageError(f"{url} does not answer as an AWS service should: {words}") from exc


# Everything is given by our options: neither the environment nor a file of the user may change it. The values are the
# name in the file, the variables, the default and the conversion of each setting.
_OWN = {"profile": (None, None, None, None), "config_file": (None, None, "", None)}


def _load(credentials: Refreshed[AccessKey], addressing: str, proxy: str | None) -> tuple[Any, Any]:
    """A session whose data files have been read, for later uses must not block, and the client's configuration."""
    import aiobotocore.session
    from aiobotocore.credentials import AioCredentials
    from botocore.credentials import ReadOnlyCredentials

    class Provided(AioCredentials):  # type: ignore[misc]
        async def get_frozen_credentials(self) -> Any:
            key = (await credentials.get()).value
            return ReadOnlyCredentials(key.key_id, key.secret, key.token)

    class Provider:
        async def load_credentials(self) -> Any:
            return Provided("", "")

    session = aiobotocore.session.AioSession(session_vars=_OWN)
    session.register_component("credential_provider", Provider())
    loader = session.get_component("data_loader")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind, api_version=None)
    return session, _config(
        proxy,
        s3={"addressing_style": addressing},
        signature_version="s3v4",
        # Services that only resemble S3 do not know the checksums of trailers.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _config(proxy: str | None, **more: Any) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        proxies={"http": proxy, "https": proxy} if proxy is not None else None,
        **more,
    )


def _describe(item: Any) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["Size"], item.get("ETag", ""), item["LastModified"].timestamp())
