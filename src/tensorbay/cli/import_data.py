from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo
from tensorbay.exception import ClientError, ImportDataError

if TYPE_CHECKING:
    from tensorbay.importing import ImportReport

__all__ = ["import_data"]


@click.command("import", cls=Command)
@click.argument("tbrn")
@click.option("--config", required=True, help="Storage config that the files are in.")
@click.option("--data", required=True, help="Folder of the data files, as a path from the root of the bucket.")
@click.option("--labels", help="Folder of the label files; default: the data are indexed unlabelled.")
@click.option("--include", multiple=True, help="Glob on the path below --data; given again: one more.")
@click.option("--exclude", multiple=True, help="Glob on the path below --data; given again: one more.")
@click.option("--label-format", help="What the label files are; default: tensorbay.")
@click.option("--placement", type=click.Choice(["auto", "in_place", "copy"]), help="Where they lie, or copied.")
@click.option("--on-error", type=click.Choice(["abort", "skip"]), help="At a label that cannot be read.")
@click.option("--on-orphan", type=click.Choice(["keep", "skip", "abort"]), help="At a file without its partner.")
@click.option("--concurrency", type=int, help="Label files fetched at a time.")
@click.option("--batch-size", type=int, help="Entries in one request.")
@click.option("-m", "--message", help="Commit with this title; default: leave a draft.")
@click.pass_obj
def import_data(context: ContextInfo, /, tbrn: str, message: str | None, **fields: Any) -> None:
    """Index files of a storage config with their labels.

    Data files and label files are paired by their names.

    Synopsis:
      gas import tb:<dataset>[:<segment>] --config <name> --data <folder> [--labels <folder>] [-m <title>]

    The dataset is made where it does not exist, on the storage config. Without -m a draft is left to be looked at and
    committed: the open one of the default branch, else a new one.
    """
    where = TBRN.parse(tbrn)
    if where.has_version or where.remote_path is not None:
        raise ClientError(f'To import data, "{tbrn}" must be a dataset or a segment, in no version')
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    if where.segment_name is not None:
        given["segment"] = where.segment_name
    _import(context, {"dataset": where.dataset_name, **given}, message)


def _import(context: ContextInfo, fields: dict[str, Any], message: str | None) -> None:
    from pydantic import ValidationError

    from tensorbay.importing import ImportSpec, progress_bar
    from tensorbay.wire import explain

    try:
        spec = ImportSpec(**fields)
    except ValidationError as error:
        raise ClientError(explain(error)) from None
    with context.get_gas() as gas:
        try:
            progress = progress_bar("Importing") if sys.stderr.isatty() else None
            _show(gas.import_dataset(spec, commit=message, progress=progress))
        except ImportDataError as error:
            _show(error.report)
            raise
        except KeyboardInterrupt:
            click.echo("The import stopped; a draft keeps what arrived. To go on: the same command", err=True)
            raise


def _show(report: ImportReport) -> None:
    click.echo(str(report))
    tbrn = TBRN(report.dataset, revision=report.commit_id)
    if report.commit_id is not None:
        click.echo(f"Committed: {tbrn.get_colored_tbrn()}")
    elif report.draft_number is not None:
        click.echo(f"Draft: {replace(tbrn, draft_number=report.draft_number).get_colored_tbrn()}")
