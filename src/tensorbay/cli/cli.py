from __future__ import annotations

from typing import Any

import click

from tensorbay.cli.context import Context
from tensorbay.cli.ls import ls
from tensorbay.cli.quickstart import quickstart
from tensorbay.cli.serve import serve, server
from tensorbay.cli.storage import storage
from tensorbay.exception import TensorBayException

__all__ = ["cli"]


class _Group(click.Group):
    """Shows errors of ours as one line on stderr; a traceback is for bugs."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TensorBayException as error:
            click.secho(f"ERROR: {error}", fg="red", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-k", "--key", default="", help="Access key; default: TENSORBAY_ACCESS_KEY.")
@click.option("-u", "--url", default="", help="Server, or file:///folder; default: TENSORBAY_URL, else embedded.")
@click.version_option(package_name="tensorbay")
@click.pass_context
def cli(ctx: click.Context, key: str, url: str) -> None:
    """Datasets that stay in your storage: index, version and read them."""
    ctx.obj = Context(access_key=key, url=url)


for command in (ls, quickstart, serve, server, storage):
    cli.add_command(command)
