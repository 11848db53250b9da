from __future__ import annotations

import pytest

from tensorbay.exception import ObjectNotFoundError, StorageError
from tensorbay.storage import Store, StoreBelow


async def test_a_part_is_a_store_of_its_own(store: Store) -> None:
    part, other = StoreBelow(store, "teams/one"), StoreBelow(store, "teams/one-more")
    await other.put("a/secret", b"theirs")
    for path in ("a/1", "a/2", "b"):
        assert (await part.put(path, path.encode())).path == path
    assert [info.path for info in await part.list_page("")] == ["a/1", "a/2", "b"]
    assert [info.path for info in await part.list_page("a/", after="a/1", limit=1)] == ["a/2"]
    assert await part.list_level("") == (["a/"], ["b"])
    assert (await part.head("a/1")).path == "a/1"
    assert await part.get("a/1", start=2) == b"1"
    assert b"".join([chunk async for chunk in part.stream("b")]) == b"b"
    assert (await part.copy("b", "c/d")).path == "c/d"
    assert await store.get("teams/one/c/d") == b"b"
    assert "teams/one/b" in (await part.sign(["b"]))[0]
    await part.delete(["b"])
    with pytest.raises(ObjectNotFoundError):
        await part.get("b")
    await part.check()


@pytest.mark.parametrize("path", ["../one-more/a", "a/../../one-more/a", "/teams/one-more/a", "", "a//b"])
async def test_nothing_else_can_be_named(store: Store, path: str) -> None:
    await store.put("teams/one-more/a", b"theirs")
    part = StoreBelow(store, "teams/one")
    with pytest.raises(StorageError):
        await part.get(path)
    with pytest.raises(StorageError):
        await part.put(path, b"")
    with pytest.raises(StorageError):
        await part.sign([path])
    with pytest.raises(StorageError):
        await part.delete([path])
    if path:
        assert await part.list_page(path) == []
        assert await part.list_level(path) == ([], [])
