"""Folders: their edges, links, odd files, and listings of large ones."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorbay.exception import ObjectNotFoundError, StorageAccessError, StorageError, StorageNotFoundError
from tensorbay.storage import FolderOptions, FolderStore, Store, _folder_listing, open_store
from tensorbay.storage._upload import Upload
from tests.storage.filling import chunks, keys_of, write_all
from tests.storage.opened import is_closed, keep_opened

NAMES = st.text("!-.0aé\\\n", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
KEYS = st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=25, unique=True).map(
    lambda keys: [key for key in keys if not any(other.startswith(f"{key}/") for other in keys)]
)


@settings(max_examples=60)
@given(keys=KEYS, prefix=st.text("!-./0a", max_size=3), after=st.text("!-./0aé", max_size=4), limit=st.integers(1, 8))
def test_any_files_come_in_the_order_of_their_keys(keys: list[str], prefix: str, after: str, limit: int) -> None:
    async def check(root: Path) -> None:
        store = open_store(FolderOptions(root=root))
        wanted = sorted(key for key in keys if key.startswith(prefix) and key > after)
        try:
            assert await keys_of(store, prefix, after=after, limit=limit) == wanted
        except StorageError:
            assert {"", ".", ".."} & set(prefix.split("/")[:-1])

    with TemporaryDirectory() as folder:
        write_all(Path(folder), keys)
        anyio.run(check, Path(folder))


async def test_large_folders_are_read_in_windows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_folder_listing, "_WINDOW_SIZE", 10)
    keys = [f"{folder}/{number:03}" for folder in ("a", "a-b", "a.b") for number in range(95)]
    write_all(root, keys)
    store = open_store(FolderOptions(root=root))
    for limit in (1, 7, 10, 11, 1000):
        assert await keys_of(store, limit=limit) == sorted(keys)
    assert await keys_of(store, "a/", after="a/0495") == keys[50:95]
    # A level too, whose first files lead nowhere.
    for number in range(30):
        (root / f"a/0{number:02}").unlink()
        (root / f"a/0{number:02}").symlink_to("nowhere")
    assert await store.list_level("a/", limit=3) == ([], keys[30:33])
    assert await store.list_level("a", limit=2) == (["a-b/", "a.b/"], [])
    assert await store.list_level("a/09", limit=20) == ([], keys[90:95])


async def test_a_settled_folder_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(root, [f"{number:03}" for number in range(50)])
    os.utime(root, (1, 1))
    scans: list[object] = []
    scandir = os.scandir

    def counting(path: str) -> object:
        scans.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    store = open_store(FolderOptions(root=root))
    assert len(await keys_of(store, limit=5)) == 50
    checks = 11  # each page looks whether the root is there
    assert len(scans) == 1 + checks
    write_all(root, ["new"])
    assert "new" in await keys_of(store, limit=5)


async def test_links_count_as_what_they_lead_to(root: Path, folder_store: Store) -> None:
    write_all(root, ["real/file"])
    (root / "file").symlink_to(root / "real/file")
    (root / "folder").symlink_to("real")
    (root / "loop").symlink_to(".")
    (root / "dangling").symlink_to("nowhere")
    assert await keys_of(folder_store) == ["file", "real/file"]
    assert (await folder_store.head("file")).size == len("real/file")
    assert await folder_store.get("file") == b"real/file"
    assert await folder_store.get("folder/file") == b"real/file"
    assert await keys_of(folder_store, "folder/") == ["folder/file"]
    with pytest.raises(ObjectNotFoundError):
        await folder_store.get("dangling")


async def test_links_out_of_the_root_lead_nowhere(root: Path, folder_store: Store, tmp_path: Path) -> None:
    write_all(tmp_path, ["outside/secret", "root-twin/secret"])
    (root / "file").symlink_to(tmp_path / "outside/secret")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "twin").symlink_to(tmp_path / "root-twin")
    (root / "dotted").symlink_to("../outside")
    write_all(root, ["inside"])
    assert await keys_of(folder_store) == ["inside"]
    for key in ("file", "folder/secret", "twin/secret", "dotted/secret", "folder/new"):
        for call in (folder_store.get, folder_store.head, lambda key: folder_store.copy(key, "copy")):
            with pytest.raises(StorageAccessError, match="leads out of the folder"):
                await call(key)
        with pytest.raises(StorageAccessError):
            await folder_store.sign([key])
    for prefix in ("folder/", "twin/", "dotted/s"):
        for list_call in (folder_store.list_page, folder_store.list_level):
            with pytest.raises(StorageAccessError):
                await list_call(prefix)
    with pytest.raises(StorageAccessError):
        await folder_store.put("folder/new", b"x")
    with pytest.raises(StorageAccessError):
        await folder_store.delete(["folder/secret"])
    assert (tmp_path / "outside/secret").read_text() == "outside/secret"
    assert not (tmp_path / "outside/new").exists()


async def test_replacing_and_deleting_a_link_leaves_its_end_alone(
    root: Path, folder_store: Store, tmp_path: Path
) -> None:
    write_all(tmp_path, ["outside/secret"])
    for name in ("replaced", "deleted"):
        (root / name).symlink_to(tmp_path / "outside/secret")
    await folder_store.put("replaced", b"new")
    await folder_store.delete(["deleted"])
    assert await keys_of(folder_store) == ["replaced"]
    assert await folder_store.get("replaced") == b"new"
    assert (tmp_path / "outside/secret").read_text() == "outside/secret"


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.path.relpath(path))  # an absolute name may be too long


async def test_only_regular_files_are_objects(root: Path, folder_store: Store) -> None:
    os.mkfifo(root / "pipe")
    (root / "device").symlink_to("/dev/zero")
    make_socket(root / "socket")
    write_all(root, ["file"])
    assert await keys_of(folder_store) == ["file"]
    assert await folder_store.list_level("") == ([], ["file"])
    for key in ("pipe", "socket"):
        with pytest.raises(StorageError):
            await folder_store.get(key)
        with pytest.raises(StorageError):
            await folder_store.head(key)


async def test_names_that_are_not_utf8_are_listed_in_an_error(root: Path, folder_store: Store) -> None:
    write_all(root, ["good/x", "bad/x"])
    write_all(root, [os.fsdecode(b"bad/caf\xe9")])
    with pytest.raises(StorageError, match=r"bad.* has 1 names that are not UTF-8: b'caf\\xe9'. Rename"):
        await keys_of(folder_store)
    with pytest.raises(StorageError, match="not UTF-8"):
        await folder_store.list_level("bad/")
    assert await keys_of(folder_store, "good/") == ["good/x"]


async def test_a_root_must_be_a_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for root, words in ((tmp_path / "gone", "does not exist"), (tmp_path / "file", "is a file, not a folder")):
        store = open_store(FolderOptions(root=root))
        operations: list[Callable[[], Awaitable[object]]] = [
            store.check,
            partial(store.list_page, ""),
            partial(store.list_level, "a/"),
            partial(store.put, "a/b", b"x"),
            partial(store.put, "a/b", chunks(b"x")),
        ]
        for operation in operations:
            with pytest.raises(StorageNotFoundError, match=words):
                await operation()
    assert not (tmp_path / "gone").exists()
    with pytest.raises(StorageError, match="not an absolute path"):
        await open_store(FolderOptions(root="relative")).check()


async def test_a_root_that_goes_away_is_told_and_not_made_anew(root: Path, folder_store: Store) -> None:
    await folder_store.put("key", b"x")
    os.rename(root, root.with_name("moved"))  # noqa: PTH104
    for call in (folder_store.get, folder_store.head, folder_store.list_page, lambda key: folder_store.put(key, b"")):
        with pytest.raises(StorageNotFoundError, match="does not exist"):
            await call("key")
    assert os.listdir(root.parent) == ["moved"]  # noqa: PTH208


async def test_a_file_cannot_be_where_a_folder_is(folder_store: Store) -> None:
    await folder_store.put("a/b", b"x")
    with pytest.raises(StorageError, match="'a' cannot be written: it is a folder"):
        await folder_store.put("a", b"x")
    with pytest.raises(StorageError, match="'a/b/c' cannot be written: a file is where it needs a folder"):
        await folder_store.put("a/b/c", b"x")
    assert await keys_of(folder_store) == ["a/b"]


async def test_names_too_long_for_the_file_system_are_refused(folder_store: Store) -> None:
    for call in (folder_store.get, folder_store.head, lambda key: folder_store.put(key, b"")):
        with pytest.raises(StorageError, match="name too long"):
            await call("x" * 300)
    assert await keys_of(folder_store) == []


async def test_files_are_made_as_the_user_makes_them(root: Path, folder_store: Store) -> None:
    (root / "by hand").write_bytes(b"")
    await folder_store.put("by us", b"")
    modes = {stat.S_IMODE((root / name).stat().st_mode) for name in ("by hand", "by us")}
    assert len(modes) == 1
    assert not any((root / ".tensorbay/uploads").iterdir())


async def test_a_reader_sees_the_old_file_or_the_new_one(folder_store: Store) -> None:
    bodies = [bytes([number]) * 2_000_000 for number in range(2)]
    await folder_store.put("key", bodies[0])
    seen: set[bytes] = set()

    async def write() -> None:
        for number in range(10):
            await folder_store.put("key", bodies[number % 2])
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        while True:
            seen.add(await folder_store.get("key"))
    assert seen <= set(bodies)


async def test_etags_tell_changes_and_survive_a_move(root: Path, folder_store: Store) -> None:
    before = (await folder_store.put("key", b"one")).etag
    with (root / "key").open("ab") as file:
        file.write(b"more")
    after = (await folder_store.head("key")).etag
    assert after != before
    (root / "moved").mkdir()
    (root / "key").rename(root / "moved/key")
    assert (await folder_store.head("moved/key")).etag == after


async def test_a_folder_signs_for_writing_too(folder_store: Store) -> None:
    assert await folder_store.sign(["key"], method="PUT") == await folder_store.sign(["key"])


def test_concurrent_listings_do_not_disturb_each_other(root: Path) -> None:
    keys = [f"{folder:02}/{number:02}" for folder in range(20) for number in range(20)]
    write_all(root, keys)
    store = open_store(FolderOptions(root=root))
    results: list[list[str]] = []

    async def check() -> None:
        async with anyio.create_task_group() as tasks:
            for limit in (3, 5, 7, 11):

                async def run(limit: int = limit) -> None:
                    results.append(await keys_of(store, limit=limit))

                tasks.start_soon(run)

    anyio.run(check)
    assert results == [keys] * 4


async def test_an_upload_that_is_repeated_is_no_other_file(folder_store: Store, root: Path) -> None:
    """Clients of 1.x send again what another dataset has indexed, by its etag."""
    key = f"data/.tensorbay/objects/{hashlib.sha1(b'content').hexdigest()}"
    first = await folder_store.put(key, b"content")
    os.utime(root / key, ns=(0, 1_000_000_007))
    before = await folder_store.head(key)
    assert before.etag != first.etag
    (root / key).write_bytes(b"damaged")
    os.utime(root / key, ns=(0, 1_000_000_007))
    assert await folder_store.put(key, chunks(b"con", b"tent")) == before == await folder_store.head(key)
    assert await folder_store.get(key) == b"content"
    (root / key).write_bytes(b"cut")
    assert (await folder_store.put(key, b"content")).etag != before.etag
    # Of any other name the file is another one.
    await folder_store.put("data/own", b"content")
    os.utime(root / "data/own", ns=(0, 1_000_000_007))
    assert (await folder_store.put("data/own", b"content")).etag != before.etag


async def test_a_copy_that_fails_closes_its_source(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> None:
        raise StorageError("the disk is full")

    await folder_store.put("source", b"content")
    opened = keep_opened(monkeypatch)
    monkeypatch.setattr(Upload, "write", write)
    with pytest.raises(StorageError, match="the disk is full"):
        await folder_store.copy("source", "target")
    assert [is_closed(file) for file in opened] == [True]


async def test_a_disk_that_is_mounted_below_is_told(
    folder_store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(StorageError, match="another disk than that of the storage's own folder"):
        await folder_store.put("disk/key", b"x")
    assert os.listdir(root / ".tensorbay/uploads") == []  # noqa: PTH208
