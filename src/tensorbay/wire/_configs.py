"""Storage configs on the wire: one model for each kind, told apart by `type`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field, SecretStr, ValidationError

from tensorbay.wire._bodies import Body
from tensorbay.wire._credentials import (
    AnyCredentials,
    AwsCredentials,
    AzureCredentials,
    Endpoint,
    GoogleCredentials,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_AZURE_HOSTS = {"Global": "blob.core.windows.net", "China": "blob.core.chinacloudapi.cn"}

PlaceName = Annotated[str, Field(min_length=1)]


class _Config(Body):
    model_config = ConfigDict(extra="forbid")

    PLACE: ClassVar[frozenset[str]] = frozenset({"file_path"})
    """What entries of datasets rely on."""

    name: str
    file_path: str

    def to_json(self) -> dict[str, Any]:
        """With the secrets: on the way to the server."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class S3Config(_Config):
    """Without `endpoint` it is AWS's own, of `region`."""

    PLACE = frozenset({"file_path", "bucket_name"})

    type: Literal["s3"] = "s3"
    bucket_name: PlaceName
    endpoint: Endpoint | None = None
    region: PlaceName | None = None
    credentials: Annotated[AwsCredentials, Field(discriminator="type")]

    @property
    def url(self) -> str:
        if self.endpoint is not None:
            return self.endpoint
        region = self.region or "us-east-1"
        return f"https://s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


class OssConfig(_Config):
    PLACE = frozenset({"file_path", "bucket_name"})

    type: Literal["oss"] = "oss"
    bucket_name: PlaceName
    endpoint: Endpoint
    region: PlaceName | None = None
    credentials: Annotated[AwsCredentials, Field(discriminator="type")]


class AzureConfig(_Config):
    """Without `endpoint` it is the account's in the cloud that `account_type` names."""

    PLACE = frozenset({"file_path", "account_name", "container_name"})

    type: Literal["azure"] = "azure"
    account_name: Annotated[str, Field(pattern=r"^[a-z0-9]{3,24}$")]
    container_name: PlaceName
    account_type: Literal["Global", "China"] = "Global"
    endpoint: Endpoint | None = None
    credentials: Annotated[AzureCredentials, Field(discriminator="type")]

    @property
    def url(self) -> str:
        return self.endpoint or f"https://{self.account_name}.{_AZURE_HOSTS[self.account_type]}"


class GcsConfig(_Config):
    """Without `endpoint` it is Google's own."""

    PLACE = frozenset({"file_path", "bucket_name"})

    type: Literal["gcs"] = "gcs"
    bucket_name: PlaceName
    endpoint: Endpoint | None = None
    credentials: Annotated[GoogleCredentials, Field(discriminator="type")]


class LocalConfig(_Config):
    """`endpoint` is `file:///folder` of the index's machine, or `http(s)://host:port` of a local storage service."""

    credentials: ClassVar[None] = None

    type: Literal["local"] = "local"
    endpoint: str

    @property
    def is_service(self) -> bool:
        return self.endpoint.lower().startswith(("http://", "https://"))


StorageConfigBody: TypeAlias = Annotated[
    S3Config | OssConfig | AzureConfig | GcsConfig | LocalConfig, Field(discriminator="type")
]
"""`POST v2/storage-configs`."""


class StorageConfigPatch(Body):
    """`PATCH v2/storage-configs/{name}`: members that are given replace those of the config."""

    model_config = ConfigDict(extra="forbid")

    file_path: str | None = None
    endpoint: str | None = None
    region: str | None = None
    bucket_name: str | None = None
    container_name: str | None = None
    account_name: str | None = None
    account_type: Literal["Global", "China"] | None = None
    credentials: Annotated[AnyCredentials, Field(discriminator="type")] | None = None

    def to_json(self) -> dict[str, Any]:
        given = self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"credentials"})
        return given if self.credentials is None else {**given, "credentials": self.credentials.to_json()}


def explain(error: ValidationError) -> str:
    """Where and what, never the value itself: it may be secret."""
    return "; ".join(f"{'.'.join(map(str, where))}: {words}" for where, words in _problems(error))


def explain_settings(error: ValidationError) -> str:
    """The same of a setting, with its name in the environment."""
    return "; ".join(
        f"The setting `{name}` (TENSORBAY_{str(name).upper()}): {words}" for (name, *_), words in _problems(error)
    )


def _problems(error: ValidationError) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for one in error.errors(include_input=False, include_context=False, include_url=False):
        yield one["loc"], one["msg"].removeprefix("Value error, ")  # which pydantic says before words of ours


class BucketConfigBody(Body):
    """`POST storage-configs/s3` and `.../oss`; `region` and `session_token` are not of 1.x."""

    name: str
    file_path: str
    endpoint: str
    accesskey_id: str
    accesskey_secret: SecretStr
    bucket_name: str
    region: str | None = None
    session_token: SecretStr | None = None

    def to_v2(self, type_: Literal["s3", "oss"]) -> dict[str, Any]:
        """The same as a body of v2, with the secrets."""
        token = self.session_token
        return {
            "type": type_,
            **self.model_dump(include={"name", "file_path", "endpoint", "bucket_name", "region"}),
            "credentials": {
                "type": "accessKey",
                "keyId": self.accesskey_id,
                "secret": self.accesskey_secret.get_secret_value(),
                "token": token and token.get_secret_value(),
            },
        }


class AzureConfigBody(Body):
    """`POST storage-configs/azure`: the access key is the account; `endpoint` is not of 1.x."""

    name: str
    file_path: str
    accesskey_id: str
    accesskey_secret: SecretStr
    container_name: str
    account_type: Literal["China", "Global"]
    endpoint: str | None = None

    def to_v2(self) -> dict[str, Any]:
        """The same as a body of v2, with the secrets."""
        return {
            "type": "azure",
            **self.model_dump(include={"name", "file_path", "container_name", "account_type", "endpoint"}),
            "accountName": self.accesskey_id,
            "credentials": {"type": "accountKey", "key": self.accesskey_secret.get_secret_value()},
        }


class LocalConfigBody(Body):
    """`POST storage-configs/local`."""

    name: str
    file_path: str
    endpoint: str

    def to_v2(self) -> dict[str, Any]:
        return {"type": "local", **self.model_dump()}
