"""What opens a store: where it is, and who asks. Values only; secrets are not shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from tensorbay.storage._protocol import Signer

# --- who asks: S3 and OSS -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """A key of S3 or OSS; `token` is the session token of temporary ones."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class AwsIdentity:
    """What this machine is to AWS: environment, `profile`, web identity, container or instance role."""

    profile: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssumeRole:
    """A role of the bucket's owner, taken on by `source`; STS gives keys that end after `duration` seconds."""

    role_arn: str
    source: AccessKey | AwsIdentity = field(default_factory=AwsIdentity)
    external_id: str | None = field(default=None, repr=False)
    sts_endpoint: str | None = None
    duration: int = 3600


AwsCredentials: TypeAlias = "AccessKey | AwsIdentity | AssumeRole"

# --- who asks: Azure ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AccountKey:
    key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SasToken:
    """A shared access signature of the container or account: what follows "?" in its URL.

    It cannot sign. Where it `is_shown` it is itself in the URLs of objects, which then are as good as it.
    """

    token: str = field(repr=False)
    is_shown: bool = False


@dataclass(frozen=True, kw_only=True)
class ManagedIdentity:
    """The identity that Azure gives this machine; `client_id` chooses one where it has several."""

    client_id: str | None = None


AzureCredentials: TypeAlias = "AccountKey | SasToken | ManagedIdentity"

# --- who asks: Google -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """A service account's key file, as text."""

    json: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class GoogleIdentity:
    """What this machine is to Google: application default credentials."""


GoogleCredentials: TypeAlias = "ServiceAccount | GoogleIdentity"

# --- where it is ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class S3Options:
    """A bucket behind an S3 endpoint.

    `endpoint` is "http://127.0.0.1:8333", "https://s3.us-west-1.amazonaws.com" or the same without scheme, which
    means https. `region` defaults to the one in the endpoint's name, else to us-east-1. With `addressing` "virtual"
    the bucket's name goes before the host instead of before the key: OSS takes nothing else.
    """

    endpoint: str
    bucket: str
    credentials: AwsCredentials
    region: str | None = None
    addressing: Literal["path", "virtual"] = "path"


@dataclass(frozen=True, kw_only=True)
class AzureOptions:
    """A container of Azure Blob Storage; `endpoint` is the account's: "https://account.blob.core.windows.net"."""

    endpoint: str
    account: str
    container: str
    credentials: AzureCredentials


@dataclass(frozen=True, kw_only=True)
class GcsOptions:
    """A bucket of Google Cloud Storage; without `endpoint` it is Google's own."""

    bucket: str
    credentials: GoogleCredentials
    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """A folder of this machine; `root` is absolute."""

    root: str | Path


@dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """A local storage service; `token` signs what each request may do.

    `ca_bundle` is a PEM file of an authority to trust.
    """

    endpoint: str
    token: Signer = field(repr=False)
    ca_bundle: Path | None = None


Options: TypeAlias = "S3Options | AzureOptions | GcsOptions | FolderOptions | ServiceOptions"
