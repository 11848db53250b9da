"""A server, a service beside the disks and a client, each in a process of its own that shares nothing but HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from tensorbay import GAS
from tensorbay.cli import cli
from tensorbay.dataset import Data, Dataset
from tensorbay.exception import InvalidParamsError, StorageUnreachableError
from tensorbay.label import Classification
from tensorbay.local_storage import TokenSigner, fetch_public_key
from tensorbay.local_storage._trust import KEY_PATH
from tensorbay.server import ServerSettings, create_key
from tensorbay.wire import V1
from tests.local_storage.running import RunningService, command, service_command, wait_for
from tests.servers import free_ports
from tests.storage.filling import write_all


@dataclass(frozen=True)
class Site:
    server: str
    service: str
    access_key: str
    root: Path
    home: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    root, home = folder / "disks", folder / "home"
    write_all(root, [f"data/images/{number}.png" for number in range(3)])
    (port,) = free_ports(1)
    server = f"http://127.0.0.1:{port}"
    access_key = anyio.run(create_key, ServerSettings(home=home), "maria")
    with command("serve", "--home", str(home), "--port", str(port), "--allow-network", "127.0.0.0/8") as process:
        wait_for(f"{server}/healthz", process)
        with service_command(root, folder / "service", "--server-url", server) as service:
            yield Site(server, service, access_key, root, folder / "service")


@pytest.fixture(scope="module")
def gas(site: Site) -> Iterator[GAS]:
    with GAS(site.access_key, site.server) as gas:
        gas.create_local_storage_config("disks", "data", site.service)
        yield gas


def test_files_are_indexed_where_they_lie(site: Site, gas: GAS) -> None:
    gas.create_dataset("in place", config_name="disks")
    dataset = Dataset("in place")
    segment = dataset.create_segment()
    for auth_data in gas.get_cloud_client("disks").list_auth_data("data/images/"):
        auth_data.label.classification = Classification("cat")
        segment.append(auth_data)
    gas.upload_dataset(dataset).commit("first")
    # From another machine's view: the server is asked for URLs, and the service for the files.
    with GAS(site.access_key, site.server) as other:
        found = list(other.get_dataset("in place").get_segment().list_data())
        assert [data.path for data in found] == ["0.png", "1.png", "2.png"]
        for data in found:
            assert data.get_url().startswith(f"{site.service}/objects/data/images/{data.path}?token=")
            assert httpx.get(data.get_url()).content == data.open().read() == f"data/images/{data.path}".encode()
    assert not (site.root / "data/.tensorbay").exists()


def test_files_are_uploaded_to_the_disks(site: Site, gas: GAS, tmp_path: Path) -> None:
    dataset_client = gas.create_dataset("uploaded", config_name="disks")
    dataset = Dataset("uploaded")
    segment = dataset.create_segment("train")
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(f"uploaded {number}".encode())
        segment.append(Data(str(path)))
    dataset_client = gas.upload_dataset(dataset)
    dataset_client.commit("first")
    for data in gas.get_dataset("uploaded").get_segment("train").list_data():
        checksum = hashlib.sha1(data.open().read()).hexdigest()
        assert (site.root / "data/.tensorbay/objects" / checksum).read_bytes() == data.open().read()


def test_the_form_of_1x_goes_to_the_service(site: Site, gas: GAS) -> None:
    dataset_client = gas.create_dataset("by form", config_name="disks")
    dataset_client.create_draft("draft")
    dataset_client.create_segment("train")
    found = httpx.get(f"{site.server}/{V1}datasets", params={"name": "by form"}, headers={"X-Token": site.access_key})
    base = f"{site.server}/{V1}datasets/{found.json()['datasets'][0]['id']}"
    query: dict[str, str | int] = {"segmentName": "train", "draftNumber": 1, "expired": 240}
    policy = httpx.get(f"{base}/policies", params=query, headers={"X-Token": site.access_key}).json()
    assert policy["extra"]["backendType"] == "fps"
    assert policy["extra"]["host"].startswith(f"{site.service}/objects?token=")
    assert policy["extra"]["objectPrefix"] == "data/.tensorbay/objects/"
    content = b"by a form"
    checksum = hashlib.sha1(content).hexdigest()
    key = policy["extra"]["objectPrefix"] + checksum
    answer = httpx.post(policy["extra"]["host"], data={"key": key}, files={"file": (checksum, content)})
    assert answer.status_code == 200
    item = {"checksum": checksum, "fileSize": len(content), "remotePath": "a.txt", "label": {}}
    body = {"segmentName": "train", "draftNumber": 1, "objects": [item]}
    callback = httpx.put(f"{base}/multi/callback", json=body, headers={"X-Token": site.access_key})
    assert callback.status_code == 200, callback.text
    (data,) = dataset_client.get_segment("train").list_data()
    assert data.open().read() == content
    # 1.x sends a file again for each dataset that has it, and what was indexed stays as it was.
    dataset_client.commit("first")
    assert httpx.post(policy["extra"]["host"], data={"key": key}, files={"file": ("", content)}).status_code == 200
    assert dataset_client.verify().is_intact


def test_what_lies_elsewhere_is_copied_by_the_service(site: Site, gas: GAS) -> None:
    write_all(site.root, ["elsewhere/1.png"])
    gas.create_dataset("copied", config_name="disks")
    dataset = Dataset("copied")
    segment = dataset.create_segment()
    segment.extend(gas.get_cloud_client("disks").list_auth_data("elsewhere/"))
    gas.upload_dataset(dataset).commit("first")
    (site.root / "elsewhere/1.png").unlink()
    (data,) = gas.get_dataset("copied").get_segment().list_data()
    assert data.open().read() == b"elsewhere/1.png"


def test_a_service_under_another_name_is_refused_in_words(site: Site, gas: GAS) -> None:
    gas.create_local_storage_config("alias", "data", site.service.replace("127.0.0.1", "localhost"))
    with pytest.raises(PermissionError, match=r"The token is for the service http://localhost:\d+, this one is"):
        list(gas.get_cloud_client("alias").list_auth_data("data/"))


def test_an_embedded_index_uses_a_service_too(service_process: RunningService, root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shown = CliRunner().invoke(cli, ["server", "public-key", "--home", str(home)]).output
    service_process.serve(root, public_key=shown)
    with GAS(url=home.as_uri()) as gas:
        gas.create_local_storage_config("disks", "data", service_process.url)
        found = list(gas.get_cloud_client("disks").list_auth_data("data/"))
        assert [data.open().read() for data in found] == [b"data/1.png", b"data/2.png"]


async def test_the_key_of_the_server_is_trusted_once(site: Site, tmp_path: Path) -> None:
    first = await fetch_public_key(site.server, home=site.home)
    assert first.startswith("-----BEGIN PUBLIC KEY-----")
    (kept,) = (site.home / "servers").iterdir()
    assert kept.read_text() == first
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / kept.name).write_text(first.replace("A", "B"))
    with pytest.raises(PermissionError, match="another public key than the one that was kept in"):
        await fetch_public_key(f"{site.server}/", home=tmp_path)


async def test_a_kept_key_needs_no_server(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with pytest.raises(StorageUnreachableError):
        await fetch_public_key(f"http://127.0.0.1:{port}", home=tmp_path)
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / f"http%3A%2F%2F127.0.0.1%3A{port}.pem").write_text("kept")
    assert await fetch_public_key(f"http://127.0.0.1:{port}", home=tmp_path) == "kept"


async def key_at(url: str, public_key: str, home: Path) -> str:
    """What is fetched from a server that says it is `public_key`."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"publicKey": public_key})

    app = web.Application()
    app.router.add_get(f"/{KEY_PATH}", answer)
    async with TestServer(app) as server:
        return await fetch_public_key(url.replace("PORT", str(server.port)), home=home)


async def test_what_is_no_key_is_not_kept(tmp_path: Path) -> None:
    for other in ("", "nonsense", "kept"):
        with pytest.raises(InvalidParamsError, match="does not answer as a TensorBay server does"):
            await key_at("http://127.0.0.1:PORT", other, tmp_path)
    assert not (tmp_path / "servers").exists()


async def test_a_key_that_others_could_have_sent_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    key = TokenSigner(b"s" * 32).public_key
    assert await key_at("http://127.0.0.1:PORT", key, tmp_path / "near") == key
    assert caplog.messages == []
    # Spelled so that it is not taken for this machine.
    assert await key_at("http://0.0.0.0:PORT", key, tmp_path / "far") == key
    (message,) = caplog.messages
    assert "gas server public-key" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "either --server-url or --public-key"),
        (["--public-key", "key", "--server-url", "http://x"], "either --server-url or --public-key"),
        (["--public-key", "key", "--listen", "0.0.0.0:9000"], "--endpoint"),
        (["--public-key", "key", "--listen", "nowhere"], "is no address"),
        (["--public-key", "key", "--quota", "much"], "is no number of bytes"),
        (["--public-key", "key", "--endpoint", "ftp://x"], "is no address of a local storage service"),
        (["--public-key", "key"], "no Ed25519 key in PEM"),
        (["--public-key", "root/binary"], "no Ed25519 key in PEM"),
        (["--server-url", "host:8000", "--home", "home"], "should look like https://host:8000"),
        (["--server-url", "ftp://host", "--home", "home"], "should look like https://host:8000"),
        (["--server-url", "http://name:secret@host", "--home", "home"], "should look like https://host:8000"),
        (["--server-url", "http://x", "--home", "root/home"], "lies below the root"),
        (["--public-key", "key", "--tls", "self-signed", "--home", "root"], "lies below the root"),
        (["--public-key", "key", "--tls-cert", "key"], "go together"),
    ],
)
def test_a_command_that_cannot_work_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    write_all(tmp_path, ["key", "root/1.png"])
    (tmp_path / "root/binary").write_bytes(b"\xd0\xff")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["storage", "serve", "--root", "root", *options])
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert words in " ".join(result.output.split())
    assert "secret" not in result.output
