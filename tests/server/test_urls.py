from __future__ import annotations

import time
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorbay.exception import AccessDeniedError
from tensorbay.server.urls import UrlSigner

SIGNER = UrlSigner(b"k" * 32)
BASE = "https://host/base/"


def parts(url: str) -> tuple[str, str, int, str]:
    split = urlsplit(url)
    query = parse_qs(split.query)
    config_id, _, path = split.path.removeprefix("/base/objects/").partition("/")
    return config_id, unquote(path), int(query["expires"][0]), query["signature"][0]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_path_comes_back(path: str) -> None:
    (url,) = SIGNER.sign(BASE, "c1", [path], method="GET", expires=time.time() + 60)
    config_id, found, expires, signature = parts(url)
    assert (config_id, found) == ("c1", path)
    SIGNER.verify("GET", config_id, found, expires=expires, signature=signature)
    SIGNER.verify("HEAD", config_id, found, expires=expires, signature=signature)


@given(version=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_version_is_signed_with_it(version: str) -> None:
    whole, part = SIGNER.sign(BASE, "c1", ["a", "a"], method="GET", expires=2**33, versions=[None, version])
    assert parse_qs(urlsplit(part).query, keep_blank_values=True)["version"] == [version]
    SIGNER.verify("GET", "c1", "a", expires=2**33, signature=parts(part)[3], version=version)
    for url, chosen in ((whole, version), (part, None), (part, f"{version}x")):
        with pytest.raises(AccessDeniedError, match="signature"):
            SIGNER.verify("GET", "c1", "a", expires=2**33, signature=parts(url)[3], version=chosen)
    (other,) = SIGNER.sign(BASE, "c1", [f"{version}\na"], method="GET", expires=2**33)
    assert parts(other)[3] != parts(part)[3]


@pytest.mark.parametrize(
    ("method", "config_id", "path", "later", "signature"),
    [
        ("PUT", "c1", "a/b", 0, None),
        ("GET", "c2", "a/b", 0, None),
        ("GET", "c1", "a/c", 0, None),
        ("GET", "c1", "a/b", 1, None),
        ("GET", "c1", "a/b", 0, ""),
        ("GET", "c1", "a/b", 0, "ä\udcff"),
    ],
)
def test_a_signature_is_for_one_thing(
    method: str, config_id: str, path: str, later: int, signature: str | None
) -> None:
    (url,) = SIGNER.sign(BASE, "c1", ["a/b"], method="GET", expires=time.time() + 60)
    _, _, expires, good = parts(url)
    with pytest.raises(AccessDeniedError, match="signature"):
        SIGNER.verify(
            method, config_id, path, expires=expires + later, signature=good if signature is None else signature
        )


def test_a_url_ends() -> None:
    (url,) = SIGNER.sign(BASE, "c1", ["a"], method="GET", expires=time.time() - 1)
    config_id, path, expires, signature = parts(url)
    with pytest.raises(AccessDeniedError, match="expired"):
        SIGNER.verify("GET", config_id, path, expires=expires, signature=signature)


def test_another_key_signs_differently() -> None:
    (url,) = UrlSigner(b"x" * 32).sign(BASE, "c1", ["a"], method="GET", expires=time.time() + 60)
    config_id, path, expires, signature = parts(url)
    with pytest.raises(AccessDeniedError):
        SIGNER.verify("GET", config_id, path, expires=expires, signature=signature)
