from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509

from tensorbay import GAS, ClientSettings
from tensorbay.exception import ClientError, TransportError
from tensorbay.server import ServerSettings, ensure_self_signed
from tests.server.running import running_server

KEY = "Accesskey-0123456789abcdef0123456789abcdef"


def sans(file: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "::1", "gas.example.com", "192.168.0.7", "2001:db8::1"])
def test_the_certificate_names_the_host_and_this_machine(home: Path, host: str) -> None:
    certificate, key = ensure_self_signed(home, host)
    expected = {"localhost", "127.0.0.1", "::1"} | ({host} - {"0.0.0.0"})
    assert sans(certificate) == expected
    for file in (certificate, key, home / "tls" / "ca.key"):
        assert file.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" not in (home / "tls" / "ca.pem").read_bytes()
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)


def test_the_authority_outlives_restarts(home: Path) -> None:
    ensure_self_signed(home, "localhost")
    before = (home / "tls" / "ca.pem").read_bytes()
    (home / "tls" / "ca.pem").unlink()
    ensure_self_signed(home, "other.example.com")
    assert (home / "tls" / "ca.pem").read_bytes() == before


def test_a_client_that_trusts_the_authority_connects(home: Path) -> None:
    certificate, key = ensure_self_signed(home, "127.0.0.1")
    settings = ServerSettings(home=home)
    with running_server(settings, ssl_certfile=certificate, ssl_keyfile=key) as url:
        trusting = ssl.create_default_context(cafile=home / "tls" / "ca.pem")
        assert httpx.get(f"{url}healthz", verify=trusting).json() == {"status": "ok"}
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{url}healthz")


def refusal(url: str, **settings: Any) -> str:
    with GAS(KEY, url, settings=ClientSettings(max_retries=0, **settings)) as gas:
        with pytest.raises((TransportError, ClientError)) as caught:
            gas.get_user()
        return str(caught.value)


def test_a_client_says_what_to_do_about_tls(home: Path, tmp_path: Path) -> None:
    certificate, key = ensure_self_signed(home, "127.0.0.1")
    other = trustme.CA()
    elsewhere = tmp_path / "elsewhere.pem"
    elsewhere.write_bytes(other.issue_cert("other.test").private_key_and_cert_chain_pem.bytes())
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    settings = ServerSettings(home=home)
    with running_server(settings, ssl_certfile=certificate, ssl_keyfile=key) as url:
        assert "TENSORBAY_CA_BUNDLE names whom to trust" in refusal(url)
        assert "Is it an https:// server?" in refusal(url.replace("https:", "http:"))
        missing = refusal(url, ca_bundle=tmp_path / "missing.pem")
        assert missing == f"The CA bundle {tmp_path}/missing.pem (TENSORBAY_CA_BUNDLE) cannot be used: " + (
            "No such file or directory."
        )
        (tmp_path / "text").write_text("nonsense")
        assert "it has no certificate in PEM" in refusal(url, ca_bundle=tmp_path / "text")
    with running_server(settings, ssl_certfile=elsewhere, ssl_keyfile=elsewhere) as url:
        assert "--tls-name HOST" in refusal(url, ca_bundle=tmp_path / "other.pem")
    with running_server(settings) as url:
        assert "Is it an http:// server?" in refusal(url.replace("http:", "https:"))
