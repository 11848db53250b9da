from __future__ import annotations

import click

from tensorbay.cli.context import Context
from tensorbay.cli.tbrn import TBRN
from tensorbay.client import GAS
from tensorbay.client.dataset import DatasetClient, FusionDatasetClient
from tensorbay.exception import DatasetTypeError

__all__ = ["verify"]


@click.command()
@click.argument("tbrn")
@click.pass_obj
def verify(context: Context, tbrn: str) -> None:
    r"""Say whether the files of a commit are still those that were indexed.

    \b
    gas verify tb:<dataset>                the newest commit of the default branch
    gas verify tb:<dataset>@<revision>

    The exit status is 1 if a file is changed, missing or unreadable.
    """
    name = TBRN.parse(tbrn)
    if name.draft_number is not None or name.segment_name is not None:
        raise click.UsageError(f"{tbrn}: a commit is verified, as a whole: tb:<dataset>[@<revision>]")
    with context.gas() as gas:
        report = _dataset(gas, name.dataset_name).verify(name.revision)
    click.echo(str(report))
    if not report.is_intact:
        raise SystemExit(1)


def _dataset(gas: GAS, name: str) -> DatasetClient | FusionDatasetClient:
    try:
        return gas.get_dataset(name)
    except DatasetTypeError:
        return gas.get_dataset(name, is_fusion=True)
