from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from tensorbay.exception import AccessDeniedError, InvalidParamsError
from tensorbay.local_storage import TokenSigner, TokenVerifier
from tensorbay.storage import Grant, Operation

AUDIENCE = "http://nas:9000"
SIGNER = TokenSigner(b"k" * 32)
VERIFIER = TokenVerifier(SIGNER.public_key, audiences=[AUDIENCE])
OPERATIONS = st.lists(st.sampled_from(["read", "write", "list", "delete"]), unique=True).map(tuple)
KEYS = st.text(min_size=1, max_size=60).filter(lambda key: key.isprintable())


def token(**changes: Any) -> str:
    grant = Grant(
        **{"operations": ("read",), "expires": time.time() + 60, "key": "data/1.png", **changes.pop("grant", {})}
    )
    return SIGNER.sign(grant, **{"audience": AUDIENCE, "team": "t", **changes})


@given(operations=OPERATIONS, key=KEYS, prefix=KEYS)
def test_what_is_signed_is_what_is_allowed(operations: tuple[Operation, ...], key: str, prefix: str) -> None:
    exact = VERIFIER.verify(token(grant={"operations": operations, "key": key}))
    below = VERIFIER.verify(token(grant={"operations": operations, "key": None, "prefix": prefix}))
    assert (exact.ops, exact.key, exact.sub) == (operations, key, "t")
    for operation in ("read", "write", "list", "delete"):
        assert exact.allows(operation, key) == below.allows(operation, prefix + key) == (operation in operations)
        assert not exact.allows(operation, key + "x")
        assert not below.allows(operation, "x" + prefix if not prefix.startswith("x") else "y")


def test_another_library_reads_and_believes_them() -> None:
    key = OKPKey.import_key(SIGNER.public_key)
    claims = jwt.decode(token(), key, algorithms=["Ed25519"]).claims
    assert claims.pop("exp") == pytest.approx(time.time() + 60, abs=5)
    assert claims == {"aud": AUDIENCE, "sub": "t", "ops": ["read"], "key": "data/1.png"}


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    good = token()
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_.=~é").filter(lambda character: character != good[at]))
    for changed in (good[:at] + other + good[at + 1 :], good[:at] + other + good[at:], good[:at] + good[at + 1 :]):
        with pytest.raises(AccessDeniedError):
            VERIFIER.verify(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "http://other:9000"},
        {"sub": "u"},
        {"exp": 2**40},
        {"ops": ["read", "write"]},
        {"key": "data/2.png"},
        {"key": None, "prefix": ""},
        {"prefix": ""},
        {"extra": 1},
    ],
)
@pytest.mark.parametrize("header", [{"alg": "Ed25519", "typ": "JWT"}, {"alg": "none"}, {"alg": "HS256", "typ": "JWT"}])
def test_no_claim_can_be_changed(change: dict[str, Any], header: dict[str, str]) -> None:
    head, payload, signature = token().split(".")
    claims = {**json.loads(_decoded(payload)), **change}
    forged = f"{_encoded(header)}.{_encoded(claims)}"
    for other in (f"{forged}.{signature}", f"{forged}.", f"{head}.{_encoded(claims)}.{signature}"):
        with pytest.raises(AccessDeniedError, match="changed on the way"):
            VERIFIER.verify(other)
    # With the public key as the secret of a symmetric algorithm, as careless libraries allow.
    mac = hmac.digest(SIGNER.public_key.encode(), forged.encode(), hashlib.sha256)
    with pytest.raises(AccessDeniedError, match="changed on the way"):
        VERIFIER.verify(f"{forged}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


@pytest.mark.parametrize("bad", ["", ".", "..", "...", "a.b.c", "é.é.é", "x" * 100_000, "\0", "=.=.="])
def test_what_is_no_token(bad: str) -> None:
    with pytest.raises(AccessDeniedError):
        VERIFIER.verify(bad)


def test_a_token_is_for_one_service_one_team_and_a_while() -> None:
    with pytest.raises(AccessDeniedError, match="for the service http://other:9000, this one is http://nas:9000"):
        VERIFIER.verify(token(audience="http://other:9000"))
    teams = TokenVerifier(SIGNER.public_key, audiences=["http://NAS:9000/", "https://nas"], teams=["t"])
    assert teams.verify(token()).sub == "t"
    with pytest.raises(AccessDeniedError, match="not for the team"):
        teams.verify(token(team="u"))
    with pytest.raises(AccessDeniedError, match="expired"):
        VERIFIER.verify(token(grant={"expires": time.time() - 11}))
    assert VERIFIER.verify(token(grant={"expires": time.time() - 2})).sub == "t"  # clocks differ
    with pytest.raises(AccessDeniedError, match="not signed by the server"):
        TokenVerifier(TokenSigner(b"o" * 32).public_key, audiences=[AUDIENCE]).verify(token())


def test_keys_of_another_kind_are_refused() -> None:
    rsa = generate_private_key(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for text in ("", "ssh-ed25519 AAAA", rsa.decode()):
        with pytest.raises(InvalidParamsError, match="no Ed25519 key in PEM"):
            TokenVerifier(text, audiences=[AUDIENCE])


def test_the_secret_stays_inside() -> None:
    seed = b"k" * 32
    assert (
        Ed25519PrivateKey.from_private_bytes(seed)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        == SIGNER.public_key.encode()
    )
    assert repr(SIGNER) == "TokenSigner(...)"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
