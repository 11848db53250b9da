"""What AWS's client says, in words that tell what to do. Takes its answers apart; needs nothing of it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._endpoint import GATEWAY, REFUSED_BY_PROXY, refused_by_proxy

if TYPE_CHECKING:
    from tensorbay.storage._endpoint import Endpoint

_OTHER_REGION = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)


class Request(NamedTuple):
    """What was asked: of whom, as whom, and to do what, which needs `permission`."""

    endpoint: Endpoint
    bucket: str
    key_id: str
    doing: str = "list"
    permission: str = "s3:ListBucket"
    key: str | None = None


def refusal(response: Any, request: Request) -> StorageError:
    url, region, bucket, key_id = request.endpoint.url, request.endpoint.region, request.bucket, request.key_id
    code, status, words = _read(response)
    if status == REFUSED_BY_PROXY:
        return refused_by_proxy(url)
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    there = response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")
    if "html" in headers.get("content-type", ""):
        return StorageError(f"{url} answers with a web page, not as an S3 service. Is the endpoint right?")
    if code in _OTHER_REGION or status == 301:
        elsewhere = f"in region {there!r}" if there else "in another region"
        return StorageError(f"Bucket {bucket!r} is {elsewhere}, not in {region!r}: change the endpoint or region.")
    if code == "NoSuchBucket":
        return StorageNotFoundError(f"There is no bucket {bucket!r} at {url}.")
    if request.key is not None and status == 404:
        return ObjectNotFoundError(f"There is no object {request.key!r} in bucket {bucket!r}.")
    if request.key is not None and status == 412:
        return ObjectChangedError(f"{request.key!r} is no longer the object that it was: its etag differs.")
    if code == "InvalidAccessKeyId":
        return StorageAccessError(f"The access key id {key_id!r} is unknown at {url}: {words}")
    if code == "SignatureDoesNotMatch":
        return StorageAccessError(f"The secret does not belong to the access key id {key_id!r}: {words}")
    if code == "RequestTimeTooSkewed":
        return StorageAccessError(f"The clock of this machine is wrong, says {url}: {words}")
    if status in (401, 403):
        return StorageAccessError(
            f"The access key may not {request.doing} bucket {bucket!r}; it needs the permission "
            f"{request.permission}: {words}"
        )
    if status in GATEWAY:
        return StorageUnreachableError(f"{url} does not answer: {words}")
    return StorageError(f"{url} refused to {request.doing} bucket {bucket!r}: {words}")


def role_refusal(response: Any, role_arn: str) -> StorageError:
    _, status, words = _read(response)
    if status == REFUSED_BY_PROXY:
        return refused_by_proxy("the STS endpoint")
    if status not in (400, 401, 403):
        return StorageUnreachableError(f"STS does not answer as it should: {words}")
    return StorageAccessError(
        f"STS does not give the role {role_arn!r} to who asks: its trust policy has to name him as principal, and "
        f"the external id, if it demands one: {words}"
    )


def _read(response: Any) -> tuple[str, int, str]:
    """Code, HTTP status, and words that have both."""
    error, status = response.get("Error", {}), int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(error.get("Code", ""))
    return code, status, f"{error.get('Message') or 'no reason given'} ({code}, HTTP {status})"


def why_unreachable(exc: Any, url: str) -> str:
    cause = exc.kwargs.get("error") or exc
    system = getattr(cause, "os_error", None)
    if isinstance(system, socket.gaierror):
        return f"The name of {url} is unknown: {system.strerror}. Is the endpoint spelt right?"
    if isinstance(system, ConnectionRefusedError) or "Connection refused" in str(cause):
        return f"Nothing listens at {url}: the connection was refused."
    if "WRONG_VERSION_NUMBER" in str(cause):
        return f"{url} does not speak TLS; is it an http:// endpoint?"
    return f"{url} does not answer: {str(cause) or type(cause).__name__}"
