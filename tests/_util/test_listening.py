from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tensorbay._util.listening import check_listening
from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.exception import ClientError
from tests.servers import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that is listened on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_free_port_stays_free(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    certificate, key = ensure_self_signed(tmp_path, "127.0.0.1")
    for _ in range(2):
        check_listening("127.0.0.1", port, certificate=certificate, key=key)


def test_a_port_that_is_taken(taken: int) -> None:
    with pytest.raises(ClientError, match=f"Cannot listen on 127.0.0.1:{taken}: something else does.*another port"):
        check_listening("127.0.0.1", taken)


@pytest.mark.parametrize(
    ("host", "words"),
    [("no-such-host.invalid", "the name is unknown"), ("203.0.113.7", "it is no address of this machine")],
)
def test_a_host_that_is_another(host: str, words: str) -> None:
    with pytest.raises(ClientError, match=f"Cannot listen on {host}:0: {words}"):
        check_listening(host, 0)


def test_files_that_are_no_certificate(tmp_path: Path) -> None:
    (first, _), (second, _) = (ensure_self_signed(tmp_path / name, name) for name in ("a", "b"))
    text = tmp_path / "text"
    text.write_text("nonsense")
    for certificate, key in ((text, text), (tmp_path / "a/tls/ca.pem", second), (first, text)):
        with pytest.raises(ClientError, match="no certificate and its private key: they are not PEM, or do not belong"):
            check_listening("127.0.0.1", 0, certificate=certificate, key=key)
    with pytest.raises(ClientError, match="No such file"):
        check_listening("127.0.0.1", 0, certificate=tmp_path / "none", key=text)
