"""The index at size: `python -m benchmarks.index --entries 1000000`. Each figure is a ratio within one run."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import func, select

from tensorbay.server.database import Database, page
from tensorbay.server.index import CommitRef, Difference, Entry, Index
from tensorbay.server.index._entry import compress, decode_page, encode_page
from tests.server.index.datasets import CONFIG, add_config

BATCH = 1000
COMMITS = 5
SEGMENT = "train"


class Figure(NamedTuple):
    what: str
    ratio: float
    bar: float
    detail: str


def entry(number: int, generation: int = 0) -> Entry:
    """A 40-character key, an etag, a size, and a label of one category with one attribute."""
    digest = hashlib.md5(f"{number}/{generation}".encode(), usedforsecurity=False).hexdigest()
    key = f"images/{number // 1000:06}/{digest[:8]}-{number:09}.jpeg"
    label = {"CLASSIFICATION": {"category": f"class-{number % 97}", "attributes": {"occluded": number % 3 == 0}}}
    return Entry(
        key=f"images/{number // 1000:06}/frame-{number:012}.jpeg",
        label=msgspec.Raw(json.dumps(label, separators=(",", ":")).encode()),
        timestamp=None,
        config=CONFIG,
        path=f"bucket/{key}" if generation else f"bucket/images/{number // 1000:06}/frame-{number:012}.jpeg",
        size=100_000 + number * 7919 % 50_000,
        etag=digest,
        mtime=None,
        version=None,
    )


def batches(numbers: Sequence[int]) -> Iterator[list[Entry]]:
    for start in range(0, len(numbers), BATCH):
        yield [entry(number) for number in numbers[start : start + BATCH]]


async def timed(call: Callable[[], Awaitable[object]], rounds: int = 1) -> float:
    """The median, in seconds."""
    durations = []
    for _ in range(rounds):
        start = time.perf_counter()
        await call()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


class Bench:
    """One dataset in a fresh database."""

    def __init__(self, home: Path) -> None:
        self.home = home

    async def open(self) -> None:
        self.database = await Database.open_home(self.home)
        self.index = await Index.open(self.database)
        await add_config(self.database)
        self.dataset = (await self.index.datasets.create("team", "BENCH")).id

    async def draft(self, branch: str = "main") -> int:
        return await self.index.versions.create_draft(self.dataset, branch=branch, title="bench", author="bench")

    async def commit(self, draft: int) -> str:
        row = await self.index.versions.commit(self.dataset, draft, title="bench", committer="bench")
        return row.commit_id

    async def start(self) -> None:
        self.posting = 0.0
        self.first = await self.draft()
        await self.index.contents.create_segment(self.dataset, self.first, SEGMENT)

    async def post(self, entries: list[Entry]) -> None:
        self.posting += await timed(lambda: self.index.contents.put(self.dataset, self.first, SEGMENT, entries))

    async def finish(self) -> str:
        self.committing = await timed(lambda: self.commit(self.first))
        return await self.index.versions.resolve(self.dataset, "main")

    async def pages(self) -> int:
        async with self.database.connect() as connection:
            return int((await connection.execute(select(func.count()).select_from(page))).scalar_one())

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.home.iterdir())


async def reading(bench: Bench, ref: CommitRef, total: int) -> list[Figure]:
    """Pages that no cache has, at three places, and in turn with them the decoding of one page."""
    data = compress(encode_page([entry(number) for number in range(1024)]))
    offsets = {"start": 0, "middle": total // 2, "end": total - 128}
    seconds: dict[str, list[float]] = {place: [] for place in ("decode", *offsets)}

    async def decode() -> None:
        decode_page(data)

    for number in range(31):
        seconds["decode"].append(await timed(decode))
        for place, offset in offsets.items():
            # Enough pages apart, over the rounds, that the cache has dropped those nearby.
            away = number % 20 * 1024 * (-1 if place == "end" else 1)
            offset = min(max(0, offset + away), total - 128)

            async def read(offset: int = offset) -> None:
                await bench.index.contents.list(bench.dataset, ref, SEGMENT, offset=offset, limit=128)

            seconds[place].append(await timed(read))
    medians = {place: statistics.median(values) for place, values in seconds.items()}
    text = ", ".join(f"{place} {value * 1000:.2f} ms" for place, value in medians.items())
    decoding = medians.pop("decode")
    return [
        Figure("listing: slowest place / fastest", max(medians.values()) / min(medians.values()), 2, text),
        Figure("listing: slowest place / decoding one page", max(medians.values()) / decoding, 3, text),
    ]


async def versions(bench: Bench, first: str, total: int, commit_seconds: float) -> list[Figure]:
    index, dataset = bench.index, bench.dataset
    before = await bench.pages()
    ones = []
    for number in range(COMMITS):  # the first of a process compiles its statements
        draft = await bench.draft()
        await index.contents.put(dataset, draft, SEGMENT, [entry(total // 2 + number, generation=1)])
        ones.append(await timed(partial(bench.commit, draft)))
    one = statistics.median(ones)
    new_pages = (await bench.pages() - before) / COMMITS
    branch = await timed(lambda: index.versions.create_branch(dataset, "dev", first))
    tag = await timed(lambda: index.versions.create_tag(dataset, "v1", first))
    draft = await bench.draft()
    copy = await timed(lambda: index.contents.copy_segment(dataset, draft, "copy", source=SEGMENT))
    changed = [entry(total * place // 10 + 5, generation=2) for place in range(10)]
    await index.contents.put(dataset, draft, SEGMENT, changed)
    second = await bench.commit(draft)
    base = CommitRef((await index.versions.get_commit(dataset, second)).parent_id)
    found: list[Difference] = []

    async def diff() -> None:
        found[:] = [d async for part in index.contents.diff(dataset, base, CommitRef(second), SEGMENT) for d in part]

    async def read() -> None:
        await Index(bench.database).contents.list(dataset, base, SEGMENT, offset=total // 3, limit=1000)

    diffing, reading_ = await timed(diff, 5), await timed(read, 15)
    assert len(found) == 10, len(found)
    pointer = max(branch, tag, copy)
    return [
        Figure(
            "commit of 1 change / first commit",
            one / commit_seconds,
            0.01,
            f"{one * 1000:.1f} ms / {commit_seconds:.2f} s",
        ),
        Figure("pages a commit of 1 change writes", new_pages, 3, ""),
        Figure(
            "branch, tag, segment copy: slowest / commit of 1 change",
            pointer / one,
            1,
            f"{branch * 1000:.1f}, {tag * 1000:.1f}, {copy * 1000:.1f} ms",
        ),
        Figure(
            "diff of 10 changes / reading a page",
            diffing / reading_,
            20,
            f"{diffing * 1000:.1f} / {reading_ * 1000:.1f} ms",
        ),
    ]


async def measure(entries: int) -> list[Figure]:
    ordered = list(range(entries))
    shuffled = random.Random(1).sample(ordered, entries)
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as other:
        bench, control = Bench(Path(home)), Bench(Path(other))
        for either in (bench, control):
            await either.open()
            await either.start()
        # In turn, so that whatever else the machine does slows both.
        for batch, random_batch in zip(batches(ordered), batches(shuffled), strict=True):
            await bench.post(batch)
            await control.post(random_batch)
        commit = await bench.finish()
        await control.finish()
        await control.database.aclose()
        figures = [
            Figure(
                "posts and commit: random order / sorted",
                (control.posting + control.committing) / (bench.posting + bench.committing),
                1.5,
                f"{control.posting:.2f} + {control.committing:.2f} s / {bench.posting:.2f} + {bench.committing:.2f} s",
            ),
            *await reading(bench, CommitRef(commit), entries),
        ]
        await bench.database.aclose()
        for name, either in (("sorted", bench), ("random", control)):
            size = either.size()
            figures.append(Figure(f"bytes on disk an entry, {name}", size / entries, 80, f"{size:,}"))
        await bench_again(bench)
        figures += await versions(bench, commit, entries, bench.committing)
        await bench.database.aclose()
    return figures


async def bench_again(bench: Bench) -> None:
    bench.database = await Database.open_home(bench.home)
    bench.index = await Index.open(bench.database)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.index")
    parser.add_argument("--entries", type=int, default=100_000)
    entries = parser.parse_args().entries
    print(f"{entries:,} entries in one segment, SQLite")
    for figure in asyncio.run(measure(entries)):
        verdict = "ok " if figure.ratio <= figure.bar else "MISS"
        print(f"{verdict} {figure.what}: {figure.ratio:.3g} (bar {figure.bar:g}) {figure.detail}")


if __name__ == "__main__":
    main()
