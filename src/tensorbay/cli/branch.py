from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, checkout, parse_dataset, sort_by, sort_option
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.client import GAS
    from tensorbay.client.struct import Branch

__all__ = ["branch"]


@click.command(cls=Command)
@click.argument("tbrn")
@click.argument("name", default="")
@click.option("-v", "--verbose", is_flag=True, help="Show commit and title too.")
@click.option("-d", "--delete", is_flag=True, help="Delete the branch that the TBRN names.")
@sort_option
@click.pass_obj
def branch(context: ContextInfo, tbrn: str, name: str, verbose: bool, delete: bool, sort: str) -> None:
    """List, create or delete branches.

    Synopsis:
      gas branch tb:<dataset> [-v] [--sort [-]name|[-]commit_date]
      gas branch tb:<dataset>[@<revision>] <name>
      gas branch -d tb:<dataset>@<name>
    """
    where = parse_dataset(tbrn, "operate a branch")
    with context.get_gas() as gas:
        if delete:
            _delete(gas, where, name)
        elif name:
            _create(gas, where, name)
        else:
            branches = sort_by(checkout(gas, where).list_branches(), sort)
            for line in _described(branches) if verbose else [item.name for item in branches]:
                click.echo(line)


def _create(gas: GAS, where: TBRN, name: str) -> None:
    if where.draft_number is not None:
        raise ClientError("Branch cannot be created from a draft")
    checkout(gas, where).create_branch(name)
    click.echo(f'Successfully created branch "{replace(where, revision=name).get_colored_tbrn()}"')


def _delete(gas: GAS, where: TBRN, name: str) -> None:
    if name or where.revision is None:
        raise ClientError(f'To delete a branch, "{where}" must have a branch name')
    client = checkout(gas, replace(where, revision=None))
    if where.revision == client.status.branch_name:
        raise ClientError(f'"{where.revision}" is the default branch, which cannot be deleted')
    client.delete_branch(where.revision)
    click.echo(f'Successfully deleted branch "{where.get_colored_tbrn()}"')


def _described(branches: list[Branch]) -> list[str]:
    width = max((len(item.name) for item in branches), default=0)
    return [f"{item.name:{width}} {item.commit_id[:7]} {getattr(item, 'title', '<no commit>')}" for item in branches]
