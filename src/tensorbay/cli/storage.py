from __future__ import annotations

import click

from tensorbay.cli.storage_check import check

__all__ = ["storage"]


@click.group()
def storage() -> None:
    """Look after storage configs."""


storage.add_command(check)
