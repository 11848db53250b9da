"""The part that needs AWS's own client: diagnosis, and listings that obstore cannot express.

It is large and slow to load (0.8 s), so that happens in a worker thread at first use.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from anyio.to_thread import run_sync

from tensorbay.exception import (
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._aws_logs import hide_secrets
from tensorbay.storage._options import AccessKey, S3Options
from tensorbay.storage._store import PAGE_LIMIT, ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensorbay.storage._endpoint import Endpoint

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 3
_OTHER_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)


class RawPage(NamedTuple):
    """One answer of the server, unfiltered and in its order. `token` asks for the next one; None at the end."""

    objects: list[ObjectInfo]
    folders: list[str]
    token: str | None


class AwsBucket:
    def __init__(self, options: S3Options, endpoint: Endpoint) -> None:
        self._options = options
        self._endpoint = endpoint
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

    async def aclose(self) -> None:
        self._client = None
        await self._exit.aclose()

    async def _list(self, **query: Any) -> Any:
        client = await self._connected()
        with self._translated():
            return await client.list_objects_v2(Bucket=self._options.bucket, **query)

    async def _connected(self) -> Any:
        # Its connections belong to a loop; in a forked process, or under another loop, they are of no use.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            config, session = await run_sync(_load)
            key = self._options.credentials
            if not isinstance(key, AccessKey):
                raise StorageError(f"{type(key).__name__} cannot be used yet.")
            context = session.create_client(
                "s3",
                endpoint_url=self._endpoint.url,
                region_name=self._endpoint.region,
                aws_access_key_id=key.key_id,
                aws_secret_access_key=key.secret,
                aws_session_token=key.token,
                config=config,
            )
            with self._translated():
                self._client = await self._exit.enter_async_context(context)
            self._loop = loop
        return self._client

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        from botocore import exceptions

        try:
            yield
        except exceptions.ClientError as exc:
            raise self._refusal(exc.response) from exc
        except (exceptions.ConnectionError, exceptions.ConnectionClosedError, exceptions.ReadTimeoutError) as exc:
            raise StorageUnreachableError(self._why_unreachable(exc)) from exc
        except exceptions.BotoCoreError as exc:
            words = str(exc).partition("\n")[0]
            raise StorageError(f"{self._endpoint.url} does not answer as an S3 service should: {words}") from exc

    def _refusal(self, response: Any) -> StorageError:
        url, region = self._endpoint
        bucket, key = self._options.bucket, self._options.credentials
        key_id = key.key_id if isinstance(key, AccessKey) else ""
        error, answer = response.get("Error", {}), response.get("ResponseMetadata", {})
        code, status = str(error.get("Code", "")), int(answer.get("HTTPStatusCode", 0))
        words = f"{error.get('Message') or 'no reason given'} ({code}, HTTP {status})"
        there = error.get("Region") or answer.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        if "html" in answer.get("HTTPHeaders", {}).get("content-type", ""):
            return StorageError(f"{url} answers with a web page, not as an S3 service. Is the endpoint right?")
        if code in _OTHER_REGION or status == 301:
            elsewhere = f"in region {there!r}" if there else "in another region"
            return StorageError(f"Bucket {bucket!r} is {elsewhere}, not in {region!r}: change the endpoint or region.")
        if code == "NoSuchBucket":
            return StorageNotFoundError(f"There is no bucket {bucket!r} at {url}.")
        if code == "InvalidAccessKeyId":
            return StorageAccessError(f"The access key id {key_id!r} is unknown at {url}: {words}")
        if code == "SignatureDoesNotMatch":
            return StorageAccessError(f"The secret does not belong to the access key id {key_id!r}: {words}")
        if code == "RequestTimeTooSkewed":
            return StorageAccessError(f"The clock of this machine is wrong, says {url}: {words}")
        if status in (401, 403):
            return StorageAccessError(
                f"The access key may not list bucket {bucket!r}; it needs the permission s3:ListBucket: {words}"
            )
        return StorageError(f"{url} refused to list bucket {bucket!r}: {words}")

    def _why_unreachable(self, exc: Any) -> str:
        url = self._endpoint.url
        cause = exc.kwargs.get("error") or exc
        system = getattr(cause, "os_error", None)
        if isinstance(system, socket.gaierror):
            return f"The name of {url} is unknown: {system.strerror}. Is the endpoint spelt right?"
        if isinstance(system, ConnectionRefusedError):
            return f"Nothing listens at {url}: the connection was refused."
        if "WRONG_VERSION_NUMBER" in str(cause):
            return f"{url} does not speak TLS; is it an http:// endpoint?"
        return f"{url} does not answer: {str(cause) or type(cause).__name__}"


def _load() -> tuple[Any, Any]:
    """The client's configuration and a session whose data files have been read: later uses must not block."""
    import aiobotocore.session
    from botocore.config import Config

    hide_secrets()
    # Everything is given by our options: neither the environment nor a file of the user may change it. The values
    # are the name in the file, the variables, the default and the conversion of each setting.
    own = {"profile": (None, None, None, None), "config_file": (None, None, "", None)}
    session = aiobotocore.session.AioSession(session_vars=own)
    loader = session.get_component("data_loader")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind, api_version=None)
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": "path"},
    )
    return config, session


def _describe(item: Any) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["Size"], item.get("ETag", ""), item["LastModified"].timestamp())
