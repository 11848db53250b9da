"""What a refusal means: which part of a config is at fault, the permission that is missing, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._options import AzureOptions, FolderOptions, GcsOptions, Options, S3Options

if TYPE_CHECKING:
    from tensorbay.exception import StorageError

Kind: TypeAlias = Literal["s3", "oss", "azure", "gcs", "folder", "service"]
Aspect: TypeAlias = Literal["network", "clock", "authentication", "region", "bucket", "permission", "other"]

_CODE = re.compile(r"\(([\w.]+), HTTP (\d{3})\)")
# AWS and Google name the permission themselves; theirs is better than our guess.
_NAMED = re.compile(r"not authorized to perform: ([\w:-]+)|does not have ([a-z]+\.[\w.]+) access")


class Finding(NamedTuple):
    aspect: Aspect
    permission: str = ""
    advice: str = ""


def kind_of(options: Options) -> Kind:
    if isinstance(options, S3Options):
        is_aws = "amazonaws.com" in options.endpoint
        is_oss = "aliyuncs.com" in options.endpoint or (options.addressing == "virtual" and not is_aws)
        return "oss" if is_oss else "s3"
    return _KINDS.get(type(options), "service")


_KINDS: dict[type[Options], Kind] = {AzureOptions: "azure", GcsOptions: "gcs", FolderOptions: "folder"}


def judge(error: StorageError, operation: str, kind: Kind) -> Finding:
    """The meaning of what `operation`, the name of a step, ended with."""
    text = str(error)
    match = _CODE.search(text)
    code = match[1] if match else ""
    known = next((finding for words, finding in _WORDS[kind].items() if words in text), None)
    if known is None:
        known = _CODES[kind].get(code)
    if known is None:
        known = next((Finding(aspect) for cls, aspect in _CLASSES.items() if isinstance(error, cls)), Finding("other"))
    if known.aspect != "permission":
        return _START_SERVICE if (known.aspect, kind) == ("network", "service") else known
    named = _NAMED.search(text)
    permission = (named[1] or named[2]) if named else known.permission or _PERMISSIONS[kind].get(operation, "")
    return known._replace(permission=permission)


_CLASSES: dict[type[StorageError], Aspect] = {
    ObjectNotFoundError: "other",
    StorageUnreachableError: "network",
    StorageNotFoundError: "bucket",
    StorageAccessError: "permission",
}

_KEY_UNKNOWN = Finding("authentication", advice="Check the access key id: it is mistyped, deleted or disabled.")
_WRONG_SECRET = Finding("authentication", advice="Check the secret: it does not belong to this access key id.")
_ENDED = Finding("authentication", advice="The temporary credentials have ended: get new ones.")
_CLOCK = Finding("clock", advice="Set the clock of this machine; NTP keeps it right.")
_REGION = Finding("region", advice="Use the endpoint and region that the bucket is in.")
_NO_BUCKET = Finding("bucket", advice="Check the name of the bucket, or create it.")
_BUSY = Finding("other", advice="The store is busy: try again in a while.")
_BILLING = Finding("permission", advice="The owner of the account has to settle its state: the store serves nobody.")

_S3_CODES: dict[str, Finding] = {
    "InvalidAccessKeyId": _KEY_UNKNOWN,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "ExpiredToken": _ENDED,
    "TokenRefreshRequired": _ENDED,
    "InvalidToken": Finding("authentication", advice="The session token does not belong to this access key."),
    "RequestTimeTooSkewed": _CLOCK,
    "RequestExpired": _CLOCK,
    "PermanentRedirect": _REGION,
    "TemporaryRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "AllAccessDisabled": _BILLING,
    "AccountProblem": _BILLING,
    "SlowDown": _BUSY,
    "ServiceUnavailable": _BUSY,
}

_START_SERVICE = Finding(
    "network", advice="Start it beside the disks: gas storage serve --root DIR --listen HOST:PORT."
)

_AZURE_REFUSES = Finding(
    "authentication", advice="Check the account key or the SAS: wrong, ended, not yet valid, or the clock here is off."
)
_GOOGLE_REFUSES = Finding("authentication", advice="Check the key file of the service account.")

_CODES: dict[Kind, dict[str, Finding]] = {
    "s3": _S3_CODES,
    "oss": {
        **_S3_CODES,
        "SecurityTokenExpired": _ENDED,
        "InvalidSecurityToken": Finding("authentication", advice="The security token does not belong to this key."),
        "UserDisable": _BILLING,
        "SecondLevelDomainForbidden": Finding(
            "other", advice="OSS wants the bucket's name before the host: create the config as an OSS one."
        ),
    },
    "azure": {
        "AuthenticationFailed": _AZURE_REFUSES,
        "InvalidAuthenticationInfo": Finding("authentication", advice="Check the credentials: they are malformed."),
        "NoAuthenticationInformation": Finding("authentication", advice="The container is private: give credentials."),
        "KeyBasedAuthenticationNotPermitted": Finding(
            "authentication", advice="The account takes no account keys or account SAS: use a managed identity."
        ),
        "AuthorizationFailure": Finding(
            "permission", advice="Also the account's firewall answers so: allow this machine's network there."
        ),
        "AuthorizationSourceIPMismatch": Finding(
            "authentication", advice="The SAS is for other addresses than this machine's: make one without `sip`."
        ),
        "AuthorizationProtocolMismatch": Finding("authentication", advice="The SAS is for https only."),
        "AuthorizationServiceMismatch": Finding(
            "authentication", advice="The account SAS is for another service: it needs `ss=b` (blob)."
        ),
        "AuthorizationResourceTypeMismatch": Finding(
            "permission", advice="The account SAS needs the resource types container and object: `srt=co`."
        ),
        "AuthorizationPermissionMismatch": Finding("permission"),
        "InsufficientAccountPermissions": Finding("permission"),
        "AccountIsDisabled": _BILLING,
        "ContainerNotFound": Finding("bucket", advice="Check the name of the container, or create it."),
        "ContainerBeingDeleted": Finding("bucket", advice="The container is being deleted: use another."),
        "ResourceNotFound": Finding("bucket", advice="Check the names of the account and of the container."),
        "InvalidResourceName": Finding("bucket", advice="Check the name of the container: lower case, 3 to 63 long."),
        "ServerBusy": _BUSY,
    },
    "gcs": {
        "InvalidSecurity": _GOOGLE_REFUSES,
        "SignatureDoesNotMatch": _GOOGLE_REFUSES,
        "InvalidAuthentication": _GOOGLE_REFUSES,
        "ExpiredToken": _ENDED,
        "TokenExpired": _ENDED,
        "AuthenticationRequired": _GOOGLE_REFUSES,
        "RequestTimeTooSkewed": _CLOCK,
        "NoSuchBucket": _NO_BUCKET,
        "InvalidBucketName": _NO_BUCKET,
        "UserProjectMissing": Finding("permission", advice="The bucket is requester-pays: use one that is not."),
        "UserProjectAccountProblem": _BILLING,
        "BucketAccountProblem": _BILLING,
        "SlowDown": _BUSY,
    },
    "folder": {},
    "service": {},
}

_AWS_IDENTITY = {
    "no identity at AWS": Finding("authentication", advice="Give this machine a role, or the config an access key."),
    "identity at AWS cannot be had": Finding("authentication"),
    "STS does not give the role": Finding(
        "authentication", advice="Name who asks in the trust policy of the role, and the external id if it demands one."
    ),
}
_NO_IDENTITY = {
    "no identity that a store knows": Finding(
        "authentication", advice="Give this machine an identity at its cloud, or the config a key."
    )
}

# Where there is no code to go by, or the code stands for more than one thing.
_WORDS: dict[Kind, dict[str, Finding]] = {
    "s3": {
        "incorrectly configured region": _REGION,
        "is in another region": _REGION,
        " is in region '": _REGION,
        "clock of this machine is wrong": _CLOCK,
        **_AWS_IDENTITY,
    },
    "oss": {"must be addressed using the specified endpoint": _REGION, **_AWS_IDENTITY},
    "azure": {"failed to authenticate the request": _AZURE_REFUSES, **_NO_IDENTITY},
    "gcs": {
        **_NO_IDENTITY,
        "invalid_grant": Finding(
            "authentication", advice="Google does not know the key any more, or the clock of this machine is off."
        ),
        "invalid_client": _GOOGLE_REFUSES,
    },
    "folder": {},
    "service": {
        "not signed by the server that this service trusts": Finding(
            "authentication",
            advice="Start it with this server's key: --server-url, or --public-key with what `gas server public-key` "
            "prints. A key that was kept of another server, in the service's HOME, has to be removed.",
        ),
        "The token is for the service": Finding(
            "authentication", advice="Start it with the endpoint of this config: gas storage serve --endpoint URL."
        ),
        "not for the team": Finding(
            "authentication", advice="Start it with the id of this team too: gas storage serve --team ID."
        ),
        "has expired": Finding(
            "clock", advice="Set the clocks of this machine and of the service's; NTP keeps them right."
        ),
        "'--root' does not exist": Finding("bucket", advice="Mount the disk beside the service, or make the folder."),
    },
}

_FILE_PERMISSIONS = {
    "list": "read and enter (r-x) on the folder",
    "get": "read (r) on the files",
    "put": "write and enter (-wx) on the folder",
    "copy": "write and enter (-wx) on the folder",
    "sign": "read (r) on the files",
    "range": "read (r) on the files",
    "delete": "write and enter (-wx) on the folder",
}

_PERMISSIONS: dict[Kind, dict[str, str]] = {
    "s3": {
        "list": "s3:ListBucket",
        "get": "s3:GetObject",
        "put": "s3:PutObject",
        "copy": "s3:GetObject and s3:PutObject",
        "sign": "s3:GetObject",
        "range": "s3:GetObject",
        "delete": "s3:DeleteObject",
        "region": "s3:GetBucketLocation",
        "versioning": "s3:GetBucketVersioning",
        "cors": "s3:GetBucketCORS",
    },
    "oss": {
        "list": "oss:ListObjects",
        "get": "oss:GetObject",
        "put": "oss:PutObject",
        "copy": "oss:GetObject and oss:PutObject",
        "sign": "oss:GetObject",
        "range": "oss:GetObject",
        "delete": "oss:DeleteObject",
        "region": "oss:GetBucketLocation",
        "versioning": "oss:GetBucketVersioning",
        "cors": "oss:GetBucketCors",
    },
    "azure": {
        "list": 'role Storage Blob Data Reader, or "l" in the SAS',
        "get": 'role Storage Blob Data Reader, or "r" in the SAS',
        "put": 'role Storage Blob Data Contributor, or "cw" in the SAS',
        "copy": 'role Storage Blob Data Contributor, or "rcw" in the SAS',
        "sign": 'role Storage Blob Delegator with a managed identity, or "r" in the SAS',
        "range": 'role Storage Blob Data Reader, or "r" in the SAS',
        "delete": 'role Storage Blob Data Contributor, or "d" in the SAS',
    },
    "gcs": {
        "list": "storage.objects.list (roles/storage.objectViewer)",
        "get": "storage.objects.get (roles/storage.objectViewer)",
        "put": "storage.objects.create (roles/storage.objectUser)",
        "copy": "storage.objects.get and storage.objects.create (roles/storage.objectUser)",
        "sign": "iam.serviceAccounts.signBlob (roles/iam.serviceAccountTokenCreator)",
        "range": "storage.objects.get (roles/storage.objectViewer)",
        "delete": "storage.objects.delete (roles/storage.objectUser)",
    },
    "folder": _FILE_PERMISSIONS,
    # Of the user that runs it; tokens the server signs itself.
    "service": _FILE_PERMISSIONS,
}
