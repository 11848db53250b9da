"""`gas storage` as a person or a script uses it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tensorbay.cli import cli
from tests.cli.conftest import PROGRAM
from tests.clouds import AzureServer, GcsServer, let_oss_resolve
from tests.servers import S3Server

Run = Callable[..., Result]
SECRET = "planted-secret"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: str, check: bool = True, **options: str | dict[str, str]) -> Result:
        home = (tmp_path / "home").as_uri()
        result = CliRunner().invoke(cli, ["-u", home, "storage", *arguments], **options)  # type: ignore[arg-type]
        assert not check or result.exit_code == 0, result.output
        return result

    return call


def s3_arguments(server: S3Server, bucket: str) -> list[str]:
    return ["s3", "pictures", "--bucket", bucket, "--endpoint", server.endpoint, "--key-id", server.access_key_id]


def test_create_ls_show_update_rm(run: Run, s3_server: S3Server, s3_bucket: str) -> None:
    create = ["create", *s3_arguments(s3_server, s3_bucket), "--path", "data"]
    created = run(*create, input=f"{s3_server.access_key_secret}\n")
    assert created.output.endswith('Successfully created storage config "pictures"\n')
    assert s3_server.access_key_secret not in created.output
    assert run("ls").output.splitlines() == [
        "managed\tlocal\t",
        f"pictures\ts3\t{s3_server.endpoint} {s3_bucket} data",
    ]
    shown = json.loads(run("show", "pictures").output)
    assert shown["credentials"] == {"type": "accessKey", "keyId": s3_server.access_key_id}
    environment = {"AWS_ACCESS_KEY_ID": s3_server.second_key_id, "AWS_SECRET_ACCESS_KEY": s3_server.second_key_secret}
    # Only what is asked for is changed, whatever the environment has.
    assert json.loads(run("update", "pictures", "--path", "other", env=environment).output) == {
        **shown,
        "filePath": "other",
    }
    updated = run("update", "pictures", "--key-id", s3_server.second_key_id, env=environment)
    assert json.loads(updated.output)["credentials"]["keyId"] == s3_server.second_key_id
    assert run("rm", "pictures").output == 'Successfully deleted storage config "pictures"\n'
    assert run("ls").output == "managed\tlocal\t\n"


def test_oss(run: Run, s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    let_oss_resolve(s3_server, monkeypatch)
    place = ["--bucket", s3_bucket, "--endpoint", s3_server.oss_endpoint]
    run("create", "oss", "pictures", *place, "--key-id", s3_server.access_key_id, input=s3_server.access_key_secret)
    run("update", "pictures", "--key-id", s3_server.second_key_id, input=s3_server.second_key_secret)
    shown = json.loads(run("show", "pictures").output)
    assert (shown["type"], shown["credentials"]["keyId"]) == ("oss", s3_server.second_key_id)


def test_azure(run: Run, azure_server: AzureServer) -> None:
    container, other = azure_server.make_container(), azure_server.make_container()
    place = ["--account", azure_server.account, "--container", container, "--endpoint", azure_server.endpoint]
    run("create", "azure", "pictures", *place, env={"AZURE_STORAGE_KEY": azure_server.key})
    run("update", "pictures", "--account-key", input=f"{azure_server.second_key}\n")
    run("update", "pictures", "--container", other, "--account", azure_server.account, "--account-type", "China")
    run("update", "pictures", "--sas", env={"AZURE_STORAGE_SAS_TOKEN": azure_server.make_sas(other)})
    shown = json.loads(run("show", "pictures").output)
    assert (shown["containerName"], shown["accountType"]) == (other, "China")
    assert shown["credentials"] == {"type": "sasToken"}


def test_gcs(run: Run, gcs_server: GcsServer, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(gcs_server.account.key_file)
    place = ["--bucket", gcs_server.make_bucket(), "--endpoint", gcs_server.endpoint]
    run("create", "gcs", "pictures", *place, "--key-file", str(key))
    run("update", "pictures", "--key-file", "-", input=gcs_server.account.key_file)
    shown = json.loads(run("show", "pictures").output)
    assert shown["credentials"]["clientEmail"] == json.loads(gcs_server.account.key_file)["client_email"]


def test_a_folder(run: Run, tmp_path: Path) -> None:
    run("create", "local", "folder", tmp_path.as_uri())
    run("create", "local", "service", "http://192.168.0.1:9000")
    assert run("ls").output.startswith("folder\tlocal\tfile:///")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("create s3 x --bucket b --external-id e", "--external-id goes with --role"),
        ("create s3 x --bucket b --role nonsense", "role_arn"),
        ("create gcs x --bucket b", "--key-file or --identity"),
        ("create s3 x --bucket b --key-id i --profile p", "Give one of --identity and --key-id"),
        ("create azure x --account acc --container c --account-key --sas", "Give one of --account-key and --sas"),
        ("update folder", "Nothing to change"),
        ("update folder --sas", "--sas does not go with a storage config of type local"),
        ("update nothing --region r", 'The storage config: nothing does not exist. Nearby: "folder"'),
        ("rm managed", "cannot be changed or deleted"),
    ],
)
def test_mistakes_are_told_in_a_line(run: Run, tmp_path: Path, arguments: str, words: str) -> None:
    run("create", "local", "folder", tmp_path.as_uri())
    result = run(*arguments.split(), check=False)
    assert result.exit_code != 0
    assert words in result.output


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ("s3 x --bucket b --key-id i", {"AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": SECRET}),
        ("oss x --bucket b", {"AWS_ACCESS_KEY_ID": "i", "AWS_SECRET_ACCESS_KEY": SECRET}),
        ("azure x --account acc --container c", {"AZURE_STORAGE_KEY": SECRET}),
        ("azure x --account acc --container c --sas", {"AZURE_STORAGE_SAS_TOKEN": SECRET}),
    ],
)
def test_secrets_from_the_environment_reach_the_store_and_nobody_else(
    run: Run, arguments: str, environment: dict[str, str]
) -> None:
    create = ["create", *arguments.split(), "--endpoint", "http://127.0.0.1:9"]
    result = run(*create, check=False, env=environment)
    assert result.exit_code == 1
    assert result.output.startswith("ERROR: ")
    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ("s3 x --bucket b", "AWS_ACCESS_KEY_ID"),
        ("s3 x --bucket b --key-id i", "AWS_SECRET_ACCESS_KEY"),
        ("azure x --account acc --container c", "AZURE_STORAGE_KEY"),
        ("azure x --account acc --container c --sas", "AZURE_STORAGE_SAS_TOKEN"),
    ],
)
def test_what_cannot_be_asked_for_is_named(arguments: str, variable: str) -> None:
    command = [PROGRAM, "storage", "create", *arguments.split()]
    without_terminal = {"stdin": subprocess.DEVNULL, "start_new_session": True}
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, **without_terminal)  # type: ignore[call-overload]
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith(f"there is no terminal to ask for it; give it in {variable}\n")
    assert "Warning" not in result.stderr


def test_a_key_file_is_read_from_a_file_or_the_standard_input(run: Run, tmp_path: Path) -> None:
    content = json.dumps({"client_email": "a@b", "private_key": SECRET})
    (tmp_path / "key.json").write_text(content)
    for file, options in ((str(tmp_path / "key.json"), {}), ("-", {"input": content})):
        create = ["create", "gcs", "x", "--bucket", "b", "--endpoint", "http://127.0.0.1:9", "--key-file", file]
        result = run(*create, check=False, **options)
        assert result.output.startswith("ERROR: ")
        assert SECRET not in result.output
