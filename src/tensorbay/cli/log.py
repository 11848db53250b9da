from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from textwrap import indent
from typing import TYPE_CHECKING

import click

from tensorbay.cli.history import Entry, draw, order
from tensorbay.cli.tbrn import TBRN
from tensorbay.cli.utility import INDENT, Command, ContextInfo, checkout, full_message, parse_dataset
from tensorbay.exception import ClientError

if TYPE_CHECKING:
    from tensorbay.client.dataset import DatasetClient, FusionDatasetClient
    from tensorbay.client.struct import Branch, Commit, Draft

__all__ = ["log"]


@click.command(cls=Command)
@click.argument("tbrn")
@click.option("-n", "--max-count", type=click.IntRange(min=1), help="Show this many at the most.")
@click.option("--oneline", is_flag=True, help="A line for each.")
@click.option("--all", "is_all", is_flag=True, help="Of all branches.")
@click.option("--graph", is_flag=True, help="Draw where branches began.")
@click.option("--show-drafts", is_flag=True, help="Open drafts too.")
@click.pass_obj
def log(
    context: ContextInfo, tbrn: str, max_count: int | None, oneline: bool, is_all: bool, graph: bool, show_drafts: bool
) -> None:
    """Show commits, the newest first.

    Those of the revision, by default of the default branch.

    Synopsis:
      gas log tb:<dataset>[@<revision>] [-n <number>] [--oneline] [--graph] [--show-drafts]
      gas log tb:<dataset> --all [--graph]
    """
    where = parse_dataset(tbrn, "log commits")
    with context.get_gas() as gas:
        client = checkout(gas, TBRN(where.dataset_name))
        history = _History(client, oneline, show_drafts)
        entries = history.of_all(graph) if is_all else history.of(where.revision or client.status.branch_name or "")
        first = next(entries, None)
        if first is None:
            drafts = " or open drafts" if show_drafts else ""
            raise ClientError(f'Dataset "{where.dataset_name}" has no commit history{drafts}')
        shown = islice(chain([first], entries), max_count)
        lines = draw(shown) if graph else (line for entry in shown for line in entry.lines)
        click.echo_via_pager(f"{line}\n" for line in lines)


class _History:
    """What there is to show. Of one line of history, commits are listed as they are shown."""

    def __init__(self, client: DatasetClient | FusionDatasetClient, oneline: bool, show_drafts: bool) -> None:
        self._client = client
        self._oneline = oneline
        self._show_drafts = show_drafts
        # A branch without a commit has no title.
        self._branches = {item.name: item for item in client.list_branches()}

    def of(self, revision: str) -> Iterator[Entry]:
        branch = self._branches.get(revision)
        if branch is not None and self._show_drafts:
            yield from map(self._draft, self._client.list_drafts(branch_name=branch.name))
        if branch is None or _has_commit(branch):
            yield from map(self._commit, self._client.list_commits(revision))

    def of_all(self, graph: bool) -> Iterator[Entry]:
        drafts = self._client.list_drafts() if self._show_drafts else []
        return order(chain(map(self._commit, self._commits()), map(self._draft, drafts)), by_date=not graph)

    def _commits(self) -> Iterator[Commit]:
        seen = set()
        for branch in filter(_has_commit, self._branches.values()):
            for commit in self._client.list_commits(branch.name):
                if commit.commit_id in seen:  # and so are all before it
                    break
                seen.add(commit.commit_id)
                yield commit

    def _commit(self, commit: Commit) -> Entry:
        names = [item.name for item in self._branches.values() if item.commit_id == commit.commit_id]
        labels = f" ({', '.join(names)})" if names else ""
        lines = [f"{commit.commit_id[:7]}{labels} {commit.title}"]
        if not self._oneline:
            head = [f"commit {commit.commit_id}{labels}", f"Author: {commit.committer.name}"]
            lines = [*head, *_body(commit.committer.date, commit.title, commit.description)]
        return Entry(commit.commit_id, commit.parent_commit_id, commit.committer.date, tuple(lines))

    def _draft(self, draft: Draft) -> Entry:
        lines = [f"{draft.number} {draft.title}"]
        if not self._oneline:
            lines = [f"draft {draft.number}", *_body(draft.updated_at, draft.title, draft.description)]
        return Entry(f"#{draft.number}", draft.parent_commit_id, draft.updated_at, tuple(lines), "#")


def _has_commit(branch: Branch) -> bool:
    return hasattr(branch, "title")


def _body(date: int, title: str, description: str) -> Iterable[str]:
    yield f"Date: {datetime.fromtimestamp(date):%a %b %d %H:%M:%S %Y}"
    yield ""
    yield from indent(full_message(title, description), INDENT).splitlines()
    yield ""
