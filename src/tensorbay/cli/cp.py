from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import Command, ContextInfo, require_draft
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.dataset import Segment

__all__ = ["cp"]


@click.command(cls=Command)
@click.argument(
    "local_paths", metavar="LOCAL...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.argument("tbrn")
@click.option("-r", "--recursive", is_flag=True, help="Folders too, with all that is in them.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Files at a time.")
@click.option("-s", "--skip", is_flag=True, help="Leave files alone that are there already.")
@click.pass_obj
def cp(context: ContextInfo, local_paths: tuple[Path, ...], tbrn: str, recursive: bool, jobs: int, skip: bool) -> None:
    """Upload files into a draft.

    Synopsis:
      gas cp <file> tb:<dataset>#<draft>:<segment>://<path>
      gas cp <file> [<file> ...] tb:<dataset>#<draft>:<segment>[://<folder>/]
      gas cp -r <folder> tb:<dataset>#<draft>:<segment>[://<folder>/]
    """
    from tensorbay.dataset import Data, Segment

    where = TBRN.parse(tbrn)
    if where.segment_name is None:
        raise ClientError(f'"{tbrn}" is not a segment or file type')
    require_draft(where, "upload data")
    if not recursive and any(path.is_dir() for path in local_paths):
        raise ClientError("Local paths include directories, please use -r option")
    files: dict[str, Path] = {}
    for path, remote_path in _pairs(local_paths, where.remote_path or ""):
        if files.setdefault(remote_path, path) is not path:
            raise ClientError(f'Both "{files[remote_path]}" and "{path}" would become "{remote_path}"')
    segment = Segment(where.segment_name)
    segment.extend(Data(path, target_remote_path=remote_path) for remote_path, path in files.items())
    _upload(context, where, segment, jobs=jobs, skip=skip)


def _pairs(local_paths: tuple[Path, ...], target: str) -> Iterator[tuple[Path, str]]:
    if len(local_paths) == 1 and target and not target.endswith("/") and local_paths[0].is_file():
        yield local_paths[0], target
        return
    folder = f"{target.rstrip('/')}/" if target else ""
    for path in local_paths:
        # "." and ".." say nothing about what the folder is called.
        name = path.name if path.name not in ("", "..") else path.resolve().name
        if not path.is_dir():
            yield path, folder + name
            continue
        for file in sorted(found for found in path.rglob("*") if found.is_file()):
            yield file, folder + name + "/" + file.relative_to(path).as_posix()


def _upload(context: ContextInfo, where: TBRN, segment: Segment, *, jobs: int, skip: bool) -> None:
    from tensorbay.client.log import UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI

    with context.get_gas() as gas:
        client = gas.get_dataset(where.dataset_name)
        client.checkout(draft_number=where.draft_number)
        try:
            client.upload_segment(segment, jobs=jobs, skip_uploaded_files=skip, quiet=not sys.stderr.isatty())
        except BaseException:
            click.echo(UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI % where.draft_number, err=True)
            raise
