"""Stores behind the guard, as they are in a served server."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from tensorbay.exception import ForbiddenError, StorageAccessError, StorageError, StorageUnreachableError
from tensorbay.server import ServerSettings
from tensorbay.server.egress import Egress, EgressProxy, Network
from tensorbay.storage import (
    AccessKey,
    AssumeRole,
    AzureOptions,
    FolderOptions,
    GcsOptions,
    ManagedIdentity,
    Options,
    S3Options,
    SasToken,
    ServiceAccount,
    ServiceOptions,
    Store,
    open_store,
)
from tests.gcs_gateway import Account
from tests.servers import S3Server, free_ports

LOCAL = Network(allowed=(ip_network("127.0.0.1"),))
PUBLIC = "1.1.1.1"
KEY = AccessKey(key_id="id", secret="secret")
BODY = bytes(range(256)) * (1 << 16)  # 16 MiB


@contextlib.asynccontextmanager
async def guarded(network: Network) -> AsyncIterator[Egress]:
    egress = Egress(await EgressProxy.open(network))
    try:
        yield egress
    finally:
        await egress.aclose()


@contextlib.asynccontextmanager
async def opened(options: Options, network: Network = LOCAL) -> AsyncIterator[Store]:
    """Without the look at the endpoint that comes before: what the proxy makes of it."""
    proxy = await EgressProxy.open(network)
    store = open_store(options, proxy=proxy.team("team").url)
    try:
        yield store
    finally:
        await store.aclose()
        await proxy.aclose()


def s3(endpoint: str, bucket: str = "bucket", key: AccessKey = KEY) -> S3Options:
    return S3Options(endpoint=endpoint, bucket=bucket, credentials=key)


def certificate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """For servers on this machine, and trusted."""
    authority = trustme.CA()
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "127.0.0.2").configure_cert(context)
    return context


@contextlib.asynccontextmanager
async def over_tls(endpoint: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """The same server behind a certificate."""
    target = urlsplit(endpoint)
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(target.hostname, target.port)
        writers.extend((outer, writer))
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    async with await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:  # of clients that have not said goodbye
            writer.transport.abort()


@contextlib.asynccontextmanager
async def website(
    handler: Callable[[web.Request], Awaitable[web.Response]], host: str, context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, host=host, scheme="http" if context is None else "https")
    await server.start_server(ssl=context)
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_bucket_in_a_network_that_is_allowed(
    s3_server: S3Server, s3_bucket: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = AccessKey(key_id=s3_server.access_key_id, secret=s3_server.access_key_secret)
    async with contextlib.AsyncExitStack() as stack:
        endpoint = s3_server.endpoint
        if scheme == "https":
            endpoint = await stack.enter_async_context(over_tls(endpoint, certificate(tmp_path, monkeypatch)))
        egress = await stack.enter_async_context(guarded(LOCAL))
        store = await egress.open_store("team", s3(endpoint, s3_bucket, key))
        stack.push_async_callback(store.aclose)
        await store.check()  # aiobotocore; all others are obstore
        await store.put("big", BODY)
        assert await store.get("big") == BODY
        names = [f"{number:02}" for number in range(40)]
        await asyncio.gather(*(store.put(name, name.encode() * 1000) for name in names))
        found = await asyncio.gather(*(store.get(name) for name in names))
        assert found == [name.encode() * 1000 for name in names]
        assert [item.path for item in await store.list_page("")] == [*names, "big"]

        egress = await stack.enter_async_context(guarded(Network(allowed=(ip_network("127.0.0.2"),))))
        with pytest.raises(ForbiddenError, match=r"--allow-network.*TENSORBAY_ALLOW_NETWORKS") as caught:
            await egress.open_store("team", s3(endpoint, s3_bucket, key))
        assert endpoint in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_is_refused_later_says_so_whether_something_listens_or_not(
    s3_server: S3Server, s3_bucket: str, scheme: str
) -> None:
    (nobody,) = free_ports(1)
    for port in (nobody, urlsplit(s3_server.endpoint).port):
        endpoint = f"{scheme}://127.0.0.1:{port}"
        async with opened(s3(endpoint, s3_bucket), Network()) as store:
            quick = (store.head("a"), store.put("a", b"a"), store.list_page("")) if scheme == "http" else ()
            for call in (store.check(), store.get("a"), *quick):
                with pytest.raises(StorageAccessError) as caught:
                    await call
                assert str(caught.value) == (
                    f"This server does not open {endpoint}: the endpoint, or the place that it sends requests on to, "
                    "is not at a public address. The server's operator can allow it."
                )


async def test_a_service_that_is_refused_later_is_named_without_what_was_asked() -> None:
    endpoint = "http://127.0.0.1:9"
    async with opened(ServiceOptions(endpoint=endpoint, token=lambda _: "token"), Network()) as store:
        for call in (store.check(), store.get("a"), store.list_page("")):
            with pytest.raises(StorageAccessError, match=f"^This server does not open {endpoint}: the endpoint, or"):
                await call


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_words_for_an_endpoint_that_does_not_answer(scheme: str) -> None:
    (port,) = free_ports(1)
    endpoint = f"{scheme}://127.0.0.1:{port}"
    async with opened(s3(endpoint)) as store:
        with pytest.raises(StorageUnreachableError, match=f"{endpoint} does not answer: Nothing listens"):
            await store.check()
        with pytest.raises(StorageUnreachableError, match=endpoint):
            await store.head("a")


async def test_the_password_of_the_proxy_is_in_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    proxy = await EgressProxy.open(Network())
    url = proxy.team("team").url
    password = str(urlsplit(url).password)
    for scheme in ("http", "https"):
        store = open_store(s3(f"{scheme}://127.0.0.1:1"), proxy=url)
        for call in (store.check(), store.get("a")):
            with pytest.raises(StorageError) as caught:
                await call
            text = "".join(traceback.format_exception(caught.value))
            for secret in (password, "Basic "):
                assert secret not in text + caplog.text + repr(store)
        await store.aclose()
    await proxy.aclose()


async def test_a_name_that_changes_its_address_after_the_check(s3_server: S3Server) -> None:
    port = urlsplit(s3_server.endpoint).port
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC if len(asked) == 1 else "127.0.0.1"]

    async with guarded(Network(resolve=rebinding)) as egress:
        store = await egress.open_store("team", s3(f"http://rebinding.example:{port}", "ready"))
        with pytest.raises(StorageAccessError, match=r"does not open http://rebinding\.example"):
            await store.list_page("")
        assert len(asked) == 2
        with pytest.raises(StorageAccessError, match=r"does not open http://rebinding\.example"):
            await store.check()
        await store.aclose()


def azure(endpoint: str) -> AzureOptions:
    return AzureOptions(endpoint=endpoint, account="account", container="bucket", credentials=SasToken(token="sig=x"))


def gcs(endpoint: str) -> GcsOptions:
    return GcsOptions(endpoint=endpoint, bucket="bucket", credentials=ServiceAccount(json=Account().key_file))


@pytest.mark.parametrize("options", [s3, azure, gcs])
@pytest.mark.parametrize("size", [4, 6 << 30])
async def test_a_copy_at_a_name_that_changes_its_address(
    options: Callable[[str], Options], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By other clients than the look at its source; no variable of the environment leads any of them past the guard."""
    monkeypatch.setenv("NO_PROXY", "*")
    address, asked = "127.0.0.1", []

    async def resolve(host: str, port: int) -> list[str]:
        return [address]

    async def outside(request: web.Request) -> web.Response:
        nonlocal address
        asked.append(request.method)
        address = "127.0.0.2"
        headers = {"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Length": f"{size}"}
        return web.Response(headers=headers)

    network = Network(allowed=(ip_network("127.0.0.1"),), resolve=resolve)
    async with website(outside, "0.0.0.0") as url, guarded(network) as egress:
        endpoint = f"http://rebinding.example:{urlsplit(url).port}"
        store = await egress.open_store("team", options(endpoint))
        with pytest.raises(StorageAccessError, match=f"does not open {endpoint}"):
            await store.copy("key", "copy")
        await store.aclose()
    assert asked == ["HEAD"]


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_redirect_to_an_address_that_is_refused(
    allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors: list[str] = []

    async def inside(request: web.Request) -> web.Response:
        visitors.append(request.path)
        return web.Response(text="secrets", headers={"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})

    async def outside(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{target}/latest/meta-data")

    networks = (ip_network("127.0.0.1"), *([ip_network("127.0.0.2")] if allowed else []))
    context = certificate(tmp_path, monkeypatch)
    async with (
        website(inside, "127.0.0.2", context) as target,
        website(outside, "127.0.0.1", context) as endpoint,
        opened(s3(endpoint), Network(allowed=networks)) as store,
    ):
        if allowed:  # so the redirect is followed
            assert await store.get("key") == b"secrets"
        else:
            with pytest.raises(StorageAccessError, match=f"does not open {endpoint}: .* sends requests on to"):
                await store.get("key")
    assert visitors == (["/latest/meta-data"] if allowed else [])


async def test_the_identity_of_the_machine_opens_no_way_to_where_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens come past the proxy, by another client than the store's: that one a store may send anywhere."""
    tokens: list[str] = []
    visitors: list[str] = []

    async def metadata(request: web.Request) -> web.Response:
        if request.path != "/token":
            visitors.append(request.path)
        return web.json_response({"access_token": "t0ken", "expires_in": 3600})

    async def outside(request: web.Request) -> web.Response:
        tokens.append(request.headers["Authorization"])
        raise web.HTTPTemporaryRedirect(f"{target}/secrets")

    async with website(metadata, "127.0.0.2") as target, website(outside, "127.0.0.1") as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{target}/token")
        options = AzureOptions(
            endpoint=endpoint, account="account", container="container", credentials=ManagedIdentity()
        )
        async with opened(options) as store:
            for operation in (store.check, lambda: store.get("key")):
                with pytest.raises(StorageAccessError, match=f"does not open {endpoint}: .* sends requests on to"):
                    await operation()
    assert tokens == ["Bearer t0ken"] * 2
    assert not visitors


@pytest.mark.parametrize(
    "options",
    [
        s3("127.0.0.1:80"),
        s3("http://localhost"),
        s3("http://0x7f000001"),
        s3("http://[::1]:9000"),
        s3("http://[::ffff:169.254.169.254]"),
        S3Options(
            endpoint=f"https://{PUBLIC}",
            bucket="b",
            credentials=AssumeRole(role_arn="arn", source=KEY, sts_endpoint="http://169.254.169.254"),
        ),
        AzureOptions(endpoint="http://10.0.0.1", account="a", container="c", credentials=SasToken(token="sig=x")),
        GcsOptions(bucket="b", endpoint="http://10.0.0.1", credentials=ServiceAccount(json="{}")),
        ServiceOptions(endpoint="http://10.0.0.1:9000", token=lambda _: "token"),
    ],
    ids=lambda options: type(options).__name__,
)
async def test_every_url_of_the_options_is_looked_at(options: Options) -> None:
    async with guarded(Network()) as egress:
        with pytest.raises(ForbiddenError, match="not public"):
            await egress.open_store("team", options)


async def test_addresses_for_who_connects_himself() -> None:
    async with guarded(LOCAL) as egress:
        guard = egress.guard("team")
        assert guard is not None
        assert await guard.resolve("127.0.0.1", 80) == ["127.0.0.1"]
        with pytest.raises(StorageAccessError, match=r"^127\.0\.0\.2 is at an address that is not public"):
            await guard.resolve("127.0.0.2", 80)
        with pytest.raises(StorageUnreachableError, match=r"no-such-host\.invalid is unknown"):
            await guard.resolve("no-such-host.invalid", 80)


async def test_what_is_no_endpoint_is_told_by_the_store() -> None:
    async with guarded(Network()) as egress:
        for endpoint in ("http://[", "http://", "ftp://x y", "http://a:99999999"):
            with pytest.raises(StorageError, match="no S3 endpoint"):
                await egress.open_store("team", s3(endpoint))


async def test_an_embedded_program_goes_where_it_wants(s3_server: S3Server, s3_bucket: str, tmp_path: Path) -> None:
    options = s3(s3_server.endpoint, s3_bucket, AccessKey(key_id=s3_server.access_key_id, secret="not-so-secret/+="))
    egress = await Egress.open(ServerSettings(home=tmp_path, embedded=True))
    assert egress.guard("team") is None
    store = await egress.open_store("team", options)
    await store.check()
    await store.aclose()
    await egress.aclose()


async def test_folders_are_no_endpoints(tmp_path: Path) -> None:
    egress = await Egress.open(ServerSettings(home=tmp_path))
    (tmp_path / "folder").mkdir()
    assert await (await egress.open_store("team", FolderOptions(root=tmp_path / "folder"))).list_page("") == []
    await egress.aclose()
