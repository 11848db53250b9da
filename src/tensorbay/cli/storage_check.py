from __future__ import annotations

import json

import click

from tensorbay.cli.utility import Command, ContextInfo

__all__ = ["check"]


@click.command(cls=Command)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the diagnosis as JSON.")
@click.pass_obj
def check(context: ContextInfo, name: str, as_json: bool) -> None:
    """Diagnose the storage config NAME step by step, from where the index is.

    Writes a small file below the config's path and deletes it again. Exits with 1 when the storage cannot be read.
    """
    with context.get_gas() as gas:
        diagnosis = gas.check_storage_config(name)
    click.echo(json.dumps(diagnosis.dumps(), indent=2, ensure_ascii=False) if as_json else str(diagnosis))
    if not diagnosis.ok:
        raise SystemExit(1)
