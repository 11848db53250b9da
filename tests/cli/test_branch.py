from __future__ import annotations

import pytest

from tests.cli.conftest import Gas


def commit(gas: Gas, branch: str, title: str) -> str:
    draft = gas(f"draft tb:dogs@{branch} -m {title}").output.partition('"')[2].partition('"')[0]
    return gas(f"commit {draft} -m {title}").output.rpartition("@")[2].strip()


@pytest.fixture
def first(gas: Gas) -> str:
    """The first commit."""
    gas("dataset tb:dogs")
    return commit(gas, "main", "first")


def test_branches_are_created_listed_and_deleted(gas: Gas, first: str) -> None:
    assert gas("branch tb:dogs").output == "main\n"
    assert gas("branch tb:dogs old").output == 'Successfully created branch "tb:dogs@old"\n'
    second = commit(gas, "main", "second")
    gas("branch tb:dogs new")
    gas(f"branch tb:dogs@{first} first-again")
    assert gas("branch tb:dogs").output == "first-again\nmain\nnew\nold\n"
    assert gas("branch -v tb:dogs").output == (
        f"first-again {first[:7]} first\n"
        f"main        {second[:7]} second\n"
        f"new         {second[:7]} second\n"
        f"old         {first[:7]} first\n"
    )
    assert gas("branch --sort=-name tb:dogs").output == "old\nnew\nmain\nfirst-again\n"
    assert gas("branch -d tb:dogs@old").output == 'Successfully deleted branch "tb:dogs@old"\n'
    assert gas("branch tb:dogs").output == "first-again\nmain\nnew\n"


def test_a_branch_without_a_commit(gas: Gas) -> None:
    gas("dataset tb:dogs")
    assert gas("branch -v tb:dogs").output == "main 0000000 <no commit>\n"
    assert gas("branch --sort commit_date tb:dogs").output == "main\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tb:dogs:train", 'To operate a branch, "tb:dogs:train" must be a dataset'),
        ("tb:dogs main", "The branch: main already exists."),
        ("tb:dogs@none x", 'The revision: none does not exist. Nearby: "main".'),
        ("tb:dogs#2 x", "Branch cannot be created from a draft"),
        ("-d tb:dogs", 'To delete a branch, "tb:dogs" must have a branch name'),
        # Not "main", with "x" ignored.
        ("-d tb:dogs@main x", 'To delete a branch, "tb:dogs@main" must have a branch name'),
        ("-d tb:dogs@main", '"main" is the default branch, which cannot be deleted'),
        ("-d tb:dogs@none", 'The branch: none does not exist. Nearby: "main".'),
        (
            "--sort size tb:dogs",
            'The "--sort" option must be "name" or "commit_date" with an optional "-" before them',
        ),
    ],
)
@pytest.mark.usefixtures("first")
def test_mistakes(gas: Gas, arguments: str, words: str) -> None:
    gas("draft tb:dogs -m second")
    result = gas(f"branch {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert gas("branch tb:dogs").output == "main\n"
