"""Faults that a real server will not produce, made with respx."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import httpx
import pytest
import respx
from pydantic import SecretStr

from tensorbay.aio import AsyncGAS, ClientSettings
from tensorbay.exception import (
    ClientError,
    ForbiddenError,
    ResourceNotExistError,
    ResponseError,
    TransportError,
    UnauthorizedError,
)

KEY = "Accesskey-0123456789abcdef0123456789abcdef"
URL = "http://server.test"
USERS = f"{URL}/gatewayv2/tensorbay-open-api/v1/users"


@pytest.fixture
def gas() -> AsyncGAS:
    return AsyncGAS(KEY, URL)


@respx.mock
async def test_every_request_carries_key_source_and_a_new_id(gas: AsyncGAS) -> None:
    route = respx.get(USERS).respond(json={"nickname": "me"})
    await gas.get_user()
    await gas.get_user()
    first, second = (call.request.headers for call in route.calls)
    assert first["X-Token"] == KEY
    assert first["X-Source"].startswith("PYTHON-SDK/2.")
    assert len(first["X-Request-Id"]) == 32
    assert first["X-Request-Id"] != second["X-Request-Id"]
    await gas.aclose()


@respx.mock
async def test_a_read_is_repeated_until_the_server_is_back(gas: AsyncGAS) -> None:
    route = respx.get(USERS)
    route.side_effect = [
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.ConnectError("refused"),
        httpx.Response(200, json={"nickname": "me"}),
    ]
    assert (await gas.get_user()).name == "me"
    assert route.call_count == 3


async def test_a_ca_bundle_that_is_none_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    async with AsyncGAS(KEY, "https://server.test", settings=ClientSettings(ca_bundle=bundle)) as gas:
        with pytest.raises(ClientError, match=r"ca\.pem \(TENSORBAY_CA_BUNDLE\) cannot be used: No such file"):
            await gas.get_user()
        bundle.write_text("nonsense")
        with pytest.raises(ClientError, match=r"ca\.pem \(TENSORBAY_CA_BUNDLE\) cannot be used: it has no certificate"):
            await gas.get_user()


@respx.mock
async def test_a_create_is_sent_once(gas: AsyncGAS) -> None:
    route = respx.post(f"{URL}/gatewayv2/tensorbay-open-api/v1/datasets").respond(503, json={"code": "Busy"})
    with pytest.raises(ResponseError):
        await gas.create_dataset("x")
    assert route.call_count == 1


@respx.mock
async def test_a_create_whose_answer_is_lost_is_not_repeated(gas: AsyncGAS) -> None:
    route = respx.post(f"{URL}/gatewayv2/tensorbay-open-api/v1/datasets")
    route.side_effect = httpx.ReadTimeout("")
    with pytest.raises(TransportError, match=r"No answer from http://server\.test/: ReadTimeout"):
        await gas.create_dataset("x")
    assert route.call_count == 1


@respx.mock
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "ResourceNotExist", ResourceNotExistError),
        (403, "Forbidden", ForbiddenError),
        (401, "Unauthorized", UnauthorizedError),
        # By code, never by status.
        (400, "ResourceNotExist", ResourceNotExistError),
        (404, "SomethingNew", ResponseError),
    ],
)
async def test_the_code_of_a_refusal_chooses_the_exception(
    gas: AsyncGAS, status: int, code: str, error: type[ResponseError]
) -> None:
    respx.get(USERS).respond(status, json={"code": code, "message": "what to do"})
    with pytest.raises(error, match="what to do") as caught:
        await gas.get_user()
    assert type(caught.value) is error
    assert caught.value.response.status_code == status
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (error, str(caught.value))


@respx.mock
@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"message": "no code"}', b"\xff"])
async def test_an_answer_that_is_none_of_ours_is_shown(gas: AsyncGAS, body: bytes) -> None:
    respx.get(USERS).respond(418, content=body)
    with pytest.raises(ResponseError, match=r"Unexpected status code\(418\)! http://server.test"):
        await gas.get_user()


@respx.mock
async def test_the_key_is_in_no_message_repr_or_log(gas: AsyncGAS, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    respx.get(USERS).respond(500, json={"code": "InternalServerError", "message": "broken"})
    with pytest.raises(ResponseError) as caught:
        await gas.get_user()
    settings = ClientSettings(access_key=SecretStr(KEY), url=URL)
    shown = f"{caught.value!r} {caught.value} {gas!r} {settings!r} {AsyncGAS(settings=settings)._session.transport!r}"
    assert KEY not in shown
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("key", "url", "words"),
    [
        (KEY, "", "needs the URL of its server"),
        ("nonsense", URL, "Wrong accesskey format"),
        ("", URL, "http://server.test needs an access key"),
        ("", "file:///home#1", "write `\\?` as %3F"),
        ("", "file:///home?x", "write `\\?` as %3F"),
        (KEY, "ftp://server", "expected http://host"),
        (KEY, "server.test", "expected http://host"),
    ],
)
def test_a_malformed_key_or_url_says_what_is_expected(key: str, url: str, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        AsyncGAS(key, url)


def test_a_server_may_lie_below_a_path() -> None:
    assert repr(AsyncGAS(KEY, "https://host.test/base")) == "AsyncGAS('https://host.test/base/')"


def test_settings_travel_with_the_data() -> None:
    settings = ClientSettings(timeout=5)
    access_key, url, travelled = pickle.loads(pickle.dumps(AsyncGAS(KEY, URL, settings=settings)._session.connection))
    assert (access_key, url, travelled) == (KEY, URL, settings)


def test_settings_come_from_the_environment_and_arguments_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBAY_URL", URL)
    monkeypatch.setenv("TENSORBAY_ACCESS_KEY", KEY)
    assert repr(AsyncGAS()) == "AsyncGAS('http://server.test/')"
    assert repr(AsyncGAS(url="https://other.test/path/")) == "AsyncGAS('https://other.test/path/')"
    monkeypatch.setenv("TENSORBAY_ACCESS_KEY", "")
    monkeypatch.setenv("TENSORBAY_URL", "file:///somewhere")
    assert repr(AsyncGAS()) == "AsyncGAS('http://embedded/')"
