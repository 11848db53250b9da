"""The commands as a person runs them: in a process of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tensorbay import GAS, ClientSettings
from tensorbay.exception import UnauthorizedError
from tests.servers import free_ports

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "gas")


def run(*arguments: str, home: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TENSORBAY_HOME": str(home), "HOME": str(home)}
    process = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environment, timeout=100)
    assert not check or process.returncode == 0, process.stderr
    assert "Traceback" not in process.stderr
    return process


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli") / "home"


@pytest.fixture(scope="module")
def quickstart(home: Path) -> str:
    return run("quickstart", home=home).stdout


def test_quickstart_shows_the_product_on_real_data(quickstart: str, home: Path) -> None:
    assert "300 files indexed" in quickstart
    assert "Read back: 300 images" in quickstart
    assert str(home) in quickstart
    counts = [int(line.split()[-1]) for line in quickstart.splitlines() if re.match(r"  \d  #", line)]
    assert len(counts) == 10
    assert sum(counts) == 300
    assert (home / "quickstart" / "LICENSE.txt").read_text().count("CC BY 4.0") == 1


def test_quickstart_left_the_files_where_they_lie(quickstart: str, home: Path) -> None:
    with GAS(url=home.as_uri()) as gas:
        (segment,) = gas.get_dataset("HandwrittenDigits").list_segment_names()
        data = gas.get_dataset("HandwrittenDigits").get_segment(segment).list_data()[0]
        assert data.get_url() == (home / "quickstart/images/0000.png").as_uri()
        assert data.open().read().startswith(b"\x89PNG")
        assert data.label.box2d[0].category == data.label.classification.category == "0"


def test_quickstart_can_be_run_again(quickstart: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "  gas ls tb:HandwrittenDigits:train\n" in quickstart
    monkeypatch.setenv("TENSORBAY_URL", "http://127.0.0.1:9")  # `gas ls` would look there
    again = run("quickstart", home=home).stdout
    assert "300 files indexed" in again
    assert f"  gas -u {home.as_uri()} ls tb:HandwrittenDigits:train\n" in again


def test_ls(quickstart: str, home: Path) -> None:
    assert run("ls", home=home).stdout == "tb:HandwrittenDigits\n"
    assert run("ls", "tb:HandwrittenDigits", home=home).stdout == "tb:HandwrittenDigits:train\n"
    files = run("ls", "-l", "tb:HandwrittenDigits@main:train", home=home).stdout.splitlines()
    assert files[:2] == ["total 300", "tb:HandwrittenDigits@main:train://0000.png"]
    assert len(run("ls", "-a", "tb:HandwrittenDigits", home=home).stdout.splitlines()) == 300
    one = "tb:HandwrittenDigits:train://0007.png"
    assert run("ls", one, home=home).stdout == f"{one}\n"


def test_verify(quickstart: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("quickstart", home=home)
    assert run("verify", "tb:HandwrittenDigits@main", home=home).stdout.endswith(": 300 unchanged\n")
    (home / "quickstart/images/0007.png").unlink()
    drifted = run("verify", "tb:HandwrittenDigits", home=home, check=False)
    assert drifted.returncode == 1
    assert "299 unchanged, 0 changed, 1 missing, 0 unreadable" in drifted.stdout
    assert "train://0007.png: missing" in drifted.stdout
    refused = run("verify", "tb:HandwrittenDigits#1", home=home, check=False)
    assert refused.returncode == 2
    assert "a commit is verified" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["ls", "tb:HandwritenDigits"],
            'ERROR: The dataset: HandwritenDigits does not exist. Nearby: "HandwrittenDigits"',
        ),
        (["ls", "nonsense"], 'ERROR: TensorBay Resource Name should start with "tb:"'),
        (["-k", "nonsense", "-u", "http://127.0.0.1:9", "ls"], "Wrong accesskey format"),
        (["-k", "Accesskey-x", "-u", "http://127.0.0.1:9", "ls"], "ERROR: No answer from http://127.0.0.1:9/"),
        (["serve", "--tls-cert", str(Path(__file__))], "--tls-cert and --tls-key go together"),
        (["serve", "--allow-network", "10.1.2.3/16"], "has host bits set; a network looks like 10.1.0.0/16"),
        (["server", "create-key", ""], "Invalid access key name"),
    ],
)
def test_errors_are_one_line_that_says_what_to_do(
    quickstart: str, home: Path, arguments: list[str], words: str
) -> None:
    process = run(*arguments, home=home, check=False)
    assert process.returncode != 0
    assert process.stdout == ""
    assert words in process.stderr
    assert "Traceback" not in process.stderr


@contextmanager
def serving(*arguments: str, home: Path) -> Iterator[int]:
    """`gas serve` on a free port, until SIGINT; the port."""
    (port,) = free_ports(1)
    command = [PROGRAM, "serve", "--home", str(home), "--port", str(port), *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "running on" in line:
                    break
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=100)
    assert process.returncode in (0, 130, -signal.SIGINT)


def test_serve_over_tls_with_an_access_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = run("server", "create-key", "alice", "--home", str(home), home=tmp_path).stdout
    assert re.fullmatch(r"Accesskey-[\w-]{32}\n", key)
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"here")
    with serving("--tls", "self-signed", "--allow-folder", str(folder), home=home) as port:
        url = f"https://localhost:{port}"
        settings = ClientSettings(ca_bundle=home / "tls/ca.pem")
        with GAS(key.strip(), url, settings=settings) as gas:
            assert gas.get_user().name == "alice"
            (data,) = gas.create_local_storage_config("files", "", folder.as_uri()).list_auth_data()
            assert data.open().read() == b"here"
            assert data.get_url().startswith(url)
        with GAS("Accesskey-" + "0" * 32, url, settings=settings) as gas, pytest.raises(UnauthorizedError):
            gas.get_user()
        with pytest.raises(urllib.error.URLError) as caught:
            urllib.request.urlopen(f"{url}/healthz")
        assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)


def test_a_certificate_of_its_own_is_for_the_names_of_the_host(tmp_path: Path) -> None:
    """Who listens on all addresses is called by one of them, or by a name."""
    home = tmp_path / "home"
    arguments = ("--host", "0.0.0.0", "--tls", "self-signed", "--tls-name", "gas.test", "--tls-name", "192.0.2.1")
    with serving(*arguments, home=home) as port:
        trusting = ssl.create_default_context(cafile=home / "tls/ca.pem")
        for name in ("gas.test", "192.0.2.1", socket.gethostname(), "localhost"):
            with socket.create_connection(("127.0.0.1", port)) as plain:
                trusting.wrap_socket(plain, server_hostname=name).close()


def test_the_home_of_a_server_can_be_used_embedded(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = run("server", "create-key", "bob", "--home", str(home), home=tmp_path).stdout.strip()
    with serving(home=home) as port, GAS(key, f"http://127.0.0.1:{port}") as gas:
        gas.create_dataset("Shared")
        with GAS(url=home.as_uri()) as embedded:
            assert list(embedded.list_dataset_names()) == ["Shared"]


def test_ctrl_c_ends_a_command(tmp_path: Path, quickstart: str, home: Path) -> None:
    script = (
        "import os, signal, sys, threading\n"
        "from tensorbay import GAS\n"
        "gas = GAS(url=sys.argv[1])\n"
        "gas.list_dataset_names()[0]\n"
        "threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()\n"
        "while True: gas.get_dataset('HandwrittenDigits').get_segment('train').list_data()[0].open().read()\n"
    )
    started = time.monotonic()
    process = subprocess.run([sys.executable, "-c", script, home.as_uri()], capture_output=True, text=True, timeout=60)
    assert "KeyboardInterrupt" in process.stderr
    assert time.monotonic() - started < 60
