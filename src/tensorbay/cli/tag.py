from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, checkout, parse_dataset, sort_by, sort_option
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.client import GAS

__all__ = ["tag"]


@click.command(cls=Command)
@click.argument("tbrn")
@click.argument("name", default="")
@click.option("-d", "--delete", is_flag=True, help="Delete the tag that the TBRN names.")
@sort_option
@click.pass_obj
def tag(context: ContextInfo, tbrn: str, name: str, delete: bool, sort: str) -> None:
    """List, create or delete tags.

    Synopsis:
      gas tag tb:<dataset> [--sort [-]name|[-]commit_date]
      gas tag tb:<dataset>[@<revision>] <name>
      gas tag -d tb:<dataset>@<name>
    """
    where = parse_dataset(tbrn, "operate a tag")
    with context.get_gas() as gas:
        if delete:
            _delete(gas, where, name)
        elif name:
            _create(gas, where, name)
        else:
            for item in sort_by(checkout(gas, where).list_tags(), sort):
                click.echo(item.name)


def _create(gas: GAS, where: TBRN, name: str) -> None:
    if where.draft_number is not None:
        raise ClientError(f'To create a tag, "{where}" cannot be in draft status')
    checkout(gas, where).create_tag(name)
    click.echo(f'Successfully created tag "{replace(where, revision=name).get_colored_tbrn()}"')


def _delete(gas: GAS, where: TBRN, name: str) -> None:
    if name or where.revision is None:
        raise ClientError(f'To delete a tag, "{where}" must have a tag name')
    checkout(gas, replace(where, revision=None)).delete_tag(where.revision)
    click.echo(f'Successfully deleted tag "{where.get_colored_tbrn()}"')
