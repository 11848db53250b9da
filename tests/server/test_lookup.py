from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import pytest

from tensorbay.exception import (
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.server.lookup import look_up
from tensorbay.storage import FolderOptions, ObjectInfo, open_store
from tests.server.routes.scenes import make_files


class Counting:
    """A folder that counts what it is asked, and may refuse to be listed."""

    def __init__(self, root: Path) -> None:
        self._store = open_store(FolderOptions(root=root))
        self.lists = self.heads = self.at_once = self.most_at_once = 0
        self.refusal: Exception | None = None
        self.trouble: Exception | None = None

    async def list_page(self, prefix: str, *, after: str = "", limit: int = 1000) -> list[ObjectInfo]:
        self.lists += 1
        if self.refusal is not None:
            raise self.refusal
        return await self._store.list_page(prefix, after=after, limit=limit)

    async def head(self, path: str) -> ObjectInfo:
        self.heads += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.trouble is not None:
                raise self.trouble
            return await self._store.head(path)
        finally:
            self.at_once -= 1

    async def look_up(self, keys: Sequence[str]) -> dict[str, object]:
        found = await look_up(self, keys, limit=4)  # type: ignore[arg-type]  # that is all it needs
        return {key: info.size if isinstance(info, ObjectInfo) else type(info) for key, info in found.items()}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    paths = [f"images/{number:04}.png" for number in range(2500)]
    anyio.run(partial(make_files, root, *paths, ".tensorbay/objects/a", "alone", "zebra/z"))
    return root


async def test_keys_that_lie_together_are_listed(root: Path) -> None:
    store = Counting(root)
    wanted = [f"images/{number:04}.png" for number in range(0, 2500, 2)]
    assert await store.look_up([*reversed(wanted), "images/0001.jpg", "images/9.png"]) == {
        **dict.fromkeys(wanted, 15),
        "images/0001.jpg": ObjectNotFoundError,
        "images/9.png": ObjectNotFoundError,
    }
    assert store.lists == 3
    assert store.heads == 3  # the first one, and the two that are not there


async def test_keys_that_lie_alone_are_asked_for(root: Path) -> None:
    store = Counting(root)
    few = ["alone", "zebra/z", "images/0001.png", "none"]
    assert await store.look_up(few) == {"alone": 5, "zebra/z": 7, "images/0001.png": 15, "none": ObjectNotFoundError}
    assert (store.lists, store.heads) == (0, 4)
    # A listing that brings little is the last one.
    sparse = [f"images/{number:04}.png" for number in range(0, 2500, 80)]
    assert await store.look_up(sparse) == dict.fromkeys(sparse, 15)
    assert store.lists == 1
    assert store.most_at_once == 4


async def test_what_is_never_listed_is_asked_for(root: Path) -> None:
    store = Counting(root)
    wanted = [".tensorbay/objects/a", *[f".tensorbay/objects/{number}" for number in range(40)]]
    found = await store.look_up(wanted)
    assert found[".tensorbay/objects/a"] == 20
    assert set(found.values()) == {20, ObjectNotFoundError}
    assert store.lists == 0


async def test_who_cannot_list_may_look(root: Path) -> None:
    store = Counting(root)
    wanted = [f"images/{number:04}.png" for number in range(20)]
    for refusal in (StorageAccessError("no listing"), StorageError("an odd key among them")):
        store.refusal = refusal
        assert await store.look_up(wanted) == dict.fromkeys(wanted, 15)
    store.trouble = StorageAccessError("nor that")
    assert await store.look_up(wanted) == dict.fromkeys(wanted, StorageAccessError)
    assert await Counting(root / "gone").look_up(wanted) == dict.fromkeys(wanted, StorageNotFoundError)


async def test_a_store_that_does_not_answer_is_no_answer(root: Path) -> None:
    store = Counting(root)
    store.trouble = store.refusal = StorageUnreachableError("nobody there")
    with pytest.raises(StorageUnreachableError):
        await store.look_up(["alone"])
    with pytest.raises(StorageUnreachableError):
        await store.look_up([f"images/{number:04}.png" for number in range(20)])
    assert (store.lists, store.heads) == (1, 1)
