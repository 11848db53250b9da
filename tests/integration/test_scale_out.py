"""Several servers, each a process with a home of its own, on one PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tensorbay import GAS, ImportSpec
from tensorbay.dataset import Data, Segment
from tests.databases import fresh_url
from tests.servers import S3Server, free_ports

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "gas")


class Operator:
    """Starts servers, and kills them in the end."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self.running: dict[str, subprocess.Popen[str]] = {}
        """By their URLs."""

    def start(self, name: str, **environment: str) -> str:
        """`gas serve` with an empty home; its URL."""
        [port] = free_ports(1)
        process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(port), "--allow-private-endpoints"],
            stderr=subprocess.PIPE,
            text=True,
            env={**self._environment, "TENSORBAY_HOME": str(self._folder / name), **environment},
        )
        url = f"http://127.0.0.1:{port}"
        self.running[url] = process
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "running on" in line:
                return url
        raise RuntimeError(said)

    def run(self, *arguments: str) -> str:
        home = {"TENSORBAY_HOME": str(self._folder / "anywhere")}
        command = [PROGRAM, *arguments]
        return subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, env=self._environment | home
        ).stdout

    def stop(self) -> None:
        for process in self.running.values():
            process.kill()
            process.communicate()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    url = fresh_url("postgresql", tmp_path).set(drivername="postgresql")
    started = Operator(
        tmp_path,
        TENSORBAY_DATABASE=url.render_as_string(hide_password=False),
        TENSORBAY_SECRET_KEY=Fernet.generate_key().decode(),
        TENSORBAY_MANAGED_STORAGE=(tmp_path / "shared").as_uri(),
    )
    yield started
    started.stop()


@pytest.fixture
def clients(operator: Operator) -> Iterator[list[GAS]]:
    """Of one user, of two servers."""
    key = operator.run("server", "create-key", "maria").strip()
    with ExitStack() as stack:
        yield [stack.enter_context(GAS(key, operator.start(name))) for name in ("first", "second")]


def test_what_one_server_is_told_the_other_knows(
    clients: list[GAS], operator: Operator, s3_server: S3Server, s3_bucket: str
) -> None:
    first, second = clients
    for name in "abc":
        s3_server.client.put_object(Bucket=s3_bucket, Key=f"data/{name}.txt", Body=name.encode())
    first.create_s3_storage_config(
        "s3",
        "data",
        endpoint=s3_server.endpoint,
        accesskey_id=s3_server.access_key_id,
        accesskey_secret=s3_server.access_key_secret,
        bucket_name=s3_bucket,
    )
    spec = ImportSpec(dataset="Letters", config="s3", data="data/")
    assert second.import_dataset(spec, commit="first").in_place == 3  # it opens what the other has encrypted
    data = first.get_dataset("Letters").get_segment().list_data()
    assert [one.open().read() for one in data] == [b"a", b"b", b"c"]
    first.get_dataset("Letters").create_branch("branch")
    assert [branch.name for branch in second.get_dataset("Letters").list_branches()] == ["branch", "main"]


def test_both_take_uploads_for_one_draft(clients: list[GAS], operator: Operator, tmp_path: Path) -> None:
    clients[0].create_dataset("Numbers").create_draft("draft")
    datasets = [client.get_dataset("Numbers") for client in clients]
    for dataset in datasets:
        dataset.checkout(draft_number=1)

    def upload(number: int) -> None:
        segment = Segment(f"{number % 4}")
        for part in range(5):
            path = tmp_path / f"{number}-{part}.txt"
            path.write_text(path.name)
            segment.append(Data(str(path), target_remote_path=path.name))
        datasets[number % 2].upload_segment(segment, jobs=2, quiet=True)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upload, range(8)))
    datasets[1].commit("all of them")
    committed = clients[0].get_dataset("Numbers")
    found = {
        data.path: data for name in committed.list_segment_names() for data in committed.get_segment(name).list_data()
    }
    assert sorted(found) == sorted(f"{number}-{part}.txt" for number in range(8) for part in range(5))
    assert {path: data.open().read().decode() for path, data in found.items()} == {path: path for path in found}
    # A load balancer may send what one has signed to the other, which goes on when the one is gone.
    url = found["0-0.txt"].get_url()
    gone, left = operator.running
    operator.running[gone].kill()
    assert url.startswith(gone)
    with urllib.request.urlopen(url.replace(gone, left)) as response:
        assert response.read() == b"0-0.txt"
    assert clients[1].get_dataset("Numbers").verify().unchanged == 40


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TENSORBAY_SECRET_KEY": ""}, "share their secret keys: give them in TENSORBAY_SECRET_KEY"),
        (
            {"TENSORBAY_SECRET_KEY": Fernet.generate_key().decode()},
            "restore secret.key or TENSORBAY_SECRET_KEY, which all servers of a database share",
        ),
        ({"TENSORBAY_MANAGED_STORAGE": ""}, "TENSORBAY_MANAGED_STORAGE says which"),
        (
            {"TENSORBAY_DATABASE": "postgresql://u:planted@127.0.0.1:9/x"},
            "postgresql://u:***@127.0.0.1:9/x can't be opened",
        ),
        ({"TENSORBAY_DATABASE": "mysql://u:planted@127.0.0.1/x"}, "is a URL such as postgresql://user:password@host"),
    ],
)
def test_one_that_does_not_fit_the_others_does_not_start(
    operator: Operator, environment: dict[str, str], words: str
) -> None:
    operator.start("first")
    with pytest.raises(RuntimeError) as caught:
        operator.start("second", **environment)
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert "planted" not in str(caught.value)
