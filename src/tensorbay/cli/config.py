from __future__ import annotations

import click

from tensorbay.cli.gasconfig import check_option
from tensorbay.cli.utility import Command, ContextInfo
from tensorbay.exception import ClientError

__all__ = ["config"]


@click.command(cls=Command)
@click.argument("key", default="")
@click.argument("value", default="")
@click.option("-u", "--unset", is_flag=True, help="Take the option back.")
@click.pass_obj
def config(context: ContextInfo, key: str, value: str, unset: bool) -> None:
    """Show or set options of the command line.

    They are editor, timeout (seconds), max_retries and is_internal, and stay in ~/.gasconfig.

    Synopsis:
      gas config                             all that are set
      gas config <key>
      gas config <key> <value>
      gas config -u <key>
    """
    if unset:
        _unset(context, key, value)
        return
    if key:
        check_option(key)
    if value:
        context.config.set_option(key, value)
        click.echo(f'Success!\nConfiguration has been written into: "{context.config.path}"')
        return
    options = context.config.options()
    if key and key not in options:
        raise ClientError(f"{key} has not been configured yet")
    for name in [key] if key else options:
        click.echo(f"{name} = {options[name]}\n")


def _unset(context: ContextInfo, key: str, value: str) -> None:
    if not key:
        raise ClientError('Use "--unset" option with "key"')
    if value:
        raise ClientError('Use "--unset" option to unset config or use "key" and "value" to set config')
    context.config.unset_option(key)
    click.echo(f'Successfully unset "{key}"')
