from __future__ import annotations

import zipfile
from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorbay.cli.utility import Command, ContextInfo
from tensorbay.exception import NameConflictError

if TYPE_CHECKING:
    from tensorbay.client import GAS

__all__ = ["quickstart"]

_CONFIG = "quickstart"
_DATASET = "HandwrittenDigits"


@click.command(cls=Command)
@click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path), help="Folder of the index; default: TENSORBAY_HOME."
)
@click.pass_obj
def quickstart(context: ContextInfo, home: Path | None) -> None:
    """Index a real labelled sample where it lies, commit it, and read it back: 300 handwritten digits."""
    default = context.settings.home.expanduser().absolute()
    home = home.expanduser().absolute() if home else default
    folder = home / "quickstart"
    _unpack(folder)
    click.echo(f"Sample: {folder} (300 images with labels; licence in LICENSE.txt)")
    with context.get_gas("", home.as_uri()) as gas:
        _configure(gas, folder)
        _import(gas)
        _read_back(gas)
    is_used = home == default and context.connection() == ("", "")
    option, argument = ("", "") if is_used else (f"-u {home.as_uri()} ", f"url={home.as_uri()!r}")
    click.echo(f"\nThe index lies in {home}; the images were not copied. Next:")
    click.echo(f"  gas {option}ls tb:{_DATASET}:train")
    click.echo("  >>> from tensorbay import GAS")
    click.echo(f"  >>> GAS({argument}).get_dataset({_DATASET!r}).get_segment('train').list_data()[0]")


def _unpack(folder: Path) -> None:
    with as_file(files("tensorbay.cli") / "sample" / "digits.zip") as path, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)


def _configure(gas: GAS, folder: Path) -> None:
    try:
        gas.create_local_storage_config(_CONFIG, "images", endpoint=folder.as_uri())
        click.echo(f'Storage config "{_CONFIG}": files below images/ are indexed in place')
    except NameConflictError:
        click.echo(f'Storage config "{_CONFIG}" is there already')


def _import(gas: GAS) -> None:
    from tensorbay.importing import ImportSpec, progress_bar

    spec = ImportSpec(dataset=_DATASET, config=_CONFIG, data="images/", labels="labels/", segment="train")
    report = gas.import_dataset(spec, commit="Handwritten digits", progress=progress_bar("Importing"))
    click.echo(str(report))
    click.echo(f"Committed: {report.commit_id}")


def _read_back(gas: GAS) -> None:
    segment = gas.get_dataset(_DATASET).get_segment("train")
    counts: Counter[str] = Counter()
    size = 0
    for data in segment.list_data():
        counts[data.label.classification.category] += 1
        with data.open() as file:
            size += len(file.read())
    click.echo(f"Read back: {counts.total()} images, {size} bytes, as a reader of the commit sees them")
    for digit, count in sorted(counts.items()):
        click.echo(f"  {digit}  {'#' * count} {count}")
