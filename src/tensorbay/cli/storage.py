"""`gas storage`. Secrets come from the environment, a file or a prompt: an option would be seen in `ps`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

import click

from tensorbay.cli.storage_check import check
from tensorbay.cli.storage_serve import serve
from tensorbay.cli.utility import ContextInfo, Group, with_options

if TYPE_CHECKING:
    from tensorbay.client.struct import StorageConfig

__all__ = ["storage"]


@click.group(cls=Group)
def storage() -> None:
    """Storage configs: which buckets, containers and folders hold the files."""


@storage.group()
def create() -> None:
    """Register a storage, once it has answered.

    What is not given of its credentials is asked for.
    """


# --- credentials ----------------------------------------------------------------------------------------------

_IDENTITY = click.option("--identity", is_flag=True, help="What the machine of the index is to the cloud.")
_AWS = (
    click.option("--key-id", help="Access key id (AWS_ACCESS_KEY_ID); its secret is asked for."),
    _IDENTITY,
    click.option("--profile", help="With --identity: the profile of the machine's AWS configuration."),
    click.option("--role", help="ARN of a role to take on; by --key-id, else by the machine's identity."),
    click.option("--external-id", help="With --role: what its trust policy requires."),
)
_AZURE = (
    click.option("--account-key", is_flag=True, help="One of the account's keys; it is asked for."),
    click.option("--sas", is_flag=True, help="A shared access signature; it is asked for."),
    _IDENTITY,
    click.option("--client-id", help="With --identity: which one, where the machine has several."),
)
_GOOGLE = (
    click.option("--key-file", type=click.File(), help="Key file of a service account; - is the standard input."),
    _IDENTITY,
)


def _aws(*, key_id: str | None, identity: bool, profile: str | None, role: str | None, external_id: str | None) -> Any:
    from tensorbay import credentials as kinds

    if role is None and external_id is not None:
        raise click.UsageError("--external-id goes with --role")
    if identity or profile or (role is not None and key_id is None):
        source = _make(kinds.AwsIdentity, profile=profile)
    else:
        secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
        source = _make(
            kinds.AccessKey,
            key_id=key_id or _ask("Access key id", "AWS_ACCESS_KEY_ID", hide=False),
            secret=secret or _ask("Secret access key"),
            token=(os.environ.get("AWS_SESSION_TOKEN") or None) if secret else None,
        )
    return source if role is None else _make(kinds.AssumeRole, role_arn=role, source=source, external_id=external_id)


def _azure(*, account_key: bool, sas: bool, identity: bool, client_id: str | None) -> Any:
    from tensorbay import credentials as kinds

    if identity or client_id:
        return _make(kinds.ManagedIdentity, client_id=client_id)
    if sas and not account_key:
        return _make(kinds.SasToken, token=_ask("SAS token", "AZURE_STORAGE_SAS_TOKEN"))
    return _make(kinds.AccountKey, key=_ask("Account key", "AZURE_STORAGE_KEY"))


def _google(*, key_file: IO[str] | None, identity: bool) -> Any:
    from tensorbay import credentials as kinds

    if identity:
        return kinds.GoogleIdentity()
    if key_file is None:
        raise click.UsageError("--key-file or --identity is needed")
    return _make(kinds.ServiceAccount, key=key_file.read())


_READERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "s3": (_aws, ("key_id", "identity", "profile", "role", "external_id")),
    "oss": (_aws, ("key_id", "identity", "profile", "role", "external_id")),
    "azure": (_azure, ("account_key", "sas", "identity", "client_id")),
    "gcs": (_google, ("key_file", "identity")),
    "local": (lambda: None, ()),
}
_ALL = {name for _, names in _READERS.values() for name in names}
# Options that each say who asks, by what they amount to: of two, one would be ignored.
_WAY = {
    **{name: f"--{name.replace('_', '-')}" for name in ("key_id", "account_key", "sas", "key_file", "identity")},
    "profile": "--identity",
    "client_id": "--identity",
}


def _credentials(kind: str, options: dict[str, Any], *, is_needed: bool = True) -> Any:
    """What of `options` are credentials, taken out; those of another kind are a mistake."""
    read, names = _READERS[kind]
    given = {name: options.pop(name) for name in _ALL & options.keys()}
    if wrong := [name for name, value in given.items() if value and name not in names]:
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} does not go with a storage config of type {kind}")
    ways = {_WAY[name] for name, value in given.items() if value and name in _WAY}
    if len(ways) > 1:
        raise click.UsageError(f"Give one of {' and '.join(sorted(ways))}")
    return read(**{name: given[name] for name in names}) if is_needed or any(given.values()) else None


def _ask(title: str, variable: str = "", *, hide: bool = True) -> str:
    return os.environ.get(variable) or str(click.prompt(title, hide_input=hide, err=True))


def _make(kind: Callable[..., Any], **members: Any) -> Any:
    from pydantic import ValidationError

    from tensorbay.wire import explain

    try:
        return kind(**members)
    except ValidationError as error:
        raise click.UsageError(explain(error)) from None


# --- create ---------------------------------------------------------------------------------------------------

_NAME = click.argument("name")
_PATH = click.option(
    "--path", "file_path", default="", help="Folder in the storage: files below it are indexed in place."
)
_BUCKET = click.option("--bucket", "bucket_name", required=True, help="Name of the bucket.")


@create.command()
@_NAME
@_PATH
@_BUCKET
@click.option("--endpoint", help="URL of the store; default: AWS's own.")
@click.option("--region", help="Default: the one in the endpoint's name, else us-east-1.")
@with_options(*_AWS)
@click.pass_obj
def s3(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of S3, or of what speaks its protocol.

    The secret is taken from AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN, or asked for.
    """
    given = _credentials("s3", options)
    with context.get_gas() as gas:
        gas.create_s3_storage_config(**options, credentials=given)


@create.command()
@_NAME
@_PATH
@_BUCKET
@click.option("--endpoint", required=True, help="https://oss-<region>.aliyuncs.com")
@click.option("--region", help="Default: the one in the endpoint's name.")
@with_options(*_AWS)
@click.pass_obj
def oss(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of OSS; secrets as for s3."""
    given = _credentials("oss", options)
    with context.get_gas() as gas:
        gas.create_oss_storage_config(**options, credentials=given)


@create.command()
@_NAME
@_PATH
@click.option("--account", "account_name", required=True, help="Name of the storage account.")
@click.option("--container", "container_name", required=True, help="Name of the container.")
@click.option("--account-type", type=click.Choice(["Global", "China"]), default="Global", help="Which cloud.")
@click.option("--endpoint", help="URL of the account, where it is in neither of the two clouds.")
@with_options(*_AZURE)
@click.pass_obj
def azure(context: ContextInfo, /, **options: Any) -> None:
    """Register a container of Azure Blob Storage.

    The secret is taken from AZURE_STORAGE_KEY, with --sas from AZURE_STORAGE_SAS_TOKEN, or asked for.
    """
    given = _credentials("azure", options)
    with context.get_gas() as gas:
        gas.create_azure_storage_config(**options, credentials=given)


@create.command()
@_NAME
@_PATH
@_BUCKET
@click.option("--endpoint", help="URL of the store; default: Google's own.")
@with_options(*_GOOGLE)
@click.pass_obj
def gcs(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of Google Cloud Storage."""
    given = _credentials("gcs", options)
    with context.get_gas() as gas:
        gas.create_gcs_storage_config(**options, credentials=given)


@create.command()
@_NAME
@_PATH
@click.argument("endpoint")
@click.pass_obj
def local(context: ContextInfo, /, **options: Any) -> None:
    """Register a folder of the index's machine, file:///folder, or a storage service, http(s)://host:port."""
    with context.get_gas() as gas:
        gas.create_local_storage_config(**options)


# --- what there is --------------------------------------------------------------------------------------------


@storage.command()
@click.pass_obj
def ls(context: ContextInfo) -> None:
    """List the storage configs: name, kind and place."""
    with context.get_gas() as gas:
        for config in gas.list_auth_storage_configs():
            click.echo(f"{config.name}\t{config.type}\t{_place(config)}")


@storage.command()
@_NAME
@click.pass_obj
def show(context: ContextInfo, name: str) -> None:
    """Print all of a storage config that is not secret, as JSON."""
    with context.get_gas() as gas:
        _print(gas.get_auth_storage_config(name))


@storage.command()
@_NAME
@click.option("--endpoint", help="Where the storage is from now on.")
@click.option("--region", help="Of S3 and OSS.")
@click.option("--path", "file_path", help="While no dataset uses the config.")
@click.option("--bucket", "bucket_name", help="While no dataset uses the config.")
@click.option("--account", "account_name", help="While no dataset uses the config.")
@click.option("--account-type", type=click.Choice(["Global", "China"]), help="Which cloud of Azure's.")
@click.option("--container", "container_name", help="While no dataset uses the config.")
@with_options(*dict.fromkeys((*_AWS, *_AZURE, *_GOOGLE)))
@click.pass_obj
def update(context: ContextInfo, /, name: str, **options: Any) -> None:
    """Change a storage config, or rotate its credentials, while it is in use.

    Secrets are taken from the environment as by `create`, or asked for.
    """
    with context.get_gas() as gas:
        config = gas.get_auth_storage_config(name)
        given = _credentials(config.type, options, is_needed=False)
        changes = {key: value for key, value in options.items() if value is not None}
        if given is None and not changes:
            raise click.UsageError("Nothing to change was given")
        _print(gas.update_storage_config(name, credentials=given, **changes))


@storage.command()
@_NAME
@click.pass_obj
def rm(context: ContextInfo, name: str) -> None:
    """Forget a storage config that no dataset uses. Its files stay."""
    with context.get_gas() as gas:
        gas.delete_storage_config(name)


def _place(config: StorageConfig) -> str:
    parts = (config.endpoint, config.account_name, config.container_name or config.bucket_name, config.file_path)
    return " ".join(part for part in parts if part)


def _print(config: StorageConfig) -> None:
    click.echo(json.dumps(config.dumps(), indent=2, ensure_ascii=False))


storage.add_command(check)
storage.add_command(serve)
