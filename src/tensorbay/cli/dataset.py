from __future__ import annotations

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo
from tensorbay.exception import ClientError

__all__ = ["dataset"]


@click.command(cls=Command)
@click.argument("tbrn", default="")
@click.option("-d", "--delete", is_flag=True, help="Delete the dataset with all its versions.")
@click.option("-y", "--yes", is_flag=True, help="Delete without asking.")
@click.option("--config", "config_name", help="Storage config for the files of the new dataset; default: managed.")
@click.pass_obj
def dataset(context: ContextInfo, tbrn: str, delete: bool, yes: bool, config_name: str | None) -> None:
    """List, create or delete datasets.

    Synopsis:
      gas dataset
      gas dataset tb:<dataset> [--config <name>]
      gas dataset -d [-y] tb:<dataset>
    """
    if config_name is not None and (delete or not tbrn):
        raise click.UsageError("--config goes with the name of a new dataset")
    if not tbrn:
        if delete:
            raise ClientError("Missing argument TBRN")
        _list(context)
        return
    name = TBRN.parse(tbrn)
    if name.segment_name is not None or name.has_version:
        raise ClientError(f'"{tbrn}" is not a dataset')
    if delete:
        _delete(context, name, yes)
        return
    with context.get_gas() as gas:
        gas.create_dataset(name.dataset_name, config_name=config_name)
    click.echo(f'Successfully created dataset "{name.get_colored_tbrn()}"')


def _list(context: ContextInfo) -> None:
    with context.get_gas() as gas:
        for name in gas.list_dataset_names():
            click.echo(TBRN(name))


def _delete(context: ContextInfo, name: TBRN, yes: bool) -> None:
    if not yes:
        question = f'Dataset "{name.get_colored_tbrn()}" will be completely deleted.\nDo you want to continue?'
        click.confirm(question, abort=True)
    with context.get_gas() as gas:
        gas.delete_dataset(name.dataset_name)
    click.echo(f'Successfully deleted dataset "{name.get_colored_tbrn()}"')
