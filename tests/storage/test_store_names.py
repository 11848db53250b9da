"""Odd names, which every store takes as they are or refuses by name."""

from __future__ import annotations

import re

import pytest

from tensorbay.exception import StorageError
from tensorbay.storage import Store
from tests.storage.filling import Place, keys_of
from tests.storage.test_store_objects import fetch

GOOD = [
    *("plain.txt", "with space", " lead", "trail ", "q?uery", "h#ash", "p%cent", "a%2Fb", "enc%20oded", "%", "%zz"),
    *("~", "t~lde", "a*b", "a+b", "a&b", "a=b", "a:b", "a;b", "a,b", "a@b", "a$b", "a!b", "(x)", "[x]", "{x}"),
    *("a'b", 'a"b', "a<b>c", "a|b", "a^b", "a`b", "ünï", "e\u0301", "\u00e9", "日本語/🎉", "\ufeffbom", "\U0010fffd"),
    *("n" * 255, "é" * 127, "/".join(["deep"] * 40), "...", "..a", "a..", "a/.../b", ".hidden/x", "-", "CON", "\u00a0"),
]
BAD = [
    *(
        "",
        "/",
        "/lead",
        "trail/",
        "a//b",
        "//",
        ".",
        "..",
        "./x",
        "../x",
        "a/./b",
        "a/../b",
        "a/..",
        "nul\0",
        "/etc/passwd",
    ),
    *("\udc80", "a\ud800b", "x" * 1025, "é" * 513),
]


async def test_good_names_work_everywhere(place: Place, store: Store) -> None:
    for key in GOOD:
        info = await store.put(key, key.encode())
        assert info.path == key
    assert await keys_of(store) == sorted(GOOD)
    urls = await store.sign(GOOD)
    for key, url in zip(GOOD, urls, strict=True):
        assert (await store.head(key)).path == key
        assert await store.get(key) == key.encode()
        assert b"".join([piece async for piece in store.stream(key, start=1)]) == key.encode()[1:]
        assert await fetch(url, proxy=place.proxy) == key.encode()
        [first, *_] = await keys_of(store, key)
        assert first == key
    assert await keys_of(store, limit=7) == sorted(GOOD)
    await store.delete(GOOD)
    assert await keys_of(store) == []


async def test_good_names_are_copied(store: Store) -> None:
    for number, key in enumerate(GOOD):
        await store.put("source", key.encode())
        assert (await store.copy("source", key)).path == key
        assert await store.get(key) == key.encode()
        await store.copy(key, f"copies/{number}")
        assert await store.get(f"copies/{number}") == key.encode()


@pytest.mark.parametrize("key", BAD)
async def test_bad_names_are_refused_by_name(store: Store, key: str) -> None:
    words = re.escape(f"The key {key!r} cannot be used: it ")
    for call in (store.get, store.head, lambda key: store.put(key, b""), lambda key: store.copy("a", key)):
        with pytest.raises(StorageError, match=words):
            await call(key)
    for calls in (store.sign, store.delete):
        with pytest.raises(StorageError, match=words):
            await calls(["a", key])
    with pytest.raises(StorageError, match=words):
        await anext(store.stream(key))
    assert await keys_of(store) == []


@pytest.mark.parametrize("key", ["new\nline", "tab\tx", "\x01", "\x7f", "a\uffffb", "a\ufffeb", "back\\slash"])
async def test_names_that_s3_cannot_carry(place: Place, store: Store, key: str) -> None:
    """A folder can: its names are what they are."""
    if place.kind not in ("folder", "service"):
        with pytest.raises(StorageError, match=re.escape(f"The key {key!r} cannot be used: it has a ")):
            await store.put(key, b"x")
        assert await keys_of(store) == []
        return
    await store.put(key, b"x")
    assert await keys_of(store) == [key]
    assert await store.get(key) == b"x"
    [url] = await store.sign([key])
    assert await fetch(url, proxy=place.proxy) == b"x"


@pytest.mark.parametrize("prefix", ["..", "../", "a/../", "./", "/", "/etc/", "a/..", "\0", "\udc80", "x" * 2000])
async def test_a_bad_prefix_finds_nothing_or_is_refused(store: Store, prefix: str) -> None:
    await store.put("a/b", b"x")
    for call in (store.list_page, store.list_level):
        try:
            found = await call(prefix)
        except StorageError:
            continue
        assert not any(found)
