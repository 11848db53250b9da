"""`gas storage`: one command for each thing to do with a config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tensorbay.cli.storage_check import check
from tensorbay.cli.storage_credentials import AWS, AZURE, GOOGLE, credentials
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
@with_options(*AWS)
@click.pass_obj
def s3(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of S3, or of what speaks its protocol.

    The secret is taken from AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN, or asked for.
    """
    given = credentials("s3", options)
    with context.get_gas() as gas:
        gas.create_s3_storage_config(**options, credentials=given)
    _tell_created(options)


@create.command()
@_NAME
@_PATH
@_BUCKET
@click.option("--endpoint", required=True, help="https://oss-<region>.aliyuncs.com")
@click.option("--region", help="Default: the one in the endpoint's name.")
@with_options(*AWS)
@click.pass_obj
def oss(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of OSS; secrets as for s3."""
    given = credentials("oss", options)
    with context.get_gas() as gas:
        gas.create_oss_storage_config(**options, credentials=given)
    _tell_created(options)


@create.command()
@_NAME
@_PATH
@click.option("--account", "account_name", required=True, help="Name of the storage account.")
@click.option("--container", "container_name", required=True, help="Name of the container.")
@click.option("--account-type", type=click.Choice(["Global", "China"]), default="Global", help="Which cloud.")
@click.option("--endpoint", help="URL of the account, where it is in neither of the two clouds.")
@with_options(*AZURE)
@click.pass_obj
def azure(context: ContextInfo, /, **options: Any) -> None:
    """Register a container of Azure Blob Storage.

    The secret is taken from AZURE_STORAGE_KEY, with --sas from AZURE_STORAGE_SAS_TOKEN, or asked for.
    """
    given = credentials("azure", options)
    with context.get_gas() as gas:
        gas.create_azure_storage_config(**options, credentials=given)
    _tell_created(options)


@create.command()
@_NAME
@_PATH
@_BUCKET
@click.option("--endpoint", help="URL of the store; default: Google's own.")
@with_options(*GOOGLE)
@click.pass_obj
def gcs(context: ContextInfo, /, **options: Any) -> None:
    """Register a bucket of Google Cloud Storage."""
    given = credentials("gcs", options)
    with context.get_gas() as gas:
        gas.create_gcs_storage_config(**options, credentials=given)
    _tell_created(options)


@create.command()
@_NAME
@_PATH
@click.argument("endpoint")
@click.pass_obj
def local(context: ContextInfo, /, **options: Any) -> None:
    """Register a folder of the index's machine, file:///folder, or a storage service, http(s)://host:port."""
    with context.get_gas() as gas:
        gas.create_local_storage_config(**options)
    _tell_created(options)


def _tell_created(options: dict[str, Any]) -> None:
    click.echo(f'Successfully created storage config "{options["name"]}"')


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
@with_options(*dict.fromkeys((*AWS, *AZURE, *GOOGLE)))
@click.pass_obj
def update(context: ContextInfo, /, name: str, **options: Any) -> None:
    """Change a storage config, or rotate its credentials, while it is in use.

    Secrets are taken from the environment as by `create`, or asked for.
    """
    with context.get_gas() as gas:
        config = gas.get_auth_storage_config(name)
        given = credentials(config.type, options, is_needed=False)
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
    click.echo(f'Successfully deleted storage config "{name}"')


def _place(config: StorageConfig) -> str:
    parts = (config.endpoint, config.account_name, config.container_name or config.bucket_name, config.file_path)
    return " ".join(part for part in parts if part)


def _print(config: StorageConfig) -> None:
    click.echo(json.dumps(config.dumps(), indent=2, ensure_ascii=False))


storage.add_command(check)
storage.add_command(serve)
