"""Credentials to lend: for one folder of a bucket, for a while, and never those that the bucket was opened with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tensorbay.exception import StorageError
from tensorbay.storage._options import AssumeRole, S3Options

if TYPE_CHECKING:
    from tensorbay.storage._options import AccessKey, Options

__all__ = ["Vended", "session_policy", "vend"]

# What STS takes. Credentials of a role that was taken on by those of another end after an hour.
_SHORTEST, _LONGEST = 900, 3600

_READ = ["s3:GetObject", "s3:GetObjectVersion"]
_WRITE = ["s3:PutObject", "s3:AbortMultipartUpload"]


@dataclass(frozen=True, kw_only=True)
class Vended:
    """`key` opens what lies below `prefix` until `expire_at` (Unix seconds)."""

    key: AccessKey
    prefix: str
    expire_at: float


async def vend(
    options: Options,
    *,
    prefix: str,
    write: bool = False,
    seconds: int = 3600,
    sts_endpoint: str | None = None,
    proxy: str | None = None,
) -> Vended:
    """Credentials for what lies below `prefix`, made by the store's own service. StorageError: it lends none.

    S3 lends by STS: those of a role that is taken on, or of a user (GetFederationToken), which AWS alone has.
    `sts_endpoint` is for a service of the same kind elsewhere.
    """
    if not isinstance(options, S3Options):
        raise StorageError("Only S3 lends credentials that are limited to a folder.")
    sts_endpoint = (options.credentials.sts_endpoint if isinstance(options.credentials, AssumeRole) else None) or (
        sts_endpoint
    )
    if sts_endpoint is None and not re.search(r"\.amazonaws\.com(\.cn)?$", options.endpoint.rstrip("/")):
        raise StorageError(f"{options.endpoint} is not AWS, and no service that lends its credentials is known.")
    from tensorbay.storage._aws_keys import mint

    partition = "aws-cn" if options.endpoint.rstrip("/").endswith(".cn") else "aws"
    policy = json.dumps(session_policy(options.bucket, prefix, write=write, partition=partition))
    duration = min(max(seconds, _SHORTEST), _LONGEST)
    lease = await mint(options, policy, seconds=duration, sts_endpoint=sts_endpoint, proxy=proxy)
    if lease.end is None:
        raise StorageError("AWS lent a key that never ends, which is not passed on.")
    return Vended(key=lease.value, prefix=prefix, expire_at=lease.end)


def session_policy(bucket: str, prefix: str, *, write: bool = False, partition: str = "aws") -> dict[str, Any]:
    """What the lender may do is cut down to this: list and read, or also write, below one folder."""
    place, folder = f"arn:{partition}:s3:::{bucket}", _literal(prefix.strip("/"))
    objects = [f"{place}/{folder}", f"{place}/{folder}/*"] if folder else [f"{place}/*"]
    listing: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [place]}
    if folder:
        # Not the bare name: it is also the beginning of the names of other folders.
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{folder}/*"]}}
    reading = {"Effect": "Allow", "Action": _READ + (_WRITE if write else []), "Resource": objects}
    return {"Version": "2012-10-17", "Statement": [listing, reading]}


def _literal(text: str) -> str:
    """`*`, `?` and `$` of a name stand for themselves."""
    return re.sub(r"[*?$]", lambda match: f"${{{match[0]}}}", text)
