from __future__ import annotations

import msgspec
import pytest

from tensorbay.exception import InvalidParamsError, NameConflictError, ResourceNotExistError
from tensorbay.server.index import CommitRef, DraftRef, Index
from tests.server.index.datasets import make, raw, work_on

GOOD_NAMES = [
    "with space",
    "a?b",
    "a#b",
    "a/b",
    "100%",
    "%2F",
    "日本語",
    "\U0001f600",
    "'; --",
    '"',
    "x" * 255,
    "..",
    "\\",
]
GOOD_KEYS = [*GOOD_NAMES[:-2], "a/..b/c", "a//b", "a/", ".", "line\nbreak", "é" * 512, "\uffff", "\x7f"]
BAD_KEYS = ["", "/a", "..", "a/../b", "../a", "a/..", "a\\b", "a\0b", "é" * 513, "\ud800"]
BAD_NAMES = ["", "x" * 256, "a\nb", "a\0", "\x7f", "\udfff"]


async def test_good_names_come_back_as_they_are(index: Index) -> None:
    for name in GOOD_NAMES:
        work = await work_on(index, name)
        draft = await work.draft()
        await work.segment(draft, name, [make(key) for key in GOOD_KEYS])
        commit = await work.commit(draft, tag=name)
        await index.versions.create_branch(work.dataset, name, "main")
        found = await index.datasets.find("team", name)
        assert found is not None
        assert found.id == work.dataset
        assert await index.versions.resolve(work.dataset, name) == commit
        entries = await work.entries(CommitRef(commit), name)
        assert [entry.key for entry in entries] == sorted(GOOD_KEYS)
        for key in GOOD_KEYS:
            assert await index.contents.get(work.dataset, CommitRef(commit), name, key) == make(key)


@pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
async def test_bad_keys_are_refused_and_the_rest_of_their_batch(index: Index, key: str) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train")
    with pytest.raises(InvalidParamsError) as caught:
        await index.contents.put(work.dataset, draft, "train", [make("good"), make(key)])
    assert ascii(key)[:200] in str(caught.value)
    assert await work.entries(DraftRef(draft), "train") == []


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
async def test_bad_names_are_refused(index: Index, name: str) -> None:
    work = await work_on(index)
    draft = await work.draft()
    with pytest.raises(InvalidParamsError, match="segment name"):
        await index.contents.create_segment(work.dataset, draft, name)
    with pytest.raises(InvalidParamsError, match="dataset name"):
        await index.datasets.create("team", name)
    with pytest.raises(InvalidParamsError, match="tag name"):
        await work.commit(draft, tag=name)
    await work.commit(draft)
    for create in (index.versions.create_branch, index.versions.create_tag):
        with pytest.raises(InvalidParamsError, match="name"):
            await create(work.dataset, name, "main")


@pytest.mark.parametrize(
    "label", [b"", b"{", b"[]", b"null", b"1", b"{},{}", b'{"a":\xff}', b'{"a":"\xff"}', b'{"a":01}', b" {}"], ids=ascii
)
async def test_a_label_that_is_no_json_object_is_refused(index: Index, label: bytes) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train", [make("a")])
    bad = msgspec.structs.replace(make("b"), label=msgspec.Raw(label))
    with pytest.raises(InvalidParamsError, match='label of "b"'):
        await index.contents.put(work.dataset, draft, "train", [make("c"), bad])
    with pytest.raises(InvalidParamsError, match='label of "a"'):
        await index.contents.put_labels(work.dataset, draft, "train", [("a", msgspec.Raw(label))])
    assert await work.entries(DraftRef(draft), "train") == [make("a")]


async def test_entries_come_back_byte_for_byte_and_type_for_type(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    labels = [b'{ "a" : 1.50,"b":1e400 }', '{"ü":"\\u00fc \U0001f600"}'.encode(), b"{}", b'{"x":[1,\n2]}']
    timestamps: list[int | float | None] = [1, 1.0, None, 1614667532.25, 2**62, -1, 0]
    entries = [
        msgspec.structs.replace(make(f"{i}-{j}"), label=msgspec.Raw(label), timestamp=timestamp)
        for i, label in enumerate(labels)
        for j, timestamp in enumerate(timestamps)
    ]
    await work.segment(draft, "train", entries)
    for entry, given in zip(await work.entries(DraftRef(draft), "train"), entries, strict=True):
        assert entry == given
        assert type(entry.timestamp) is type(given.timestamp)
        assert bytes(entry.label) == bytes(given.label)


async def test_messages_name_what_is_there(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train", [make(f"images/{number:04}.jpg") for number in range(2000)])
    with pytest.raises(NameConflictError, match="segment: train already exists"):
        await index.contents.create_segment(work.dataset, draft, "train")
    with pytest.raises(ResourceNotExistError, match=r'segment: trian does not exist. Nearby: "train"'):
        await index.contents.put(work.dataset, draft, "trian", [make("a")])
    near = await index.contents.nearby(work.dataset, DraftRef(draft), "train", "images/1500.jpeg")
    assert near[0] == "images/1500.jpg"
    assert len(near) == 5
    with pytest.raises(ResourceNotExistError, match=r'data: images/1500.png does not exist. Nearby: "images/1500.jpg"'):
        await index.contents.delete(work.dataset, draft, "train", ["images/0001.jpg", "images/1500.png"])
    with pytest.raises(ResourceNotExistError, match="data: zzz"):
        await index.contents.put_labels(work.dataset, draft, "train", [("images/0001.jpg", raw({})), ("zzz", raw({}))])
    assert len(await work.entries(DraftRef(draft), "train", step=1000)) == 2000
    with pytest.raises(ResourceNotExistError, match=f"commit: {'f' * 32}"):
        await index.contents.list_segments(work.dataset, CommitRef("f" * 32))
