from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tensorbay.exception import ImportDataError, ObjectNotFoundError
from tensorbay.importing import ImportEvent, ImportSpec, run_import
from tensorbay.label import Classification, Label
from tensorbay.wire import CloudFile, CloudImported, CloudObject


@dataclass
class Memory:
    """A bucket and an index in memory."""

    files: dict[str, bytes]
    page: int = 2
    posted: dict[str, CloudObject] = field(default_factory=dict)
    begun: bool = False
    reading: int = 0
    most_reading: int = 0
    gone: frozenset[str] = frozenset()

    async def list_files(self, prefix: str, *, sign: bool) -> AsyncIterator[Sequence[CloudFile]]:
        keys = sorted(key for key in self.files if key.startswith(prefix))
        for start in range(0, len(keys), self.page):
            await anyio.lowlevel.checkpoint()
            yield [CloudFile(key, len(self.files[key]), etag="e") for key in keys[start : start + self.page]]

    async def begin(self) -> None:
        assert not self.begun
        self.begun = True
        await anyio.lowlevel.checkpoint()

    async def read(self, file: CloudFile) -> bytes:
        assert self.begun
        self.reading += 1
        self.most_reading = max(self.most_reading, self.reading)
        await anyio.lowlevel.checkpoint()
        self.reading -= 1
        if file.path in self.gone:
            raise ObjectNotFoundError(f"{file.path} is gone")
        return self.files[file.path]

    async def post(self, objects: Sequence[CloudObject]) -> CloudImported:
        assert self.begun
        await anyio.lowlevel.checkpoint()
        self.posted.update({entry.remote_path: entry for entry in objects})
        return CloudImported(in_place=len(objects) - 1, copied=1)

    def labels(self) -> dict[str, Any]:
        return {path: json.loads(bytes(entry.label)) for path, entry in sorted(self.posted.items())}


def spec(**changes: Any) -> ImportSpec:
    return ImportSpec(**{"dataset": "d", "config": "c", "data": "images/", "labels": "labels", **changes})


def bucket(count: int = 5) -> dict[str, bytes]:
    files = {f"images/{number}.png": b"png" for number in range(count)}
    files |= {f"labels/{number}.json": json.dumps({"category": f"{number}"}).encode() for number in range(count)}
    return files


def classified(category: str) -> dict[str, Any]:
    return {"CLASSIFICATION": {"category": category}}


async def test_pairs_are_indexed_with_their_labels() -> None:
    memory = Memory(bucket())
    report = await run_import(spec(), memory)
    assert memory.labels() == {f"{number}.png": classified(f"{number}") for number in range(5)}
    assert memory.posted["0.png"].cloud_path == "images/0.png"
    assert memory.posted["0.png"].etag == "e"
    assert (report.listed_data, report.listed_labels, report.indexed, report.labelled) == (5, 5, 5, 5)
    assert (report.in_place, report.copied) == (4, 1)
    assert "4 where they lie, 1 as copies" in str(report)


async def test_the_path_below_the_folder_is_the_remote_path() -> None:
    memory = Memory({"images/a/1.png": b"", "images/b/1.png": b"", "labels/a/1.json": b"{}", "labels/b/1.json": b"{}"})
    await run_import(spec(), memory)
    assert sorted(memory.posted) == ["a/1.png", "b/1.png"]


async def test_without_labels_everything_is_indexed_unlabelled() -> None:
    memory = Memory(bucket())
    report = await run_import(spec(labels=None), memory)
    assert all(label == {} for label in memory.labels().values())
    assert (report.indexed, report.labelled, report.orphan_data) == (5, 0, [])


@given(data=st.sets(st.integers(0, 20)), labels=st.sets(st.integers(0, 20)), batch=st.integers(1, 4))
async def test_orphans_of_both_sides_are_reported(data: set[int], labels: set[int], batch: int) -> None:
    memory = Memory(
        {f"images/{number}.png": b"" for number in data}
        | {f"labels/{number}.json": b'{"category": "x"}' for number in labels}
    )
    try:
        report = await run_import(spec(batch_size=batch), memory)
    except ImportDataError as error:
        assert not data
        report = error.report
    assert sorted(memory.posted) == sorted(f"{number}.png" for number in data)
    assert report.orphan_data == sorted(f"images/{number}.png" for number in data - labels)
    assert report.orphan_labels == sorted(f"labels/{number}.json" for number in labels - data)
    assert report.labelled == len(data & labels)


async def test_orphans_can_be_left_out_or_stop_the_import() -> None:
    files = bucket(2) | {"images/alone.png": b""}
    memory = Memory(files)
    report = await run_import(spec(on_orphan="skip"), memory)
    assert "alone.png" not in memory.posted
    assert report.orphan_data == ["images/alone.png"]
    with pytest.raises(ImportDataError, match=r"images/alone\.png has no label file") as caught:
        await run_import(spec(on_orphan="abort"), Memory(files))
    assert caught.value.report.orphan_data == ["images/alone.png"]


async def test_a_label_that_does_not_parse_stops_the_import_and_is_named() -> None:
    memory = Memory(bucket() | {"labels/3.json": b"{oops"})
    with pytest.raises(ImportDataError, match=r"labels/3\.json: LabelFormatError: not JSON") as caught:
        await run_import(spec(batch_size=1, concurrency=1), memory)
    # What was posted before stays, and the report knows it.
    assert caught.value.report.indexed == len(memory.posted) > 0
    assert "3.png" not in memory.posted


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{oops", "not JSON"),
        (b"[1]", "a JSON object is expected, not list"),
        (b'{"colour": 1}', "no label type among the members 'colour'"),
        (b'{"BOX2D": [{"box2d": {"xmin": 1}}]}', "BOX2D"),
        (b"\xff", "not JSON"),
    ],
)
async def test_bad_labels_are_collected_when_asked(body: bytes, words: str) -> None:
    memory = Memory(bucket() | {"labels/3.json": body})
    report = await run_import(spec(on_error="skip"), memory)
    assert [failure.path for failure in report.failures] == ["labels/3.json"]
    assert words in report.failures[0].reason
    assert sorted(memory.posted) == ["0.png", "1.png", "2.png", "4.png"]
    assert "labels/3.json" in str(report)


async def test_a_label_file_that_vanished_is_a_failure_of_that_file() -> None:
    memory = Memory(bucket(), gone=frozenset({"labels/1.json"}))
    report = await run_import(spec(on_error="skip"), memory)
    assert [str(failure) for failure in report.failures] == ["labels/1.json: labels/1.json is gone"]


async def test_two_label_files_for_one_image_are_not_guessed_about() -> None:
    memory = Memory(bucket(2) | {"labels/1.xml": b""})
    with pytest.raises(ImportDataError, match=r"labels/1\.json: not the only label file for images/1\.png"):
        await run_import(spec(), memory)


async def test_a_parser_of_the_user() -> None:
    def parse(body: bytes) -> Label:
        label = Label()
        label.classification = Classification(body.decode().upper())
        return label

    memory = Memory({"images/a.png": b"", "labels/a.txt": b"cat"})
    await run_import(spec(), memory, parser=parse)
    assert memory.labels() == {"a.png": classified("CAT")}


async def test_globs_choose_and_their_labels_are_no_orphans() -> None:
    files = {f"images/{name}": b"" for name in ("a.png", "b.jpg", "deep/c.png", "deep/d.PNG")}
    files |= {f"labels/{name}.json": b"{}" for name in ("a", "b", "deep/c", "deep/d")}
    memory = Memory(files)
    report = await run_import(spec(include=["**/*.png"], exclude=["deep/**"]), memory)
    assert sorted(memory.posted) == ["a.png"]
    assert (report.excluded, report.orphan_labels) == (3, [])


@pytest.mark.parametrize(
    ("changes", "words", "is_begun"),
    [
        ({"include": ["*.jpg"]}, r"5 of them were left out by include=\['\*\.jpg'\]", False),
        (
            {"labels": "elsewhere/", "on_orphan": "skip"},
            r'5 have no label file under "elsewhere/" \(0 label files\)',
            True,
        ),
        ({"on_error": "skip"}, "5 failed, the first: labels/0.json", True),
        ({"data": "nowhere/"}, '0 files lie under "nowhere/"', False),
    ],
)
async def test_nothing_imported_says_what_removed_what(changes: dict[str, Any], words: str, is_begun: bool) -> None:
    files = bucket()
    if "on_error" in changes:
        files |= {f"labels/{number}.json": b"oops" for number in range(5)}
    memory = Memory(files)
    with pytest.raises(ImportDataError, match=words):
        await run_import(spec(**changes), memory)
    assert memory.begun == is_begun


async def test_fetches_are_bounded() -> None:
    memory = Memory(bucket(50), page=20)
    await run_import(spec(concurrency=3), memory)
    assert memory.most_reading == 3


async def test_progress_grows_to_the_end() -> None:
    events: list[ImportEvent] = []
    await run_import(spec(batch_size=2), Memory(bucket()), progress=events.append)
    assert [event.posted for event in events] == sorted(event.posted for event in events)
    assert events[-1] == ImportEvent(listed=5, fetched=5, posted=5, failed=0, total=5, done=True)


async def test_an_import_repeated_has_the_same_result() -> None:
    memory = Memory(bucket())
    await run_import(spec(), memory)
    before = dict(memory.posted)
    memory.begun = False
    await run_import(spec(), memory)
    assert {path: bytes(entry.label) for path, entry in memory.posted.items()} == {
        path: bytes(entry.label) for path, entry in before.items()
    }


@pytest.mark.parametrize("changes", [{"label_format": "magic"}, {"concurrency": 0}, {"on_error": "ignore"}, {"x": 1}])
def test_a_wrong_spec_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        spec(**changes)


def test_a_spec_survives_json() -> None:
    original = spec(include=["*.png"], on_error="skip")
    assert ImportSpec.model_validate_json(original.model_dump_json()) == original


async def test_a_listing_that_fails_is_no_end() -> None:
    """Its files to come would be taken for absent, and good data indexed without their labels."""

    class Failing(Memory):
        async def list_files(self, prefix: str, *, sign: bool) -> AsyncIterator[Sequence[CloudFile]]:
            number = 0
            async for page in super().list_files(prefix, sign=sign):
                number += 1
                if prefix == "labels/" and number == 2:
                    raise ConnectionError("lost")
                yield page

    memory = Failing(bucket(50), page=5)
    with pytest.raises(ConnectionError, match="lost"):
        await run_import(spec(batch_size=1, on_orphan="abort"), memory)
    assert {} not in memory.labels().values()


@pytest.mark.parametrize(("data", "labels"), [("d", "d/labels"), ("d/images", "d")])
async def test_one_folder_inside_the_other(data: str, labels: str) -> None:
    files = {f"{data}/1.png": b"", f"{labels}/1.json": b'{"category": "x"}'}
    memory = Memory(files)
    report = await run_import(spec(data=data, labels=labels), memory)
    assert memory.labels() == {"1.png": classified("x")}
    assert (report.listed_data, report.listed_labels) == (1, 1)


def test_one_folder_for_both_is_refused() -> None:
    with pytest.raises(ValidationError, match="data and labels are one folder"):
        spec(data="d", labels="d/")


async def test_an_empty_label_file_is_no_label() -> None:
    report = await run_import(spec(), Memory({"images/a.png": b"", "labels/a.json": b"{}"}))
    assert (report.indexed, report.labelled) == (1, 0)


async def test_progress_ends_when_the_import_fails() -> None:
    events: list[ImportEvent] = []
    with pytest.raises(ImportDataError):
        await run_import(spec(), Memory(bucket() | {"labels/0.json": b"oops"}), progress=events.append)
    assert [event.done for event in events].count(True) == 1
    assert events[-1].done
