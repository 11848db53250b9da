from __future__ import annotations

import click

from tensorbay.cli.storage_serve import serve

__all__ = ["storage"]


@click.group()
def storage() -> None:
    """Storages and the service that serves one."""


storage.add_command(serve)
