"""`config` and `profile`: objects of the process, honoured at any time."""

from __future__ import annotations

import csv
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import anyio
import pytest

import tensorbay.client.profile
import tensorbay.client.requests
from tensorbay import GAS
from tensorbay.aio import AsyncGAS
from tensorbay.aio._retry import wait_after_status
from tensorbay.client import config, profile
from tensorbay.client.profile import format_size
from tensorbay.dataset import Data
from tensorbay.exception import ResourceNotExistError, TransportError
from tensorbay.server import ServerSettings, create_key, ensure_self_signed
from tests.server.running import running_server


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    vars(config).clear()


@pytest.fixture
def key(tmp_path: Path) -> str:
    return anyio.run(create_key, ServerSettings(home=tmp_path / "home"), "tester")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with running_server(ServerSettings(home=tmp_path / "home")) as url:
        yield url


@pytest.fixture
def gas(server: str, key: str) -> Iterator[GAS]:
    with GAS(key, server) as gas:
        yield gas


def test_the_names_of_1x_are_one_object() -> None:
    from tensorbay.utility import config as same

    assert same is tensorbay.client.requests.config is config
    assert tensorbay.client.profile is profile
    assert (config.max_retries, config.timeout, config.verify_tls_certificate, config.is_internal) == (
        *(3, 30, True, False),
    )


def retry(method: str, status: int = 503) -> float | None:
    return wait_after_status(method, status, None, 0, jitter=0.5, max_retries=3)


def test_32_creates_are_repeated_only_where_the_user_says_so() -> None:
    assert retry("GET") is not None
    assert retry("POST") is None
    config.allowed_retry_methods = ["POST"]
    config.allowed_retry_status = [500]
    assert retry("POST", 500) is not None
    assert retry("GET", 500) is retry("POST", 503) is None
    del config.allowed_retry_methods
    assert retry("GET", 500) is not None


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_21_the_timeout_is_honoured_at_any_time(silent: str, key: str) -> None:
    with GAS(key, silent) as gas:
        config.max_retries = 0
        for seconds in (0.01, 0.2):
            config.timeout = seconds
            start = monotonic()
            with pytest.raises(TransportError):
                gas.get_user()
            assert seconds <= monotonic() - start < 15


async def test_21_async_clients_honour_all_of_it_too(tmp_path: Path, key: str, server: str, silent: str) -> None:
    file, cache = anyio.Path(tmp_path / "a"), anyio.Path(tmp_path / "cache")
    await file.write_bytes(b"x" * 2000)
    async with AsyncGAS(key, server) as gas:
        client = await gas.create_dataset("D")
        await client.create_draft("draft")
        segment = await client.create_segment()
        await segment.upload_data(Data(str(file)))
        await client.commit("first")
        await client.enable_cache(str(cache))
        data = await segment.get_data("a")
        with profile:
            async with data.aopen() as opened:
                assert await opened.read() == b"x" * 2000
            assert await data.aread() == b"x" * 2000
        (downloads,) = profile.summary().values()
        assert downloads["callNumber"] == 1
        cached = cache / client.dataset_id / str(client.status.commit_id) / segment.name / "a"
        assert [found async for found in cached.parent.iterdir()] == [cached]
        await cached.write_bytes(b"from the cache")
        assert await data.aread() == b"from the cache"

    async with AsyncGAS(key, silent) as gas:
        config.max_retries = 0
        for seconds in (0.01, 0.2):
            config.timeout = seconds
            start = monotonic()
            with pytest.raises(TransportError):
                await gas.get_user()
            assert seconds <= monotonic() - start < 15


def test_21_certificates_are_checked_until_told_otherwise(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = anyio.run(create_key, ServerSettings(home=home), "tester")
    certificate, private = ensure_self_signed(home, "127.0.0.1")
    settings = ServerSettings(home=home)
    config.max_retries = 0
    with running_server(settings, ssl_certfile=certificate, ssl_keyfile=private) as url, GAS(key, url) as gas:
        with pytest.raises(TransportError, match=r"(?i)certificate"):
            gas.get_user()
        config.verify_tls_certificate = False
        assert gas.get_user().name == "tester"
        config.verify_tls_certificate = True
        with pytest.raises(TransportError, match=r"(?i)certificate"):
            gas.get_user()


def test_1_clients_work_during_and_after_a_profile(gas: GAS, tmp_path: Path) -> None:
    gas.create_dataset("D")
    with profile as pf:
        client = gas.get_dataset("D")
        client.create_draft("draft")
        segment = client.create_segment()
        (tmp_path / "file").write_bytes(b"x" * 2000)
        segment.upload_data(Data(tmp_path / "file"))
        assert len(segment.get_data("file").open().read()) == 2000
    assert gas.get_user().name == "tester"

    pf.save(tmp_path / "profile.json", "json")
    summary = json.loads((tmp_path / "profile.json").read_text())
    item = summary["[GET] datasets"]
    assert (item["callNumber"], item["rawTotalFileSize"]) == (1, 0)
    assert item["totalResponseLength"] > 0
    assert "[GET] users" not in summary
    (host,) = (key for key in summary if key.startswith("[GET] 127.0.0.1"))
    assert summary[host]["totalFileSize"] == "1.95KB"
    pf.save(tmp_path / "profile.csv", "csv")
    with (tmp_path / "profile.csv").open() as file:
        assert {row["Path"] for row in csv.DictReader(file)} == set(summary)
    pf.save(tmp_path / "profile.txt")
    assert len((tmp_path / "profile.txt").read_text().splitlines()) == len(summary) + 1
    with pytest.raises(ValueError, match="txt, json, csv"):
        pf.save(tmp_path / "profile.xml", "xml")


def test_1_a_profile_for_several_processes(gas: GAS) -> None:
    profile.start(multiprocess=True)
    gas.get_user()
    profile.stop()
    assert profile.summary()["[GET] users"]["callNumber"] == 1


def test_sizes() -> None:
    assert [format_size(size) for size in (0, 1, 1536, 1024**2)] == ["0B", "1.00B", "1.50KB", "1.00MB"]


def test_3_refusals_are_logged_without_secrets(gas: GAS, key: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tensorbay"), pytest.raises(Exception, match=r"127\.0\.0\.1:9"):
        gas.create_s3_storage_config(
            "s3", "", endpoint="http://127.0.0.1:9", accesskey_id="id", accesskey_secret="hidden", bucket_name="b"
        )
    assert "POST" in caplog.text
    assert '"bucketName": "b"' in caplog.text
    assert "hidden" not in caplog.text
    assert key not in caplog.text
    caplog.clear()
    with pytest.raises(ResourceNotExistError):
        gas.get_dataset("nothing")
    assert caplog.text == ""
