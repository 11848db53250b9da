from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
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


async def test_what_is_lent_ends_and_is_not_what_was_given(sts: str) -> None:
    role = AssumeRole(role_arn=ROLE, source=KEY, external_id="planted-id", sts_endpoint=sts)
    vended = await vend(options(role), prefix="data/images", seconds=1000)
    assert vended.key.token
    assert vended.key.key_id != KEY.key_id
    assert vended.key.secret != KEY.secret
    assert vended.prefix == "data/images"
    assert 0 < vended.expire_at - time.time() < 1100
    assert vended.key.secret not in repr(vended)
    assert vended.key.token not in repr(vended)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.eu-west-1.amazonaws.com:443",
        "S3.eu-west-1.amazonaws.com/",
        "https://b.s3.cn-north-1.amazonaws.com.cn",
    ],
)
async def test_aws_is_asked_however_its_endpoint_is_spelled(endpoint: str) -> None:
    role = AssumeRole(role_arn=ROLE, source=KEY)
    with pytest.raises(StorageUnreachableError, match="AWS STS"):
        await vend(options(role, endpoint), prefix="", proxy="http://127.0.0.1:9")


async def test_who_lends_nothing_says_why(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    for given in (FolderOptions(root=tmp_path), options(KEY)):
        with pytest.raises(StorageError, match="Only the credentials of a role"):
            await vend(given, prefix="")
    role = AssumeRole(role_arn=ROLE, source=KEY)
    for endpoint in ("http://127.0.0.1:8333", "https://amazonaws.com.example"):
        with pytest.raises(StorageError, match="is not AWS"):
            await vend(options(role, endpoint), prefix="")
    with pytest.raises(StorageUnreachableError) as caught:
        await vend(options(replace(role, sts_endpoint=f"http://127.0.0.1:{port}")), prefix="")
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


def test_the_policy_lets_s3_use_the_keys_of_the_lender() -> None:
    assert len(session_policy("bucket", "a")["Statement"]) == 2
    *_, keys = session_policy("bucket", "a", kms=True)["Statement"]
    assert (keys["Action"], keys["Condition"]) == (["kms:Decrypt"], {"StringLike": {"kms:ViaService": ["s3.*"]}})
    *_, keys = session_policy("bucket", "a", kms=True, write=True)["Statement"]
    assert keys["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
