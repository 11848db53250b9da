"""Which server a command talks to, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay._util.config import config
from tensorbay.cli.gasconfig import GasConfig
from tensorbay.cli.utility import ContextInfo
from tensorbay.exception import ClientError
from tests.cli.conftest import Gas, Site

OPTION, NAMED, ENVIRONMENT, DEFAULT = (f"Accesskey-{letter * 32}" for letter in "onde")
A, B, C, D = "https://a", "https://b", "https://c", "https://d"


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile, the environment and a default profile, each for a server of its own."""
    GasConfig().set_profile("named", NAMED, B)
    monkeypatch.setenv("TENSORBAY_URL", C)
    monkeypatch.setenv("TENSORBAY_ACCESS_KEY", ENVIRONMENT)
    GasConfig().set_profile("default", DEFAULT, D)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (ContextInfo(OPTION, A, "named"), (OPTION, A)),
        (ContextInfo(OPTION, A, "unknown"), (OPTION, A)),
        (ContextInfo(profile_name="named"), (NAMED, B)),
        (ContextInfo(profile_name="default"), (DEFAULT, D)),
        (ContextInfo(), (ENVIRONMENT, C)),
        # A key alone goes to the server that comes next, ...
        (ContextInfo(OPTION, profile_name="named"), (OPTION, B)),
        (ContextInfo(OPTION), (OPTION, C)),
        # ... but a server gets no key that is for another one.
        (ContextInfo(url=A), ("", A)),
        (ContextInfo(url=A, profile_name="named"), ("", A)),
        (ContextInfo(url=f"{C}/"), (ENVIRONMENT, f"{C}/")),
        (ContextInfo(url=D), (DEFAULT, D)),
        (ContextInfo(url="file:///folder"), ("", "file:///folder")),
    ],
)
@pytest.mark.usefixtures("everything")
def test_the_first_that_says_it_counts(context: ContextInfo, expected: tuple[str, str]) -> None:
    assert context.connection() == expected


@pytest.mark.usefixtures("everything")
def test_the_default_profile_counts_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENSORBAY_URL")
    monkeypatch.delenv("TENSORBAY_ACCESS_KEY")
    assert ContextInfo().connection() == (DEFAULT, D)
    assert ContextInfo(profile_name="named").connection() == (NAMED, B)
    monkeypatch.setenv("TENSORBAY_URL", C)
    assert ContextInfo().connection() == ("", C)


def test_without_any_of_them_it_is_the_embedded_home() -> None:
    assert ContextInfo().connection() == ("", "")


def test_a_profile_that_does_not_exist_is_no_way_to_the_embedded_home() -> None:
    with pytest.raises(ClientError, match=r'Profile "typo" does not exist\. To make it: gas -p typo auth'):
        ContextInfo(profile_name="typo").connection()


def test_the_repr_has_no_key() -> None:
    assert OPTION not in repr(ContextInfo(OPTION, A))


def test_commands_talk_to_the_server_that_is_meant(gas: Gas, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = site.make_key("alice", "team a"), site.make_key("bob", "team b")
    gas(f"-u {site.url} -k {alice} dataset tb:of-a")
    gas(f"auth {site.url} {bob}")
    gas("dataset tb:of-b")
    assert gas("ls").output == "tb:of-b\n"
    monkeypatch.setenv("TENSORBAY_URL", site.url)
    monkeypatch.setenv("TENSORBAY_ACCESS_KEY", alice)
    assert gas("ls").output == "tb:of-a\n"
    assert gas("-p default ls").output == "tb:of-b\n"
    assert gas(f"-k {bob} ls").output == "tb:of-b\n"
    monkeypatch.delenv("TENSORBAY_URL")
    monkeypatch.delenv("TENSORBAY_ACCESS_KEY")
    gas("auth -u")
    assert gas("ls").output == ""


def test_options_of_the_file_are_used_unless_the_environment_has_others(
    user_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (user_home / ".gasconfig").write_text("[config]\ntimeout = 40\nmax_retries = 5\nis_internal = 1\n")
    monkeypatch.setenv("TENSORBAY_MAX_RETRIES", "7")
    context = ContextInfo()
    assert (context.settings.timeout, context.settings.max_retries) == (40, 7)
    with context.get_gas() as gas:
        assert list(gas.list_dataset_names()) == []
    assert config.is_internal


def test_a_setting_that_is_none_is_named(gas: Gas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBAY_TIMEOUT", "soon")
    result = gas("ls", code=1)
    assert result.stderr.startswith("ERROR: The setting `timeout` (TENSORBAY_TIMEOUT): Input should be a valid number")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (f"-k {OPTION}", "An access key needs the URL of its server"),
        ("-u http://127.0.0.1:9", "http://127.0.0.1:9 needs an access key"),
        ("-u nonsense", "Invalid url 'nonsense'"),
    ],
)
def test_half_a_server_is_a_mistake(gas: Gas, options: str, words: str) -> None:
    assert gas(f"{options} ls", code=1).stderr.startswith(f"ERROR: {words}")
