from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING

import click

from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import INDENT, Command, ContextInfo, ask_message, checkout, full_message, parse_dataset
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.client import GAS
    from tensorbay.client.struct import Draft

__all__ = ["draft"]

# Branch, commit in parentheses, message.
_FULL_DRAFT_MESSAGE = """\
Branch:{}{}

    {}
"""
_HINT = "The first line is the title of the draft, the rest its description. Without a title nothing is done."


@click.command(cls=Command)
@click.argument("tbrn")
@click.option("-l", "--list", "is_list", is_flag=True, help="List the open drafts.")
@click.option("-e", "--edit", is_flag=True, help="Change title and description.")
@click.option("-c", "--close", is_flag=True, help="Give up the draft.")
@click.option("-m", "--message", multiple=True, help="Title; given again: description. Default: an editor asks.")
@click.pass_obj
def draft(context: ContextInfo, tbrn: str, is_list: bool, edit: bool, close: bool, message: tuple[str, ...]) -> None:
    """List, create, edit or close drafts.

    Synopsis:
      gas draft -l tb:<dataset>
      gas draft tb:<dataset>[@<branch>] [-m <title> [-m <description>]]
      gas draft -e tb:<dataset>#<draft> [-m <title> [-m <description>]]
      gas draft -c tb:<dataset>#<draft>
    """
    where = parse_dataset(tbrn, "operate a draft")
    if is_list + edit + close > 1:
        raise ClientError('Use at most one of "--list", "--edit" and "--close"')
    with context.get_gas() as gas:
        if is_list:
            _list(gas, where)
        elif edit:
            _edit(gas, where, message, context.config.option("editor"))
        elif close:
            _close(gas, where)
        else:
            _create(gas, where, message, context.config.option("editor"))


def _list(gas: GAS, where: TBRN) -> None:
    if where.revision is not None:
        raise ClientError(f'list drafts based on given revision "{where}" is not supported')
    client = checkout(gas, where)
    for item in client.list_drafts() if where.draft_number is None else [client.get_draft()]:
        click.echo(f"Draft: {replace(where, draft_number=item.number).get_colored_tbrn()}")
        _show(item)


def _create(gas: GAS, where: TBRN, messages: Sequence[str], editor: object) -> None:
    if where.draft_number is not None:
        raise ClientError(f'Create a draft in draft status "{where}" is not permitted')
    client = checkout(gas, where)
    if client.status.branch_name is None:
        raise ClientError("Draft should be created based on a branch.")
    abort = "Aborting creating draft due to empty draft message"
    number = client.create_draft(*ask_message(messages, editor=editor, hint=_HINT, abort=abort))
    created = replace(where, revision=None, draft_number=number)
    click.echo(f'Successfully created draft "{created.get_colored_tbrn()}"')
    _show(client.get_draft(number))


def _edit(gas: GAS, where: TBRN, messages: Sequence[str], editor: object) -> None:
    number = _number(where)
    client = checkout(gas, where)
    old = client.get_draft(number)
    abort = "Aborting updating draft due to empty draft message"
    title, description = ask_message(
        messages, editor=editor, title=old.title, description=old.description, hint=_HINT, abort=abort
    )
    client.update_draft(number, title=title, description=description)
    click.echo(f'Successfully updated draft "{where.get_colored_tbrn()}"')
    _show(client.get_draft(number))


def _close(gas: GAS, where: TBRN) -> None:
    number = _number(where)
    checkout(gas, replace(where, draft_number=None)).close_draft(number)
    click.echo(f'Successfully closed draft "{where.get_colored_tbrn()}"')


def _number(where: TBRN) -> int:
    if where.draft_number is None:
        raise ClientError("Draft number is required when editing draft")
    return where.draft_number


def _show(item: Draft) -> None:
    from tensorbay.client.struct import ROOT_COMMIT_ID

    commit = "" if item.parent_commit_id == ROOT_COMMIT_ID else f"({item.parent_commit_id})"
    message = indent(full_message(item.title, item.description), INDENT).strip()
    click.echo(_FULL_DRAFT_MESSAGE.format(item.branch_name, commit, message))
