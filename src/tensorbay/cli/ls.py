from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, checkout
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.client import GAS
    from tensorbay.client.dataset import DatasetClient, FusionDatasetClient

__all__ = ["ls"]


@click.command(cls=Command)
@click.argument("tbrn", default="")
@click.option("-a", "--all", "all_files", is_flag=True, help="List the files of all segments of the dataset.")
@click.option("-l", "show_total", is_flag=True, help="Show the total number of items first.")
@click.pass_obj
def ls(context: ContextInfo, tbrn: str, all_files: bool, show_total: bool) -> None:
    """List datasets, segments or files.

    Synopsis:
      gas ls                                 datasets
      gas ls tb:<dataset>                    segments; with -a files
      gas ls tb:<dataset>@<revision>:<segment>
      gas ls tb:<dataset>#<draft>:<segment>://<path>
    """
    with context.get_gas() as gas:
        lines = _lines(gas, tbrn, all_files)
        if show_total:
            found = list(lines)
            click.echo(f"total {len(found)}")
            lines = iter(found)
        for line in lines:
            click.echo(line)


def _lines(gas: GAS, text: str, all_files: bool) -> Iterator[str]:
    if not text:
        return (str(TBRN(name)) for name in gas.list_dataset_names())
    tbrn = TBRN.parse(text)
    client = checkout(gas, tbrn)
    if tbrn.segment_name is None and not all_files:
        return (str(replace(tbrn, segment_name=name)) for name in client.list_segment_names())
    refusal = "List fusion segment is not supported yet"
    if tbrn.segment_name is None:
        refusal = '"-a" flag is not supported for fusion dataset yet'
    elif tbrn.remote_path is not None:
        refusal = "List data in fusion segment is not supported yet"
    return _files(_not_fusion(client, refusal), tbrn)


def _not_fusion(client: DatasetClient | FusionDatasetClient, refusal: str) -> DatasetClient:
    from tensorbay.client.dataset import FusionDatasetClient

    if isinstance(client, FusionDatasetClient):
        raise ClientError(refusal)
    return client


def _files(client: DatasetClient, tbrn: TBRN) -> Iterator[str]:
    segments = client.list_segment_names() if tbrn.segment_name is None else [tbrn.segment_name]
    for name in segments:
        segment = client.get_segment(name)
        paths = segment.list_data_paths() if tbrn.remote_path is None else [segment.get_data(tbrn.remote_path).path]
        for path in paths:
            yield str(replace(tbrn, segment_name=name, remote_path=path))
