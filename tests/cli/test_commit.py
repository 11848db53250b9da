from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Editor, Gas


@pytest.fixture(autouse=True)
def _draft(gas: Gas) -> None:
    gas("dataset tb:dogs")
    gas("draft tb:dogs -m first -m words")


def test_a_draft_becomes_a_commit(gas: Gas) -> None:
    told = gas("commit tb:dogs#1 -m title -m some -m words").output
    (commit,) = re.findall(r"^Committed successfully: tb:dogs#1 -> tb:dogs@([0-9a-f]{32})\n$", told)
    log = gas("log tb:dogs").output
    assert f"commit {commit} (main)\n" in log
    assert "\n    title\n\n    some\n    words\n" in log
    assert gas("draft -l tb:dogs").output == ""


def test_the_editor_starts_with_the_message_of_the_draft(gas: Gas, editor: Editor) -> None:
    editor.will_leave_it()
    gas("commit tb:dogs#1")
    assert editor.seen == (
        "first\n\nwords\n\n"
        "# The first line is the title of the commit, the rest its description. Without a title nothing is committed.\n"
        "# Lines starting with '#' are ignored.\n"
    )
    assert "\n    first\n\n    words\n" in gas("log tb:dogs").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:dogs:train -m x", 'To operate a commit, "tb:dogs:train" must be a dataset'),
        ("tb:dogs -m x", 'To commit, "tb:dogs" must be in draft status, like "tb:dogs#1"'),
        ("tb:dogs@main -m x", 'To commit, "tb:dogs@main" must be in draft status, like "tb:dogs#1"'),
        ("tb:dogs#2 -m x", 'The draft: 2 does not exist. Nearby: "1".'),
        ("tb:dogs#1 -m ''", "Aborting commit due to empty commit message"),
        ("tb:dogs#1", "Aborting commit due to empty commit message"),
    ],
)
def test_mistakes(gas: Gas, editor: Editor, arguments: str, words: str) -> None:
    editor.will_write("# nothing\n")
    result = gas(f"commit {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert "tb:dogs#1" in gas("draft -l tb:dogs").output
