"""Storage configs in their forms, and what leads from one to the other: body of a request, row, options of a store.

All of it is pure. A row keeps the credentials twice: what may be shown in `options`, all of it in `secrets`, encrypted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from pydantic import TypeAdapter, ValidationError

from tensorbay import storage, wire
from tensorbay.exception import InvalidParamsError

if TYPE_CHECKING:
    from tensorbay.server.configs import StorageConfig

__all__ = ["Body", "folder_of", "from_row", "parse", "path_of", "secrets_of", "shown", "shown_options", "to_options"]

Body = wire.S3Config | wire.OssConfig | wire.AzureConfig | wire.GcsConfig | wire.LocalConfig

_BODY: TypeAdapter[Body] = TypeAdapter(wire.StorageConfigBody)
_COLUMNS = {"type", "name", "file_path", "credentials"}

# --- bodies ---------------------------------------------------------------------------------------------------


def parse(document: dict[str, Any] | str) -> Body:
    """From JSON, or what it decodes to."""
    try:
        return _BODY.validate_json(document) if isinstance(document, str) else _BODY.validate_python(document)
    except ValidationError as error:
        words = wire.explain(error)
    # Neither the cause nor this frame has the values any more, which may be secret.
    del document
    raise InvalidParamsError(words)


def path_of(body: Body) -> str:
    """The folder in its storage, in its one spelling."""
    path = body.file_path.strip("/")
    parts = path.split("/") if path else []
    if any(part in {"", ".", ".."} for part in parts) or not path.isprintable():
        raise InvalidParamsError(
            f"Invalid filePath {path!r}: it has to be a folder of the storage, such as `data/images`."
        )
    return path


# --- rows -----------------------------------------------------------------------------------------------------


def shown_options(body: Body) -> dict[str, Any]:
    """Everything that makes the store and is not secret, under the names of the body."""
    options = body.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_COLUMNS)
    return options if body.credentials is None else {**options, "credentials": body.credentials.public()}


def secrets_of(body: Body) -> dict[str, Any] | None:
    """What is to be encrypted."""
    return None if body.credentials is None else body.credentials.to_json()


def shown(config: StorageConfig) -> dict[str, Any]:
    """The body without what is secret."""
    return {"type": config.kind, "name": config.name, "filePath": config.file_path, **config.options}


def from_row(config: StorageConfig, secrets: dict[str, Any] | None) -> Body:
    document = shown(config)
    if secrets is not None:
        # Rows of the first version kept nothing but this.
        legacy = secrets.get("access_key_secret")
        document["credentials"] = secrets if legacy is None else {**config.options["credentials"], "secret": legacy}
    return parse(document)


# --- options --------------------------------------------------------------------------------------------------


def to_options(body: Body, *, shows_sas: bool = False) -> storage.Options:
    """With `shows_sas` whoever reads is the SAS's owner."""
    match body:
        case wire.S3Config():
            return storage.S3Options(
                endpoint=body.url, bucket=body.bucket_name, region=body.region, credentials=_aws(body.credentials)
            )
        case wire.OssConfig():
            return storage.S3Options(
                endpoint=body.endpoint,
                bucket=body.bucket_name,
                region=body.region,
                credentials=_aws(body.credentials),
                addressing="virtual",
            )
        case wire.AzureConfig():
            return storage.AzureOptions(
                endpoint=body.url,
                account=body.account_name,
                container=body.container_name,
                credentials=_azure(body.credentials, shows_sas=shows_sas),
            )
        case wire.GcsConfig():
            return storage.GcsOptions(
                bucket=body.bucket_name, endpoint=body.endpoint, credentials=_google(body.credentials)
            )
    return storage.FolderOptions(root=folder_of(body.endpoint))


def _aws(given: wire.AwsCredentials) -> storage.AwsCredentials:
    match given:
        case wire.AccessKey():
            return storage.AccessKey(key_id=given.key_id, secret=given.secret, token=given.token)
        case wire.AwsIdentity():
            return storage.AwsIdentity(profile=given.profile)
    source = _aws(given.source)
    assert not isinstance(source, storage.AssumeRole)  # noqa: S101  (its type says so)
    return storage.AssumeRole(
        role_arn=given.role_arn, source=source, external_id=given.external_id, sts_endpoint=given.sts_endpoint
    )


def _azure(given: wire.AzureCredentials, *, shows_sas: bool) -> storage.AzureCredentials:
    match given:
        case wire.AccountKey():
            return storage.AccountKey(key=given.key)
        case wire.SasToken():
            return storage.SasToken(token=given.token.removeprefix("?"), is_shown=shows_sas)
    return storage.ManagedIdentity(client_id=given.client_id)


def _google(given: wire.GoogleCredentials) -> storage.GoogleCredentials:
    return (
        storage.ServiceAccount(json=given.key) if isinstance(given, wire.ServiceAccount) else storage.GoogleIdentity()
    )


def folder_of(endpoint: str) -> Path:
    parts = urlsplit(endpoint)
    if parts.scheme != "file":
        raise InvalidParamsError(
            f"Invalid endpoint {endpoint!r}: a folder is given as `file:///folder`, "
            "a local storage service as `http://host:port`."
        )
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment or "\0" in unquote(parts.path):
        raise InvalidParamsError(
            f"Invalid endpoint {endpoint!r}: a folder is given as `file:///folder`, "
            "with `?` and `#` percent-encoded (`pathlib.Path(...).as_uri()` does that)."
        )
    folder = Path(url2pathname(parts.path))
    if not folder.is_absolute():
        raise InvalidParamsError(f"Invalid endpoint {endpoint!r}: the folder has to be absolute.")
    return folder
