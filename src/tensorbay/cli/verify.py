from __future__ import annotations

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, checkout

__all__ = ["verify"]


@click.command(cls=Command)
@click.argument("tbrn")
@click.pass_obj
def verify(context: ContextInfo, tbrn: str) -> None:
    """Say whether the files of a commit are still those that were indexed.

    Synopsis:
      gas verify tb:<dataset>                the newest commit of the default branch
      gas verify tb:<dataset>@<revision>

    The exit status is 1 if a file is changed, missing or unreadable.
    """
    name = TBRN.parse(tbrn)
    if name.draft_number is not None or name.segment_name is not None:
        raise click.UsageError(f"{tbrn}: a commit is verified, as a whole: tb:<dataset>[@<revision>]")
    with context.get_gas() as gas:
        report = checkout(gas, name).verify()
    click.echo(str(report))
    if not report.is_intact:
        raise SystemExit(1)
