"""Who asks a store: values that users make. Secrets are left out of their representation."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from tensorbay.wire._bodies import Body


def _bare(endpoint: str) -> str:
    """What is stored and shown as an endpoint must not carry a password or a signature."""
    if not endpoint or not endpoint.isprintable() or any(mark in endpoint for mark in "@?#"):
        raise ValueError("it has to be a plain URL, such as https://host:port; credentials are given apart from it")
    return endpoint


def _printable(text: str) -> str:
    """What is no header would be quoted by whatever library sends it."""
    if not text.isprintable():
        raise ValueError("it has a line break or another control character in it: copy it without")
    return text


Endpoint = Annotated[str, AfterValidator(_bare)]
Printable = Annotated[str, Field(min_length=1), AfterValidator(_printable)]


class Credentials(Body):
    """What all kinds share. An unknown member is a mistake: it could have been meant as a restriction."""

    model_config = ConfigDict(extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """With the secrets: on the way to the server, or to be encrypted."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def public(self) -> dict[str, Any]:
        """What may be shown to whoever may see the config."""
        hidden = {name for name, field in type(self).model_fields.items() if not field.repr}
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=hidden)


# --- S3 and OSS -----------------------------------------------------------------------------------------------


class AccessKey(Credentials):
    """An access key of S3 or OSS; `token` is the session token that belongs to a temporary one."""

    type: Literal["accessKey"] = "accessKey"
    key_id: Printable
    secret: Printable = Field(repr=False)
    token: Printable | None = Field(default=None, repr=False)


class AwsIdentity(Credentials):
    """What the machine of the index is to AWS: its environment, `profile`, web identity, container or instance role.

    A server's operator has to allow it (`gas serve --allow-server-identity`).
    """

    type: Literal["awsIdentity"] = "awsIdentity"
    profile: str | None = Field(default=None, min_length=1)


class AssumeRole(Credentials):
    """A role of the bucket's owner, taken on by `source` through STS: the server holds no key of the bucket.

    With `AwsIdentity`, the default source, a server sets an `external_id` of its own for each team, which the role's
    trust policy has to require.
    """

    type: Literal["assumeRole"] = "assumeRole"
    role_arn: str = Field(pattern=r"^arn:[^\s]+:role/\S+$")
    source: Annotated[AccessKey | AwsIdentity, Field(discriminator="type")] = AwsIdentity()
    external_id: str | None = Field(default=None, min_length=2, max_length=1224)
    sts_endpoint: Endpoint | None = None

    def public(self) -> dict[str, Any]:
        return {**super().public(), "source": self.source.public()}


AwsCredentials: TypeAlias = AccessKey | AwsIdentity | AssumeRole

# --- Azure ----------------------------------------------------------------------------------------------------


class AccountKey(Credentials):
    """One of the two keys of a storage account: it may do everything in the account."""

    type: Literal["accountKey"] = "accountKey"
    key: str = Field(min_length=1, repr=False)


class SasToken(Credentials):
    """A shared access signature of the container or the account: what follows "?" in its URL."""

    type: Literal["sasToken"] = "sasToken"
    token: str = Field(min_length=1, repr=False)


class ManagedIdentity(Credentials):
    """The identity that Azure gives the machine of the index; `client_id` chooses one where it has several.

    A server's operator has to allow it (`gas serve --allow-server-identity`).
    """

    type: Literal["managedIdentity"] = "managedIdentity"
    client_id: str | None = Field(default=None, min_length=1)


AzureCredentials: TypeAlias = AccountKey | SasToken | ManagedIdentity

# --- Google ---------------------------------------------------------------------------------------------------


class ServiceAccount(Credentials):
    """A service account's key: the JSON of its key file, as text or as what `json.load` makes of it."""

    type: Literal["serviceAccount"] = "serviceAccount"
    key: str = Field(repr=False)

    @field_validator("key", mode="before")
    @classmethod
    def _as_text(cls, key: object) -> object:
        return json.dumps(key) if isinstance(key, dict) else key

    @field_validator("key")
    @classmethod
    def _check(cls, key: str) -> str:
        try:
            content = json.loads(key)
        except ValueError:
            content = None
        if not isinstance(content, dict) or not {"client_email", "private_key"} <= content.keys():
            raise ValueError("it is not the JSON of a service account's key file; give the file's text, not its path")
        return key

    def public(self) -> dict[str, Any]:
        return {**super().public(), "clientEmail": str(json.loads(self.key)["client_email"])}


class GoogleIdentity(Credentials):
    """What the machine of the index is to Google: application default credentials.

    A server's operator has to allow it (`gas serve --allow-server-identity`).
    """

    type: Literal["googleIdentity"] = "googleIdentity"


GoogleCredentials: TypeAlias = ServiceAccount | GoogleIdentity

AnyCredentials: TypeAlias = AwsCredentials | AzureCredentials | GoogleCredentials
