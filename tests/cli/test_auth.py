from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Gas, Site

KEY = "Accesskey-" + "k" * 32
WRONG_KEY = 'Wrong accesskey format: it is "Accesskey-" with 32 characters; `gas server create-key NAME` makes one'
ASKED = """\
An AccessKey is made on the machine of the server:

 > gas server create-key <your name>

Paste your AccessKey here: """


def stored(user_home: Path) -> str:
    path = user_home / ".gasconfig"
    return path.read_text() if path.exists() else ""


def test_a_key_is_checked_and_stored(gas: Gas, site: Site, user_home: Path) -> None:
    key, other = site.make_key("alice", "team"), site.make_key("bob", "team")
    told = 'Successfully set authentication info of "alice" in "team" team'
    assert gas(f"auth {site.url} {key}").output == f"{told}\n"
    assert gas(f"-p P2 auth {site.url} {key}").output == f'{told} into profile "P2"\n'
    assert gas("auth -g").output == f"default = \n    {key}\n    {site.url}\n\n"
    # Another key, for the same server.
    assert '"bob"' in gas(f"auth {other}").output
    assert other in gas("auth -g").output
    assert gas("-p p2 auth -g").output == f"p2 = \n    {key}\n    {site.url}\n\n"
    assert gas("auth -g -a").output == gas("auth -g").output + gas("-p p2 auth -g").output
    assert (user_home / ".gasconfig").stat().st_mode & 0o777 == 0o600


def test_what_is_not_given_is_asked_for(gas: Gas, site: Site) -> None:
    key = site.make_key()
    result = gas("auth", input=f"{site.url}\n{key}\n")
    assert result.output.startswith("Paste the URL of your server here: ")
    assert ASKED in result.output
    assert 'Successfully set authentication info of "alice"' in result.output
    # The server is known by now, or is an argument.
    assert gas("auth", input=f"{key}\n").output.startswith(ASKED)
    assert gas(f"-p other auth {site.url}", input=f"{key}\n").output.startswith(ASKED)
    assert gas(f"-p another -u {site.url} -k {key} auth").output.startswith("Successfully")
    assert gas("auth", input="", code=1).stderr.endswith("Aborted!\n")


def test_whose_key_it_is_without_the_key(gas: Gas, site: Site, user_home: Path) -> None:
    key = site.make_key("alice", "team")
    gas(f"auth {site.url} {key}")
    shown = f"default\n    USER: alice\n    TEAM: team\n    Accesskey-****{key[-4:]}\n    {site.url}\n\n"
    assert gas("auth -s").output == shown
    # Profiles that do not work are told, and keep nobody from seeing the others.
    with (user_home / ".gasconfig").open("a") as file:
        file.write(f"gone =\n\t{KEY}\n\thttp://127.0.0.1:9\nold =\n\t{KEY}\nwrong =\n\t{KEY}\n\t{site.url}\n")
    result = gas("auth -s -a", code=1)
    assert result.stdout.startswith(shown)
    assert "No answer from http://127.0.0.1:9/" in result.stderr
    assert "No URL is stored with it: gas -p old auth <url> <accessKey>" in result.stderr
    assert result.stdout.count("Accesskey-****kkkk") == 3
    assert KEY not in result.output


def test_unset(gas: Gas, site: Site) -> None:
    key = site.make_key()
    for name in ("default", "p2", "p3"):
        gas(f"-p {name} auth {site.url} {key}")
    assert gas("-p p2 auth -u").output == 'Successfully unset "p2" auth info\n'
    assert "p2" not in gas("auth -g -a").output
    assert gas("auth -u -a").output == "Successfully unset all auth info\n"
    assert gas("auth -g -a").output == ""


def test_a_key_that_the_server_does_not_know_is_not_stored(gas: Gas, site: Site, user_home: Path) -> None:
    result = gas(f"auth {site.url} {KEY}", code=1)
    assert result.stderr == "ERROR: Accesskey-****kkkk is not a valid AccessKey\n"
    assert stored(user_home) == ""
    assert "No answer from http://127.0.0.1:9/" in gas(f"auth http://127.0.0.1:9 {KEY}", code=1).stderr
    assert stored(user_home) == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("-a", 'Use "--all" option with "--get", "--unset" or "--status" option'),
        ("-g -s", 'Use at most one of "--get", "--unset" and "--status"'),
        ("-g x", "Option requires 0 arguments"),
        ("-g", 'Profile "default" does not exist.'),
        ("-s", 'Profile "default" does not exist.'),
        ("-u", 'Profile "default" does not exist.'),
        (f"{KEY} https://host", 'Please use "gas auth [url] [accessKey]" to specify the url and accessKey'),
        (f"{KEY} {KEY}", 'Redundant argument "Accesskey-****kkkk"'),
        (f"{KEY} x", 'Redundant argument "x"'),
        ("https://host x", WRONG_KEY),
        (f"{KEY}k", WRONG_KEY),
        ("x", 'Invalid argument "x"'),
        (f"file:///folder {KEY}", 'Invalid argument "file:///folder"'),
    ],
)
def test_mistakes(gas: Gas, user_home: Path, arguments: str, words: str) -> None:
    result = gas(f"auth {arguments}", code=1)
    assert (result.stdout, result.stderr) == ("", f"ERROR: {words}\n")
    assert stored(user_home) == ""


def test_a_url_that_is_none_is_refused_where_it_comes_from(gas: Gas) -> None:
    assert 'Invalid argument "host"' in gas("auth", input="host\n", code=1).stderr
    assert 'Invalid argument "file:///x"' in gas(f"-u file:///x auth {KEY}", code=1).stderr
