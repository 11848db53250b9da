"""Buckets on a real server: credentials, addresses, odd names, the environment, errors."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from obstore import exceptions

from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage import AccessKey, S3Options, Store, open_store
from tensorbay.storage._errors import MAPPING, Place, to_storage_error
from tests.servers import S3Server, free_ports
from tests.storage.filling import keys_of

OPERATIONS: list[Callable[[Store], Awaitable[object]]] = [
    lambda store: store.check(),
    lambda store: store.list_page(""),
    lambda store: store.list_level(""),
    lambda store: store.get("key"),
    lambda store: store.head("key"),
    lambda store: store.put("key", b"x"),
    lambda store: store.copy("key", "other"),
    lambda store: store.delete(["key"]),
    lambda store: anext(store.stream("key")),
]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key_id": "wrong"}, "access key id 'wrong' is unknown"),
        ({"secret": "wrong"}, "secret does not belong to the access key id 'tensorbay-test'"),
    ],
)
async def test_wrong_keys_are_refused_at_once(s3_options: S3Options, change: dict[str, str], words: str) -> None:
    key = s3_options.credentials
    assert isinstance(key, AccessKey)
    store = open_store(replace(s3_options, credentials=replace(key, **change)))
    with pytest.raises(StorageAccessError, match=words):
        await store.check()
    for operation in OPERATIONS:
        with pytest.raises(StorageAccessError) as caught:
            await operation(store)
        assert key.secret not in str(caught.value)
    with pytest.raises(PermissionError):  # the twin among Python's own
        await store.get("key")
    await store.aclose()


async def test_a_missing_bucket_is_named(s3_options: S3Options) -> None:
    store = open_store(replace(s3_options, bucket="no-such-bucket"))
    for operation in OPERATIONS:
        with pytest.raises((StorageNotFoundError, ObjectNotFoundError), match="no-such-bucket"):
            await operation(store)
    with pytest.raises(StorageNotFoundError, match="There is no bucket 'no-such-bucket' at http://"):
        await store.check()
    await store.aclose()


async def test_an_endpoint_where_nothing_listens(s3_options: S3Options) -> None:
    [port] = free_ports(1)
    store = open_store(replace(s3_options, endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(StorageUnreachableError, match=f"Nothing listens at http://127.0.0.1:{port}"):
        await store.check()
    with pytest.raises(StorageUnreachableError, match=f"http://127.0.0.1:{port} does not answer: Connection refused"):
        await store.get("key")
    await store.aclose()


async def test_an_endpoint_whose_name_is_unknown(s3_options: S3Options) -> None:
    store = open_store(replace(s3_options, endpoint="http://no-such-host.invalid"))
    with pytest.raises(StorageUnreachableError, match=r"name of http://no-such-host\.invalid is unknown"):
        await store.check()
    with pytest.raises(StorageUnreachableError, match="lookup"):
        await store.list_page("")
    await store.aclose()


async def test_tls_where_there_is_none(s3_options: S3Options) -> None:
    store = open_store(replace(s3_options, endpoint=s3_options.endpoint.replace("http:", "https:")))
    for operation in OPERATIONS[:3]:
        with pytest.raises(StorageUnreachableError, match="does not speak TLS; is it an http:// endpoint"):
            await operation(store)
    await store.aclose()


@pytest.mark.parametrize(
    ("endpoint", "url", "region"),
    [
        ("http://127.0.0.1:8333", "http://127.0.0.1:8333", "us-east-1"),
        ("http://[::1]:8333/", "http://[::1]:8333", "us-east-1"),
        (" https://s3.us-west-1.amazonaws.com/ ", "https://s3.us-west-1.amazonaws.com", "us-west-1"),
        ("s3.amazonaws.com", "https://s3.amazonaws.com", "us-east-1"),
        ("s3-eu-central-1.amazonaws.com", "https://s3-eu-central-1.amazonaws.com", "eu-central-1"),
        ("s3.dualstack.ap-south-1.amazonaws.com", "https://s3.dualstack.ap-south-1.amazonaws.com", "ap-south-1"),
        ("s3.cn-north-1.amazonaws.com.cn", "https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("s3.us-gov-west-1.amazonaws.com", "https://s3.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("minio.example.com:9000", "https://minio.example.com:9000", "us-east-1"),
    ],
)
async def test_endpoints(s3_options: S3Options, endpoint: str, url: str, region: str) -> None:
    for given, wanted in ((None, region), ("eu-north-1", "eu-north-1")):
        store = open_store(replace(s3_options, endpoint=endpoint, region=given))
        [signed] = await store.sign(["key"])
        assert signed.startswith(f"{url}/{s3_options.bucket}/key?")
        assert f"%2F{wanted}%2Fs3%2F" in signed


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "http://", "ftp://127.0.0.1", "s3://bucket", "http://host:port", "http://host:99999", "http://a b"),
        *("https://host/path", "https://host?x=1", "https://host#x", "https://user:hidden@host", "host/bucket"),
        "https://bucket-name.s3.us-west-1.amazonaws.com",
    ],
)
def test_what_is_no_endpoint_is_refused(endpoint: str) -> None:
    options = S3Options(endpoint=endpoint, bucket="bucket-name", credentials=AccessKey(key_id="id", secret="secret"))
    with pytest.raises(StorageError, match=r"is no S3 endpoint: .* should look like") as caught:
        open_store(options)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "url", "region"),
    [
        ("oss-cn-qingdao.aliyuncs.com", "https://my-data.oss-cn-qingdao.aliyuncs.com", "cn-qingdao"),
        ("https://oss-cn-hangzhou.aliyuncs.com/", "https://my-data.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("oss-us-west-1-internal.aliyuncs.com", "https://my-data.oss-us-west-1-internal.aliyuncs.com", "us-west-1"),
        ("s3.oss-cn-beijing.aliyuncs.com", "https://my-data.s3.oss-cn-beijing.aliyuncs.com", "cn-beijing"),
        ("s3.eu-west-1.amazonaws.com", "https://my-data.s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("http://minio.example.com:9000", "http://my-data.minio.example.com:9000", "us-east-1"),
    ],
)
async def test_buckets_that_are_hosts(endpoint: str, url: str, region: str) -> None:
    key = AccessKey(key_id="id", secret="secret")
    store = open_store(S3Options(endpoint=endpoint, bucket="my-data", credentials=key, addressing="virtual"))
    [signed] = await store.sign(["a b"])
    [versioned] = await store.sign(["a b"], versions=["7"])
    for one in (signed, versioned):
        assert one.startswith(f"{url}/a%20b?")
        assert f"%2F{region}%2Fs3%2F" in one
    await store.aclose()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "my-data.oss-cn-qingdao.aliyuncs.com"}, "write 'oss-cn-qingdao.aliyuncs.com'"),
        ({"endpoint": "http://127.0.0.1:8333"}, "goes before the host, which is a number"),
        ({"endpoint": "oss-cn-qingdao.aliyuncs.com/my-data"}, "the bucket is given apart from it"),
        ({"bucket": "My_Data"}, "cannot be part of a host's name"),
    ],
)
def test_what_is_no_host_of_a_bucket_is_refused(change: dict[str, str], words: str) -> None:
    key = AccessKey(key_id="id", secret="secret")
    good = S3Options(endpoint="oss-cn-qingdao.aliyuncs.com", bucket="my-data", credentials=key, addressing="virtual")
    with pytest.raises(StorageError, match=words):
        open_store(replace(good, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("bucket", ["", "a/b", "a b", "..", "bücket", "x" * 300])
def test_what_is_no_bucket_name_is_refused(bucket: str) -> None:
    with pytest.raises(StorageError, match="is no name of a bucket"):
        open_store(
            S3Options(endpoint="http://host", bucket=bucket, credentials=AccessKey(key_id="id", secret="secret"))
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("AWS_SESSION_TOKEN", "x"), ("AWS_SKIP_SIGNATURE", "true"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")),
        *(("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_S3_EXPRESS", "true"), ("AWS_REGION", "xx-west-9")),
        *(("AWS_ACCESS_KEY_ID", "x"), ("AWS_PROFILE", "no-such-profile"), ("AWS_CONFIG_FILE", "/no/such/file")),
    ],
)
async def test_the_environment_changes_nothing(
    s3_options: S3Options, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    store = open_store(s3_options)
    await store.check()
    await store.put("key", b"x")
    assert await keys_of(store) == ["key"]
    assert await store.list_level("") == ([], ["key"])
    [url] = await store.sign(["key"])
    assert "oken" not in url
    await store.aclose()


async def test_secrets_are_not_shown(s3_options: S3Options, s3_store: Store) -> None:
    key = s3_options.credentials
    assert isinstance(key, AccessKey)
    await s3_store.list_level("")  # both clients are up
    for shown in (repr(s3_options), str(s3_options), repr(s3_store), str(vars(s3_store))):
        assert key.secret not in shown
    assert s3_options.bucket in repr(s3_store)


@pytest.mark.parametrize("expires", [0, -1, 604_801])
async def test_signatures_live_up_to_a_week(s3_store: Store, expires: float) -> None:
    with pytest.raises(StorageError, match="604800 seconds"):
        await s3_store.sign(["key"], expires=expires)
    [url] = await s3_store.sign(["key"], expires=604_800)
    assert "X-Amz-Expires=604800" in url


async def test_a_cancelled_upload_leaves_no_parts(s3_server: S3Server, s3_options: S3Options, s3_store: Store) -> None:
    first_part = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * 20_000_000
        first_part.set()
        while True:
            yield b"x"
            await asyncio.sleep(0.001)

    upload = asyncio.ensure_future(s3_store.put("key", body()))
    await first_part.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    uploads = await asyncio.to_thread(s3_server.client.list_multipart_uploads, Bucket=s3_options.bucket)
    assert "Uploads" not in uploads


def test_every_error_of_obstore_has_its_place() -> None:
    """And none is caught by a more general one before its turn."""
    mapped = [foreign for foreign, _ in MAPPING]
    classes = [member for _, member in inspect.getmembers(exceptions) if inspect.isclass(member)]
    assert len(classes) >= 12
    for error in classes:
        assert error in mapped or error is exceptions.__dict__["NotFoundError"]  # never raised, says obstore
        assert isinstance(to_storage_error(error("words"), Place("e", "b", "k")), StorageError)
    for position, foreign in enumerate(mapped):
        assert not any(issubclass(foreign, earlier) for earlier in mapped[:position])


def test_after_a_fork_signing_works_and_the_rest_is_refused_instead_of_hanging(s3_options: S3Options) -> None:
    code = """
        import asyncio, os, sys
        from tensorbay.exception import StorageError
        from tensorbay.storage import AccessKey, S3Options, open_store

        endpoint, bucket, key_id, secret = sys.argv[1:]
        store = open_store(
            S3Options(endpoint=endpoint, bucket=bucket, credentials=AccessKey(key_id=key_id, secret=secret))
        )
        asyncio.run(store.put("key", b"x"))
        child = os.fork()
        if child == 0:
            [url] = asyncio.run(store.sign(["key"]))
            print(url.partition("?")[0], flush=True)
            try:
                asyncio.run(store.get("key"))
            except StorageError as error:
                print(error, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    """
    key = s3_options.credentials
    assert isinstance(key, AccessKey)
    given = [s3_options.endpoint, s3_options.bucket, key.key_id, key.secret]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *given],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    url, error = done.stdout.splitlines()
    assert url == f"{s3_options.endpoint}/{s3_options.bucket}/key"
    assert "forked" in error
    assert "spawn" in error
