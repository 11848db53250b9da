from __future__ import annotations

import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tensorbay.exception import StorageError, StorageUnreachableError
from tensorbay.storage import AccessKey, AssumeRole, FolderOptions, S3Options, vend
from tensorbay.storage._vending import session_policy
from tests.servers import free_ports

KEY = AccessKey(key_id="AKIAPLANTED", secret="planted-secret")
ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.fixture(scope="module")
def sts() -> Iterator[str]:
    (port,) = free_ports(1)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def options(credentials: AccessKey | AssumeRole, endpoint: str = "https://s3.eu-west-1.amazonaws.com") -> S3Options:
    return S3Options(endpoint=endpoint, bucket="bucket", credentials=credentials)


@pytest.mark.parametrize("kind", ["user", "role"])
async def test_what_is_lent_ends_and_is_not_what_was_given(sts: str, kind: str) -> None:
    role = AssumeRole(role_arn=ROLE, source=KEY, external_id="planted-id", sts_endpoint=sts)
    given = options(KEY if kind == "user" else role)
    vended = await vend(given, prefix="data/images", seconds=1000, sts_endpoint=sts)
    assert vended.key.token
    assert vended.key.key_id != KEY.key_id
    assert vended.key.secret != KEY.secret
    assert vended.prefix == "data/images"
    assert 0 < vended.expire_at - time.time() < 1100
    assert vended.key.secret not in repr(vended)
    assert vended.key.token not in repr(vended)


async def test_who_lends_nothing_says_why(tmp_path: Path, unused_tcp_port: int) -> None:
    with pytest.raises(StorageError, match="Only S3"):
        await vend(FolderOptions(root=tmp_path), prefix="")
    with pytest.raises(StorageError, match="is not AWS"):
        await vend(options(KEY, "http://127.0.0.1:8333"), prefix="")
    with pytest.raises(StorageUnreachableError) as caught:
        await vend(options(KEY), prefix="", sts_endpoint=f"http://127.0.0.1:{unused_tcp_port}")
    assert KEY.secret not in str(caught.value)


@pytest.mark.parametrize(
    ("prefix", "inside", "outside"),
    [
        ("data/images", ["data/images/1.png", "data/images"], ["data/images2/1", "data/labels/1", "other"]),
        ("", ["1.png", "data/images/1.png"], []),
    ],
)
def test_the_policy_covers_the_folder(prefix: str, inside: list[str], outside: list[str]) -> None:
    listing, reading = session_policy("bucket", prefix)["Statement"]
    places = reading["Resource"]
    for key in inside:
        assert any(fnmatchcase(f"arn:aws:s3:::bucket/{key}", place) for place in places)
    for key in outside:
        assert not any(fnmatchcase(f"arn:aws:s3:::bucket/{key}", place) for place in places)
    assert reading["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert listing["Resource"] == ["arn:aws:s3:::bucket"]
    assert ("Condition" in listing) == bool(prefix)
    prefixes = listing["Condition"]["StringLike"]["s3:prefix"] if prefix else ["*"]
    for listed, is_allowed in ((f"{prefix}/", True), (f"{prefix}/a", True), (prefix, not prefix)):
        assert any(fnmatchcase(listed, allowed) for allowed in prefixes) == is_allowed


def test_the_policy_allows_to_write_only_when_asked() -> None:
    assert "s3:PutObject" in session_policy("bucket", "a", write=True)["Statement"][1]["Action"]
    _, reading = session_policy("bucket", "a*/?", partition="aws-cn")["Statement"]
    assert reading["Resource"][1] == "arn:aws-cn:s3:::bucket/a${*}/${?}/*"
