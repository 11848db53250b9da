from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from tensorbay.cli.context import Context
from tensorbay.cli.tbrn import TBRN
from tensorbay.client import GAS
from tensorbay.client.dataset import DatasetClient

__all__ = ["ls"]


@click.command()
@click.argument("tbrn", default="")
@click.option("-a", "--all", "all_files", is_flag=True, help="List the files of all segments of the dataset.")
@click.option("-l", "show_total", is_flag=True, help="Show the total number of items first.")
@click.pass_obj
def ls(context: Context, tbrn: str, all_files: bool, show_total: bool) -> None:
    r"""List datasets, segments or files.

    \b
    gas ls                                 datasets
    gas ls tb:<dataset>                    segments; with -a files
    gas ls tb:<dataset>@<revision>:<segment>
    gas ls tb:<dataset>#<draft>:<segment>://<path>
    """
    with context.gas() as gas:
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
    client = gas.get_dataset(tbrn.dataset_name)
    if tbrn.revision is not None or tbrn.draft_number is not None:
        client.checkout(tbrn.revision, tbrn.draft_number)
    if tbrn.segment_name is None:
        segments = client.list_segment_names()
        if all_files:
            return _files(client, tbrn, segments)
        return (str(replace(tbrn, segment_name=name)) for name in segments)
    if tbrn.remote_path is None:
        return _files(client, tbrn, [tbrn.segment_name])
    data = client.get_segment(tbrn.segment_name).get_data(tbrn.remote_path)
    return iter([str(replace(tbrn, remote_path=data.path))])


def _files(client: DatasetClient, tbrn: TBRN, segments: Sequence[str]) -> Iterator[str]:
    for segment in segments:
        for path in client.get_segment(segment).list_data_paths():
            yield str(replace(tbrn, segment_name=segment, remote_path=path))
