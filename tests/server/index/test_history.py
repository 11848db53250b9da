"""Any sequence of changes, reads and commits equals a plain dict, in every version."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorbay.exception import ResourceNotExistError
from tensorbay.server.index import CommitRef, DraftRef, Entry, Index, Ref
from tests.server.index.datasets import Work, make, raw, work_on

pytestmark = pytest.mark.usefixtures("small_pages")

Model = dict[str, dict[str, Entry]]

odd_keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\\"), min_size=1, max_size=6).filter(
    lambda key: key[0] != "/" and ".." not in key.split("/")
)
keys = st.one_of(st.integers(0, 60).map("{:02}".format), odd_keys)
names = st.sampled_from(["train", "test", "ünï ?#%/"])
steps = st.one_of(
    st.tuples(st.just("put"), names, st.lists(keys, max_size=40), st.integers(0, 3)),
    st.tuples(st.just("put"), names, st.lists(keys, max_size=40), st.integers(0, 3)),
    st.tuples(st.just("label"), names, st.lists(keys, max_size=3), st.integers(0, 3)),
    st.tuples(st.just("delete"), names, st.lists(keys, max_size=12)),
    st.tuples(st.just("remove"), names),
    st.tuples(st.just("copy"), names, names),
    st.tuples(st.just("move"), names, names),
    st.tuples(st.just("read"), names),
    st.tuples(st.just("commit")),
    st.tuples(st.just("abandon")),
)


class History:
    """A dataset beside its model."""

    def __init__(self, work: Work, draft: int) -> None:
        self.work = work
        self.contents = work.index.contents
        self.draft = draft
        self.model: Model = {}
        self.commits: list[tuple[str, Model]] = []

    async def step(self, name: str, *arguments: Any) -> None:
        await getattr(self, name)(*arguments)

    async def put(self, segment: str, keys: list[str], generation: int) -> None:
        if segment not in self.model:
            await self.work.segment(self.draft, segment)
            self.model[segment] = {}
        entries = [make(key, generation + place) for place, key in enumerate(keys)]
        await self.contents.put(self.work.dataset, self.draft, segment, entries)
        self.model[segment] |= {entry.key: entry for entry in entries}

    async def label(self, segment: str, keys: list[str], generation: int) -> None:
        labels = [(key, raw({"label": generation})) for key in keys]
        call = self.contents.put_labels(self.work.dataset, self.draft, segment, labels)
        if await self.refused(call, segment, keys):
            return
        for key, label in labels:
            self.model[segment][key] = msgspec.structs.replace(self.model[segment][key], label=label)

    async def delete(self, segment: str, keys: list[str]) -> None:
        # Mostly keys that exist, and all of them or nothing otherwise.
        keys = [key for key in keys if key in self.model.get(segment, {})] or keys[:1]
        if await self.refused(self.contents.delete(self.work.dataset, self.draft, segment, keys), segment, keys):
            return
        for key in set(keys):
            del self.model[segment][key]

    async def refused(self, call: Any, segment: str, keys: list[str]) -> bool:
        if set(keys) <= self.model.get(segment, {}).keys() and segment in self.model:
            await call
            return False
        with pytest.raises(ResourceNotExistError):
            await call
        return True

    async def remove(self, segment: str) -> None:
        call = self.contents.delete_segment(self.work.dataset, self.draft, segment)
        if not await self.refused(call, segment, []):
            del self.model[segment]

    async def copy(self, source: str, target: str) -> None:
        call = self.contents.copy_segment(self.work.dataset, self.draft, target, source=source, strategy="override")
        if not await self.refused(call, source, []):
            self.model[target] = dict(self.model[source])

    async def move(self, source: str, target: str) -> None:
        call = self.contents.move_segment(self.work.dataset, self.draft, target, source=source, strategy="override")
        if not await self.refused(call, source, []):
            self.model[target] = self.model.pop(source)

    async def read(self, segment: str) -> None:
        if segment in self.model:
            await self.check_segment(DraftRef(self.draft), segment, self.model[segment])

    async def check_segment(self, ref: Ref, segment: str, expected: dict[str, Entry]) -> None:
        assert await self.work.entries(ref, segment, step=7) == [expected[key] for key in sorted(expected)]
        for key in [*expected][:2]:
            assert await self.contents.get(self.work.dataset, ref, segment, key) == expected[key]
        assert await self.contents.get(self.work.dataset, ref, segment, "no such key") is None

    async def commit(self) -> None:
        commit_id = await self.work.commit(self.draft)
        self.commits.append((commit_id, {name: dict(entries) for name, entries in self.model.items()}))
        self.draft = await self.work.draft()

    async def abandon(self) -> None:
        await self.work.index.versions.close_draft(self.work.dataset, self.draft)
        self.draft = await self.work.draft()
        self.model = {name: dict(entries) for name, entries in self.commits[-1][1].items()} if self.commits else {}

    async def check(self, ref: Ref, model: Model) -> None:
        assert await self.work.content(ref, step=100) == model
        sizes = sum(entry.size for segment in model.values() for entry in segment.values())
        assert await self.contents.total_size(self.work.dataset, ref) == sizes

    async def check_diff(self, base: tuple[str, Model], head: tuple[str, Model]) -> None:
        for segment in base[1].keys() | head[1].keys():
            before, after = base[1].get(segment, {}), head[1].get(segment, {})
            diff = self.contents.diff(self.work.dataset, CommitRef(base[0]), CommitRef(head[0]), segment)
            found = [(d.key, d.before, d.after) async for batch in diff for d in batch]
            keys = sorted(before.keys() | after.keys())
            expected = [(k, before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k)]
            assert found == expected


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=st.lists(steps, max_size=25))
async def test_every_version_reads_as_its_model(index: Index, history: list[tuple[Any, ...]]) -> None:
    work = await work_on(index, uuid.uuid4().hex)
    state = History(work, await work.draft())
    for name, *arguments in history:
        await state.step(name, *arguments)
    await state.check(DraftRef(state.draft), state.model)
    await state.commit()
    # A fresh index, as after a restart: nothing comes from a cache.
    state.contents = Index(index._database).contents
    for commit_id, model in state.commits:
        await state.check(CommitRef(commit_id), model)
    for base, head in zip(state.commits, state.commits[1:], strict=False):
        await state.check_diff(base, head)
    await index.datasets.delete("team", work.dataset)


async def test_every_offset_and_limit(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    entries = [make(f"{number:02}") for number in range(45)]
    await work.segment(draft, "train", reversed(entries))
    for offset in range(48):
        for limit in (0, 1, 8, 9, 30, 100):
            page = await index.contents.list(work.dataset, DraftRef(draft), "train", offset=offset, limit=limit)
            assert page == (entries[offset : offset + limit], 45)


async def test_a_prune_leaves_what_versions_use_and_nothing_else(index: Index) -> None:
    work = await work_on(index)
    draft = await work.draft()
    await work.segment(draft, "train", [make(f"{number:03}") for number in range(100)])
    first = await work.commit(draft)
    draft = await work.draft()
    for generation in range(1, 5):
        await index.contents.put(work.dataset, draft, "train", [make("050", generation)])
        assert (await index.contents.get(work.dataset, DraftRef(draft), "train", "050")) == make("050", generation)
    assert await index.prune(grace=3600) == (0, 0)
    assert await index.prune(grace=-1) == (3, 3)
    fresh = replace(work, index=Index(index._database))
    assert len(await fresh.entries(CommitRef(first), "train")) == 100
    assert len(await fresh.entries(DraftRef(draft), "train")) == 100
    await index.datasets.delete("team", work.dataset)
    await index.prune(grace=-1)
    assert await index.prune(grace=-1) == (0, 0)
    again = await work_on(index)
    draft = await again.draft()
    await again.segment(draft, "train", [make("000")])
    assert await again.entries(DraftRef(draft), "train") == [make("000")]
