from __future__ import annotations

import re
from datetime import datetime

import pytest

from tests.cli.conftest import Gas


def commit(gas: Gas, branch: str, *words: str) -> str:
    message = " ".join(f"-m {word}" for word in words)
    draft = gas(f"draft tb:dogs@{branch} {message}").output.partition('"')[2].partition('"')[0]
    return gas(f"commit {draft} {message}").output.rpartition("@")[2].strip()


@pytest.fixture
def ids(gas: Gas) -> dict[str, str]:
    """Of the commits, by title; there is a draft on each of the branches main and dev."""
    gas("dataset tb:dogs")
    ids = {"c1": commit(gas, "main", "c1", "some", "words")}
    gas("branch tb:dogs dev")
    ids["d1"] = commit(gas, "dev", "d1")
    ids["c2"] = commit(gas, "main", "c2")
    gas("branch tb:dogs same")
    gas("tag tb:dogs@dev v1")
    gas("draft tb:dogs@dev -m on-dev")
    gas("draft tb:dogs -m on-main -m more")
    return ids


def shown(gas: Gas, ids: dict[str, str], arguments: str) -> str:
    """What is printed, with titles for ids, and a date that has been looked at."""
    output = gas(f"log {arguments}").output
    for title, commit_id in ids.items():
        output = output.replace(commit_id, f"<{title}>").replace(commit_id[:7], f"<{title}>")
    for date in re.findall("Date: (.*)", output):
        assert abs(datetime.strptime(date, "%a %b %d %H:%M:%S %Y") - datetime.now()).total_seconds() < 100
    return re.sub("Date: .*", "Date", output)


def test_in_full(gas: Gas, ids: dict[str, str]) -> None:
    author = re.findall("Author: .*", gas("log tb:dogs -n 1").output)[0]
    assert shown(gas, ids, "tb:dogs") == (
        f"commit <c2> (main, same)\n{author}\nDate\n\n    c2\n\n"
        f"commit <c1>\n{author}\nDate\n\n    c1\n\n    some\n    words\n\n\n"
    )
    drafts = shown(gas, ids, "tb:dogs --show-drafts -n 1")
    assert drafts == "draft 5\nDate\n\n    on-main\n\n    more\n\n\n"
    assert shown(gas, ids, "tb:dogs --graph --show-drafts") == (
        "# draft 5\n| Date\n|\n|     on-main\n|\n|     more\n|\n"
        f"* commit <c2> (main, same)\n| {author}\n| Date\n|\n|     c2\n|\n"
        f"* commit <c1>\n| {author}\n| Date\n|\n|     c1\n|\n|     some\n|     words\n|\n\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("tb:dogs", "<c2> (main, same) c2|<c1> c1"),
        ("tb:dogs -n 1", "<c2> (main, same) c2"),
        ("tb:dogs#5", "<c2> (main, same) c2|<c1> c1"),
        ("tb:dogs@dev", "<d1> (dev) d1|<c1> c1"),
        ("tb:dogs@v1", "<d1> (dev) d1|<c1> c1"),
        ("tb:dogs --show-drafts", "5 on-main|<c2> (main, same) c2|<c1> c1"),
        ("tb:dogs@dev --show-drafts -n 2", "4 on-dev|<d1> (dev) d1"),
        ("tb:dogs@v1 --show-drafts", "<d1> (dev) d1|<c1> c1"),
        ("tb:dogs --all", "<c2> (main, same) c2|<d1> (dev) d1|<c1> c1"),
        ("tb:dogs@dev --all -n 1", "<c2> (main, same) c2"),
        ("tb:dogs --all --show-drafts", "5 on-main|4 on-dev|<c2> (main, same) c2|<d1> (dev) d1|<c1> c1"),
        ("tb:dogs --graph", "* <c2> (main, same) c2|* <c1> c1"),
    ],
)
def test_a_line_each(gas: Gas, ids: dict[str, str], arguments: str, expected: str) -> None:
    assert shown(gas, ids, f"--oneline {arguments}").splitlines() == [*expected.split("|"), ""]


def test_the_graph_of_all_branches(gas: Gas, ids: dict[str, str]) -> None:
    assert shown(gas, ids, "--oneline --graph --all tb:dogs").splitlines() == [
        "* <c2> (main, same) c2",
        "| * <d1> (dev) d1",
        "|/",
        "* <c1> c1",
        "",
    ]
    assert shown(gas, ids, "--oneline --graph --all --show-drafts tb:dogs").splitlines() == [
        "# 5 on-main",
        "* <c2> (main, same) c2",
        "| # 4 on-dev",
        "| * <d1> (dev) d1",
        "|/",
        "* <c1> c1",
        "",
    ]


@pytest.mark.parametrize("options", ["", "--all", "--graph", "--all --graph"])
def test_without_a_commit(gas: Gas, options: str) -> None:
    gas("dataset tb:cats")
    words = 'ERROR: Dataset "cats" has no commit history'
    assert gas(f"log tb:cats {options}", code=1).stderr == f"{words}\n"
    assert gas(f"log tb:cats@main {options}", code=1).stderr == f"{words}\n"
    assert gas(f"log tb:cats --show-drafts {options}", code=1).stderr == f"{words} or open drafts\n"
    gas("draft tb:cats -m first")
    assert "draft 1\n" in gas(f"log tb:cats --show-drafts {options}").output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("tb:dogs:train", 1, 'To log commits, "tb:dogs:train" must be a dataset'),
        ("tb:dogs@none", 1, "The revision: none does not exist."),
        ("tb:dogs -n 0", 2, "0 is not in the range x>=1"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_mistakes(gas: Gas, arguments: str, code: int, words: str) -> None:
    result = gas(f"log {arguments}", code=code)
    assert result.stdout == ""
    assert words in result.stderr
