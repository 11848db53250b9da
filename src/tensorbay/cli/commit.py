from __future__ import annotations

from dataclasses import replace

import click

from tensorbay.cli.utility import Command, ContextInfo, ask_message, checkout, parse_dataset, require_draft

__all__ = ["commit"]

_HINT = "The first line is the title of the commit, the rest its description. Without a title nothing is committed."


@click.command(cls=Command)
@click.argument("tbrn")
@click.option("-m", "--message", multiple=True, help="Title; given again: description. Default: an editor asks.")
@click.pass_obj
def commit(context: ContextInfo, tbrn: str, message: tuple[str, ...]) -> None:
    """Make a draft a commit, the newest of its branch.

    Synopsis:
      gas commit tb:<dataset>#<draft> [-m <title> [-m <description>]]
    """
    where = parse_dataset(tbrn, "operate a commit")
    number = require_draft(where, "commit")
    with context.get_gas() as gas:
        client = checkout(gas, where)
        draft = client.get_draft(number)
        title, description = ask_message(
            message,
            editor=context.config.option("editor"),
            title=draft.title,
            description=draft.description,
            hint=_HINT,
            abort="Aborting commit due to empty commit message",
        )
        client.commit(title, description)
    committed = replace(where, draft_number=None, revision=client.status.commit_id)
    click.echo(f"Committed successfully: {where.get_colored_tbrn()} -> {committed.get_colored_tbrn()}")
