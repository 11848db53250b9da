from __future__ import annotations

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, checkout, require_draft
from tensorbay.exception import ClientError

__all__ = ["rm"]


@click.command(cls=Command)
@click.argument("tbrn")
@click.option("-r", "--recursive", is_flag=True, help="A whole segment.")
@click.pass_obj
def rm(context: ContextInfo, tbrn: str, recursive: bool) -> None:
    """Remove a file or a segment from a draft.

    Synopsis:
      gas rm tb:<dataset>#<draft>:<segment>://<path>
      gas rm -r tb:<dataset>#<draft>:<segment>
    """
    where = TBRN.parse(tbrn)
    if where.segment_name is None:
        raise ClientError(f'"{tbrn}" is an invalid path to remove')
    number = require_draft(where, "remove the data")
    if where.remote_path is None and not recursive:
        raise ClientError("Please use -r option to remove the whole segment")
    with context.get_gas() as gas:
        if where.remote_path is None:
            checkout(gas, where).delete_segment(where.segment_name)
        else:
            client = gas.get_dataset(where.dataset_name)
            client.checkout(draft_number=number)
            client.get_segment(where.segment_name).delete_data(where.remote_path)
    click.echo(f'Successfully deleted "{where.get_colored_tbrn()}"')
