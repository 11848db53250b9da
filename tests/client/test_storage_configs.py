"""Storage configs through the clients."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tensorbay import GAS
from tensorbay.client.struct import StorageConfig
from tensorbay.credentials import (
    AccessKey,
    AccountKey,
    AssumeRole,
    AwsIdentity,
    GoogleIdentity,
    ManagedIdentity,
    SasToken,
    ServiceAccount,
)
from tensorbay.exception import ForbiddenError, InvalidParamsError, ResourceNotExistError, ResponseError
from tests.clouds import let_oss_resolve
from tests.servers import S3Server

SECRET = "planted-secret"
ROLE = "arn:aws:iam::123456789012:role/reader"
KEY_FILE = {"client_email": "reader@example.org", "private_key": SECRET}


@pytest.fixture
def gas(tmp_path: Path) -> Iterator[GAS]:
    with GAS(url=(tmp_path / "home").as_uri()) as gas:
        yield gas


def test_create_show_rotate_delete(
    gas: GAS, s3_server: S3Server, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_oss_resolve(s3_server, monkeypatch)
    key = AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret)
    place: dict[str, Any] = {"endpoint": s3_server.endpoint, "bucket_name": s3_bucket}
    gas.create_s3_storage_config("s3", "data", **place, credentials=key)
    oss = {**place, "endpoint": s3_server.oss_endpoint}
    gas.create_oss_storage_config("oss", "", **oss, accesskey_id=key.key_id, accesskey_secret=key.secret)
    config = gas.get_auth_storage_config("s3")
    assert (config.name, config.file_path, config.type, config.is_graviti_storage) == ("s3", "data", "s3", False)
    assert (config.endpoint, config.bucket_name) == (s3_server.endpoint, s3_bucket)
    assert config.credentials == {"type": "accessKey", "keyId": key.key_id}
    assert StorageConfig.loads(config.dumps()) == config
    assert [(one.name, one.type) for one in gas.list_auth_storage_configs()] == [
        ("managed", "local"),
        ("oss", "oss"),
        ("s3", "s3"),
    ]

    gas.create_dataset("Dogs", config_name="s3")
    second = AccessKey(key_id=s3_server.second_key_id, secret=s3_server.second_key_secret)
    changed = gas.update_storage_config("s3", credentials=second)
    assert changed.credentials == {"type": "accessKey", "keyId": second.key_id}
    assert changed == gas.get_auth_storage_config("s3")
    assert changed.datasets == ["Dogs"]
    with pytest.raises(ForbiddenError, match="`filePath`"):
        gas.update_storage_config("s3", file_path="other")
    gas.delete_storage_config("oss")
    with pytest.raises(ResourceNotExistError, match='"s3"'):
        gas.get_auth_storage_config("s4")


def test_reading_goes_on_with_rotated_credentials(gas: GAS, s3_server: S3Server, s3_bucket: str) -> None:
    for number in range(3):
        s3_server.client.put_object(Bucket=s3_bucket, Key=f"{number}", Body=b"%d" % number)
    key = AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret)
    cloud = gas.create_s3_storage_config("s3", "", endpoint=s3_server.endpoint, bucket_name=s3_bucket, credentials=key)
    files = cloud.list_auth_data()
    assert files[0].open().read() == b"0"
    second = AccessKey(key_id=s3_server.second_key_id, secret=s3_server.second_key_secret)
    gas.update_storage_config("s3", credentials=second)
    assert [file.open().read() for file in files] == [b"0", b"1", b"2"]


def test_the_calls_of_1x_are_those_of_1x() -> None:
    of_1x = {
        "create_oss_storage_config": "endpoint accesskey_id accesskey_secret bucket_name",
        "create_s3_storage_config": "endpoint accesskey_id accesskey_secret bucket_name",
        "create_azure_storage_config": "account_type account_name account_key container_name",
    }
    for name, keywords in of_1x.items():
        call = inspect.signature(getattr(GAS, name))
        call.bind(None, "name", "path", **dict.fromkeys(keywords.split(), "x"))
    inspect.signature(GAS.create_local_storage_config).bind(None, "name", "path", "http://host")


@pytest.mark.parametrize("given", [{}, {"accesskey_id": "i"}, {"accesskey_id": "i", "credentials": AwsIdentity()}])
def test_credentials_are_given_one_way(gas: GAS, given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="`credentials`"):
        gas.create_s3_storage_config("s3", "", bucket_name="b", **given)


def test_a_service_account_is_given_as_text_or_parsed() -> None:
    assert ServiceAccount(key=KEY_FILE) == ServiceAccount(key=ServiceAccount(key=KEY_FILE).key)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="key file") as caught:
        ServiceAccount(key=f'{{"private_key": "{SECRET}"}}')
    assert SECRET not in str(caught.value)


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("s3", {"bucket_name": "b", "credentials": AccessKey(key_id="i", secret=SECRET, token=SECRET)}),
    ("oss", {"bucket_name": "b", "credentials": AccessKey(key_id="i", secret=SECRET)}),
    (
        "s3",
        {
            "bucket_name": "b",
            "credentials": AssumeRole(role_arn=ROLE, source=AccessKey(key_id="i", secret=SECRET)),
        },
    ),
    ("azure", {"account_name": "acc", "container_name": "c", "credentials": AccountKey(key=SECRET)}),
    ("azure", {"account_name": "acc", "container_name": "c", "credentials": SasToken(token=SECRET)}),
    ("azure", {"account_name": "acc", "container_name": "c", "credentials": ManagedIdentity()}),
    ("gcs", {"bucket_name": "b", "credentials": ServiceAccount(key=KEY_FILE)}),  # type: ignore[arg-type]
    ("gcs", {"bucket_name": "b", "credentials": GoogleIdentity()}),
]


@pytest.mark.parametrize(("kind", "members"), CALLS)
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "gopher://x", "http://127.0.0.1:9?a"])
def test_a_refused_call_shows_no_secret(
    gas: GAS, caplog: pytest.LogCaptureFixture, kind: str, members: dict[str, Any], endpoint: str
) -> None:
    """Neither do the local variables of our frames, which some tools write into their reports."""
    with caplog.at_level(logging.DEBUG), pytest.raises((ResponseError, InvalidParamsError)) as caught:
        getattr(gas, f"create_{kind}_storage_config")("x", "", endpoint=endpoint, **members)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(line for frame in shown.stack if "tensorbay/" in frame.filename for line in _lines(frame))
    assert "credentials" in text
    for place in (text, str(caught.value), repr(caught.value), caplog.text, repr(members)):
        assert SECRET not in place
    assert [config.name for config in gas.list_auth_storage_configs()] == ["managed"]


def _lines(frame: traceback.FrameSummary) -> list[str]:
    return [f"{name} = {value}\n" for name, value in (frame.locals or {}).items()]
