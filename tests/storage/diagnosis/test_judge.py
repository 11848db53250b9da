"""What stores say, and what it means: permissions and policies, without any store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage import (
    AccessKey,
    AccountKey,
    AzureOptions,
    FolderOptions,
    GcsOptions,
    GoogleIdentity,
    ManagedIdentity,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
)
from tensorbay.storage.diagnosis import Kind, judge, kind_of, policy_for

KEY = AccessKey(key_id="id", secret="planted-secret")


def s3(endpoint: str = "https://s3.eu-west-1.amazonaws.com", **more: object) -> S3Options:
    return S3Options(endpoint=endpoint, bucket="pictures", credentials=KEY, **more)  # type: ignore[arg-type]


def azure(credentials: AccountKey | SasToken | ManagedIdentity) -> AzureOptions:
    return AzureOptions(
        endpoint="https://acme.blob.core.windows.net", account="acme", container="pictures", credentials=credentials
    )


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (s3(), "s3"),
        (s3("http://127.0.0.1:8333"), "s3"),
        (s3(addressing="virtual"), "s3"),
        (s3("http://127.0.0.1:8333", addressing="virtual"), "oss"),
        (s3("https://oss-cn-hangzhou.aliyuncs.com"), "oss"),
        (azure(AccountKey(key="k")), "azure"),
        (GcsOptions(bucket="b", credentials=GoogleIdentity()), "gcs"),
        (FolderOptions(root="/data"), "folder"),
    ],
)
def test_kinds(options: Options, kind: Kind) -> None:
    assert kind_of(options) == kind


@pytest.mark.parametrize(
    ("kind", "operation", "error", "aspect", "permission", "advice"),
    [
        (
            "s3",
            "list",
            StorageAccessError("Access Denied. (AccessDenied, HTTP 403)"),
            "permission",
            "s3:ListBucket",
            "",
        ),
        ("s3", "put", StorageAccessError("No. (AccessDenied, HTTP 403)"), "permission", "s3:PutObject", ""),
        ("s3", "delete", StorageAccessError("no reason"), "permission", "s3:DeleteObject", ""),
        (
            "s3",
            "put",
            StorageAccessError(
                "User: arn:aws:iam::1:user/maria is not authorized to perform: kms:GenerateDataKey on resource: "
                "arn:aws:kms:eu-west-1:1:key/2 (AccessDenied, HTTP 403)"
            ),
            "permission",
            "kms:GenerateDataKey",
            "",
        ),
        ("s3", "list", StorageAccessError("? (InvalidAccessKeyId, HTTP 403)"), "authentication", "", "key id"),
        ("s3", "list", StorageAccessError("? (SignatureDoesNotMatch, HTTP 403)"), "authentication", "", "secret"),
        ("s3", "list", StorageError("? (ExpiredToken, HTTP 400)"), "authentication", "", "ended"),
        ("s3", "list", StorageAccessError("? (RequestTimeTooSkewed, HTTP 403)"), "clock", "", "clock"),
        ("s3", "list", StorageError("? (AuthorizationHeaderMalformed, HTTP 400)"), "region", "", "region"),
        ("s3", "list", StorageError("Bucket 'b' is in region 'x', not in 'y': change it."), "region", "", "region"),
        ("s3", "list", StorageError("? (SlowDown, HTTP 503)"), "other", "", "again"),
        ("s3", "list", StorageNotFoundError("There is no bucket."), "bucket", "", ""),
        ("s3", "get", ObjectNotFoundError("There is no object."), "other", "", ""),
        ("s3", "get", StorageUnreachableError("No answer."), "network", "", ""),
        ("oss", "get", StorageAccessError("? (AccessDenied, HTTP 403)"), "permission", "oss:GetObject", ""),
        ("oss", "list", StorageAccessError("? (SecondLevelDomainForbidden, HTTP 403)"), "other", "", "OSS"),
        (
            "oss",
            "list",
            StorageAccessError("The bucket must be addressed using the specified endpoint. (AccessDenied, HTTP 403)"),
            "region",
            "",
            "endpoint",
        ),
        ("azure", "put", StorageAccessError("? (AuthorizationPermissionMismatch, HTTP 403)"), "permission", '"cw"', ""),
        ("azure", "list", StorageAccessError("? (AuthorizationFailure, HTTP 403)"), "permission", '"l"', "firewall"),
        ("azure", "list", StorageAccessError("? (AuthenticationFailed, HTTP 403)"), "authentication", "", "SAS"),
        (
            "azure",
            "list",
            StorageError("? (KeyBasedAuthenticationNotPermitted, HTTP 403)"),
            "authentication",
            "",
            "key",
        ),
        ("azure", "list", StorageError("? (ContainerNotFound, HTTP 404)"), "bucket", "", "container"),
        (
            "gcs",
            "list",
            StorageAccessError(
                "a@b.c does not have storage.objects.list access to the bucket. (AccessDenied, HTTP 403)"
            ),
            "permission",
            "storage.objects.list",
            "",
        ),
        ("gcs", "put", StorageAccessError("? (AccessDenied, HTTP 403)"), "permission", "roles/storage.objectUser", ""),
        ("gcs", "list", StorageError('{"error":"invalid_grant"}'), "authentication", "", "clock"),
        ("gcs", "list", StorageError("? (UserProjectMissing, HTTP 400)"), "permission", "storage.", "requester-pays"),
        ("folder", "put", StorageAccessError("'a': Permission denied."), "permission", "write", ""),
        ("service", "tcp", StorageUnreachableError("Nobody."), "network", "", "gas storage serve --root DIR"),
        ("folder", "put", StorageError("'a': No space left on device."), "other", "", ""),
    ],
)
def test_what_a_refusal_means(
    kind: Kind, operation: str, error: StorageError, aspect: str, permission: str, advice: str
) -> None:
    finding = judge(error, operation, kind)
    assert finding.aspect == aspect
    assert permission in finding.permission
    assert bool(finding.permission) == (aspect == "permission")
    assert advice in finding.advice


def test_aws_policies_open_the_path_and_no_more() -> None:
    listing, objects = json.loads(policy_for(s3(), "data/images"))["Statement"]
    assert listing["Resource"] == "arn:aws:s3:::pictures"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["data/images", "data/images/*"]}}
    assert objects["Resource"] == "arn:aws:s3:::pictures/data/images/*"
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} < {*objects["Action"]}

    listing, objects = json.loads(policy_for(s3(), ""))["Statement"]
    assert "Condition" not in listing
    assert objects["Resource"] == "arn:aws:s3:::pictures/*"


@pytest.mark.parametrize(
    ("endpoint", "partition"),
    [
        ("https://s3.cn-north-1.amazonaws.com.cn", "aws-cn"),
        ("https://s3.us-gov-west-1.amazonaws.com", "aws-us-gov"),
        ("http://127.0.0.1:8333", "aws"),
    ],
)
def test_aws_partitions(endpoint: str, partition: str) -> None:
    assert f'"arn:{partition}:s3:::pictures"' in policy_for(s3(endpoint), "")


def test_wildcards_in_a_path_stand_for_themselves() -> None:
    _, objects = json.loads(policy_for(s3(), "a*b?c$d"))["Statement"]
    assert objects["Resource"] == "arn:aws:s3:::pictures/a${*}b${?}c${$}d/*"


def test_policies_of_other_stores() -> None:
    ram = json.loads(policy_for(s3("https://oss-cn-hangzhou.aliyuncs.com"), "data"))
    assert ram["Version"] == "1"
    assert ram["Statement"][1]["Resource"] == "acs:oss:*:*:pictures/data/*"

    assert "--permissions rlcwd" in policy_for(azure(SasToken(token="sv=1&sig=planted")), "data")
    roles = policy_for(azure(ManagedIdentity()), "data")
    assert '"Storage Blob Data Contributor"' in roles
    assert "/storageAccounts/acme/blobServices/default/containers/pictures" in roles

    account = ServiceAccount(json=json.dumps({"client_email": "maria@acme.test", "private_key": "planted-secret"}))
    command = policy_for(GcsOptions(bucket="pictures", credentials=account), "it's")
    assert "--member=serviceAccount:maria@acme.test --role=roles/storage.objectUser" in command
    assert "projects/_/buckets/pictures/objects/it" in command
    assert "condition" not in policy_for(GcsOptions(bucket="b", credentials=GoogleIdentity()), "")

    assert "chmod -R u+rwX '/data/my pictures'" in policy_for(FolderOptions(root=Path("/data/my pictures")), "x")


@pytest.mark.parametrize("options", [s3(), azure(AccountKey(key="planted-secret")), azure(SasToken(token="planted"))])
def test_policies_hold_no_secret(options: Options) -> None:
    assert "planted" not in policy_for(options, "data")
