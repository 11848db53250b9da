"""The part that needs AWS's own client: diagnosis, upload forms, and listings that obstore cannot express.

It is large and slow to load (0.8 s), so that happens in a worker thread at first use.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from anyio.to_thread import run_sync

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._aws_logs import hide_secrets
from tensorbay.storage._endpoint import parse_endpoint, refused_by_proxy
from tensorbay.storage._options import AccessKey, AssumeRole, S3Options
from tensorbay.storage._store import PAGE_LIMIT, ObjectInfo, PostForm

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
    def __init__(self, options: S3Options, endpoint: Endpoint, proxy: str | None = None) -> None:
        self._options = options
        self._endpoint = endpoint
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

    @property
    def region(self) -> str:
        """What requests are signed for."""
        return self._endpoint.region

    async def location(self) -> str:
        """The region that the bucket says it is in; empty where the store has none."""
        answer = await self._ask("location", "s3:GetBucketLocation")
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
        return [origin for rule in rules if "GET" in rule["AllowedMethods"] for origin in rule["AllowedOrigins"]]

    async def copy(self, source: str, target: str, *, if_match: str) -> None:
        """One request of the server's, which copies the object of this etag whole or nothing."""
        client = await self._connected()
        bucket = self._options.bucket
        with self._translated():
            try:
                await client.copy_object(
                    Bucket=bucket,
                    Key=target,
                    CopySource={"Bucket": bucket, "Key": source},
                    CopySourceIfMatch=if_match,
                )
            except client.exceptions.ClientError as exc:
                raise self._copy_refusal(exc.response, source, target) from exc

    async def post_form(self, prefix: str, *, expires: float, max_size: int) -> PostForm:
        """A form with a policy, signed here: nothing is asked of the server."""
        client = await self._connected()
        success = {"success_action_status": "201"}
        with self._translated():
            form = await client.generate_presigned_post(
                self._options.bucket,
                f"{prefix}${{filename}}",  # that is: any key that starts with the prefix
                Fields=success,
                Conditions=[success, ["starts-with", "$Content-Type", ""], ["content-length-range", 0, max_size]],
                ExpiresIn=int(expires),
            )
        del form["fields"]["key"]
        return PostForm(form["url"], form["fields"])

    async def aclose(self) -> None:
        self._client = None
        await self._exit.aclose()

    async def _list(self, **query: Any) -> Any:
        client = await self._connected()
        with self._translated():
            return await client.list_objects_v2(Bucket=self._options.bucket, **query)

    async def _ask(self, about: str, permission: str) -> Any:
        client = await self._connected()
        with self._translated(doing=f"ask for the {about} of", permission=permission):
            return await getattr(client, f"get_bucket_{about}")(Bucket=self._options.bucket)

    async def _connected(self) -> Any:
        # Its connections belong to a loop; in a forked process, or under another loop, they are of no use.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            config, session = await run_sync(_load, self._proxy)
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
    def _translated(self, *, doing: str = "list", permission: str = "s3:ListBucket") -> Iterator[None]:
        from botocore import exceptions

        try:
            yield
        except exceptions.ClientError as exc:
            raise self._refusal(exc.response, doing, permission) from exc
        except exceptions.ProxyConnectionError as exc:
            # Without the cause, which has the proxy's password in it.
            raise self._no_tunnel(exc.kwargs["error"]) from None
        except (exceptions.ConnectionError, exceptions.ConnectionClosedError, exceptions.ReadTimeoutError) as exc:
            raise StorageUnreachableError(self._why_unreachable(exc)) from exc
        except exceptions.BotoCoreError as exc:
            words = str(exc).partition("\n")[0]
            raise StorageError(f"{self._endpoint.url} does not answer as an S3 service should: {words}") from exc

    def _refusal(self, response: Any, doing: str, permission: str) -> StorageError:
        url, region = self._endpoint
        bucket, key = self._options.bucket, self._options.credentials
        key_id = key.key_id if isinstance(key, AccessKey) else ""
        error, answer = response.get("Error", {}), response.get("ResponseMetadata", {})
        code, status = str(error.get("Code", "")), int(answer.get("HTTPStatusCode", 0))
        words = f"{error.get('Message') or 'no reason given'} ({code}, HTTP {status})"
        there = error.get("Region") or answer.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        if "html" in answer.get("HTTPHeaders", {}).get("content-type", ""):
            return StorageError(f"{url} answers with a web page, not as an S3 service. Is the endpoint right?")
        if status == 407:
            return refused_by_proxy(url)
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
                f"The access key may not {doing} bucket {bucket!r}; it needs the permission {permission}: {words}"
            )
        if status in (502, 504):
            return StorageUnreachableError(f"{url} does not answer: {words}")
        return StorageError(f"{url} refused to {doing} bucket {bucket!r}: {words}")

    def _no_tunnel(self, cause: Any) -> StorageError:
        url, status = self._endpoint.url, getattr(cause, "status", 0)
        if status == 407:
            return refused_by_proxy(url)
        return StorageUnreachableError(f"{url} does not answer: {cause.message if status else type(cause).__name__}")

    def _copy_refusal(self, response: Any, source: str, target: str) -> StorageError:
        error, status = response.get("Error", {}), int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status == 412:
            return ObjectChangedError(f"{source!r} is no longer the object that was indexed: its etag differs.")
        if error.get("Code") in ("NoSuchKey", "404"):
            return ObjectNotFoundError(f"There is no object {source!r} in bucket {self._options.bucket!r}.")
        if status == 403 and error.get("Code") == "AccessDenied":
            return StorageAccessError(
                f"The access key may not copy {source!r} to {target!r}; it needs the permissions s3:GetObject for the "
                f"one and s3:PutObject for the other: {error.get('Message')}"
            )
        return self._refusal(response, "copy in", "s3:PutObject")

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


def _load(proxy: str | None) -> tuple[Any, Any]:
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
        proxies=None if proxy is None else {"http": proxy, "https": proxy},
        signature_version="s3v4",  # forms would have that of 2006
    )
    return config, session


async def mint(options: S3Options, policy: str, *, seconds: int, sts_endpoint: str | None) -> tuple[AccessKey, float]:
    """A key that the policy limits further, made by STS, and when it ends."""
    return await run_sync(_mint, options, policy, seconds, sts_endpoint)


def _mint(options: S3Options, policy: str, seconds: int, sts_endpoint: str | None) -> tuple[AccessKey, float]:
    import botocore.session
    from botocore import exceptions

    given = options.credentials
    source = given.source if isinstance(given, AssumeRole) else given
    if not isinstance(source, AccessKey):
        raise StorageError("What this machine is to AWS is not lent to clients.")
    own = {"profile": (None, None, None, None), "config_file": (None, None, "", None)}
    client = botocore.session.Session(session_vars=own).create_client(
        "sts",
        region_name=parse_endpoint(options.endpoint, bucket=options.bucket, region=options.region).region,
        endpoint_url=sts_endpoint,
        aws_access_key_id=source.key_id,
        aws_secret_access_key=source.secret,
        aws_session_token=source.token,
    )
    limits = {"Policy": policy, "DurationSeconds": seconds}
    try:
        if isinstance(given, AssumeRole):
            external = {"ExternalId": given.external_id} if given.external_id else {}
            answer = client.assume_role(RoleArn=given.role_arn, RoleSessionName="tensorbay", **limits, **external)
        else:
            answer = client.get_federation_token(Name="tensorbay", **limits)
    except exceptions.ClientError as exc:
        error = exc.response.get("Error", {})
        raise StorageAccessError(f"AWS lends no credentials: {error.get('Message')} ({error.get('Code')})") from exc
    except exceptions.BotoCoreError as exc:
        raise StorageUnreachableError(f"AWS STS does not answer: {str(exc).partition(chr(10))[0]}") from exc
    finally:
        client.close()
    made = answer["Credentials"]
    key = AccessKey(key_id=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"])
    return key, made["Expiration"].timestamp()


def _describe(item: Any) -> ObjectInfo:
    return ObjectInfo(item["Key"], item["Size"], item.get("ETag", ""), item["LastModified"].timestamp())
