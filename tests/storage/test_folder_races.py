"""Links that are swapped in while a request is on its way lead nowhere; what killed processes left is removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from tensorbay.exception import StorageAccessError, StorageError
from tensorbay.storage import FolderOptions, FolderStore, Store, _beneath, check_windows_key
from tests.storage.filling import keys_of, write_all

SECONDS = 1.0


@contextlib.contextmanager
def swapping(path: Path, target: Path) -> Iterator[None]:
    """`path` is by turns what it was and a link to `target`, as fast as can be."""
    stop = threading.Event()
    aside = path.with_name(f"{path.name}.aside")

    def swap() -> None:
        while not stop.is_set():
            path.rename(aside)
            with contextlib.suppress(FileExistsError):  # a writer has made the folder anew
                path.symlink_to(target)
            while aside.exists():
                if path.is_symlink():
                    path.unlink()
                else:
                    shutil.rmtree(path, ignore_errors=True)
                with contextlib.suppress(OSError):
                    aside.rename(path)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def hammer(call: Callable[[], Awaitable[object]], *, least: int = 0) -> list[object]:
    """All that was ever answered: until then, where `least` have to be and a write to the disk takes long."""
    found: list[object] = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or len(found) < least:
        with contextlib.suppress(StorageError):
            found.append(await call())
    return found


def names_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.fixture
def outside(tmp_path: Path, root: Path) -> Path:
    write_all(tmp_path, ["outside/file", "outside/only outside", "outside/.tensorbay/uploads/x"])
    write_all(root, ["a/file"])
    (root / "a/file").write_bytes(b"inside")
    return tmp_path / "outside"


async def test_a_folder_swapped_for_a_link_is_not_read_through(folder_store: Store, root: Path, outside: Path) -> None:
    with swapping(root / "a", outside):
        assert set(await hammer(lambda: folder_store.get("a/file"))) <= {b"inside"}
        size = len(b"inside")
        heads = await hammer(lambda: folder_store.head("a/file"))
        assert {head.size for head in heads} <= {size}  # type: ignore[attr-defined]
        for listing in await hammer(lambda: folder_store.list_page("a/")):
            assert {info.path for info in listing} <= {"a/file"}  # type: ignore[attr-defined]
        for level in await hammer(lambda: folder_store.list_level("a/")):
            assert set(level.files) <= {"a/file"}  # type: ignore[attr-defined]


async def test_a_folder_swapped_for_a_link_is_not_written_through(
    folder_store: Store, root: Path, outside: Path
) -> None:
    before = names_below(outside)
    with swapping(root / "a", outside):
        await hammer(lambda: folder_store.put("a/new", b"x"), least=1)
        await hammer(lambda: folder_store.delete(["a/only outside", "a/file"]))
        assert names_below(outside) == before


async def test_the_folder_of_uploads_swapped_for_a_link(folder_store: Store, root: Path, outside: Path) -> None:
    await folder_store.put("b", b"x")
    with swapping(root / ".tensorbay", outside / ".tensorbay"):
        seen = names_below(outside)
        for _ in await hammer(lambda: folder_store.put("b", b"x")):
            assert names_below(outside) == seen


async def test_a_file_swapped_for_a_link_is_not_read_through(folder_store: Store, root: Path, outside: Path) -> None:
    with swapping(root / "a/file", outside / "file"):
        assert set(await hammer(lambda: folder_store.get("a/file"))) <= {b"inside"}


async def test_without_open_directories_links_are_judged_all_the_same(
    root: Path, folder_store: FolderStore, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where only the race remains."""
    monkeypatch.setattr(_beneath, "HAS_DIR_FD", False)
    (root / "out").symlink_to(outside)
    (root / "in").symlink_to("a")
    (root / "link").symlink_to("a/file")
    (root / "link out").symlink_to(outside / "file")
    assert await folder_store.get("in/file") == await folder_store.get("link") == b"inside"
    assert await keys_of(folder_store) == ["a/file", "link"]
    await folder_store.put("deep/er/new", b"x")
    await folder_store.delete(["link"])
    assert await folder_store.get("deep/er/new") == b"x"
    for key in ("out/file", "link out"):
        with pytest.raises(StorageAccessError):
            await folder_store.get(key)
    with pytest.raises(StorageAccessError):
        await folder_store.put("out/new", b"x")
    assert await keys_of(folder_store) == ["a/file", "deep/er/new"]
    assert (outside / "file").read_bytes() == b"outside/file"


WRITER = """
import asyncio, sys
from tensorbay.storage import FolderOptions, open_store

async def body():
    yield b"half of it"
    print("writing", flush=True)
    await asyncio.sleep(60)

asyncio.run(open_store(FolderOptions(root=sys.argv[1])).put("key", body()))
"""


def test_what_a_killed_process_left_is_removed_and_no_more(root: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        store = FolderStore(FolderOptions(root=root))
        uploads = root / ".tensorbay/uploads"
        assert len(os.listdir(uploads)) == 1  # noqa: PTH208
        assert anyio.run(store.remove_abandoned) == 0
        process.kill()
        process.wait()
    assert len(list(uploads.iterdir())) == 1
    assert anyio.run(store.remove_abandoned) == 1
    assert not list(uploads.iterdir())
    assert anyio.run(FolderStore(FolderOptions(root=root.parent)).remove_abandoned) == 0


@pytest.mark.parametrize(
    "key",
    [
        *(
            "C:/x",
            "C:x",
            "a/b:stream",
            "a\\b",
            "..\\x",
            "CON",
            "con.txt",
            "a/NUL",
            "aux .x",
            "COM1",
            "lpt9.log",
            "LPT¹",
        ),
        *("a.", "a ", "a./b", "a?b", "a*b", "a<b", "a|b", 'a"b', "a\x01", "CONIN$", "a/PRN.tar.gz"),
    ],
)
def test_names_that_windows_takes_for_others(key: str) -> None:
    with pytest.raises(StorageError, match="cannot be used"):
        check_windows_key(key)


@pytest.mark.parametrize("key", ["a/b.txt", "CONSOLE", "a/COM10", "com.txt", "ünï/日本", ".hidden", "a b", "NULL.x"])
def test_names_that_windows_takes_as_they_are(key: str) -> None:
    check_windows_key(key)
