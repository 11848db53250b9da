"""Credentials to lend: for one folder of a bucket, for a while, and never those that the bucket was opened with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tensorbay.exception import StorageError
from tensorbay.storage._endpoint import parse_endpoint
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
    options: Options, *, prefix: str, write: bool = False, seconds: int = 3600, proxy: str | None = None
) -> Vended:
    """Credentials for what lies below `prefix`, made by the store's own service. StorageError: it lends none.

    S3 lends by STS those of a role. A key of a user's own may be good for much more than the bucket; a role was made
    for it.
    """
    if not isinstance(options, S3Options) or not isinstance(role := options.credentials, AssumeRole):
        raise StorageError("Only the credentials of a role that this server takes on can be limited and lent.")
    endpoint = parse_endpoint(options)
    if role.sts_endpoint is None and not endpoint.is_aws:
        raise StorageError(f"{endpoint.url} is not AWS, and no service that lends its credentials is known.")
    from tensorbay.storage._aws_keys import mint

    partition = role.role_arn.split(":")[1]
    policy = json.dumps(
        session_policy(options.bucket, prefix, write=write, partition=partition, kms=role.sts_endpoint is None)
    )
    duration = min(max(seconds, _SHORTEST), _LONGEST)
    lease = await mint(role, policy, region=endpoint.region, seconds=duration, proxy=proxy)
    assert lease.end is not None  # noqa: S101  (what STS gives ends)
    return Vended(key=lease.value, prefix=prefix, expire_at=lease.end)


def session_policy(
    bucket: str, prefix: str, *, write: bool = False, partition: str = "aws", kms: bool = False
) -> dict[str, Any]:
    """What the lender may do is cut down to this: list and read, or also write, below one folder.

    `kms`: S3 may go on to use the keys of KMS that the lender may use, for objects that are encrypted with them.
    """
    place, folder = f"arn:{partition}:s3:::{bucket}", literal(prefix.strip("/"))
    objects = [f"{place}/{folder}", f"{place}/{folder}/*"] if folder else [f"{place}/*"]
    listing: dict[str, Any] = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [place]}
    if folder:
        # Not the bare name: it is also the beginning of the names of other folders.
        listing["Condition"] = {"StringLike": {"s3:prefix": [f"{folder}/*"]}}
    reading = {"Effect": "Allow", "Action": _READ + (_WRITE if write else []), "Resource": objects}
    keys = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", *(["kms:GenerateDataKey"] if write else [])],
        "Resource": ["*"],
        "Condition": {"StringLike": {"kms:ViaService": ["s3.*"]}},
    }
    return {"Version": "2012-10-17", "Statement": [listing, reading, *([keys] if kms else [])]}


def literal(text: str) -> str:
    """In a policy of AWS, where `*`, `?` and `$` would stand for something else."""
    return re.sub(r"[*?$]", lambda match: f"${{{match[0]}}}", text)
