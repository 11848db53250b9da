from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream
from wcmatch import glob

from tensorbay.exception import ImportDataError, ObjectNotFoundError
from tensorbay.importing._formats import LABEL_FORMATS, LabelParser, label_bytes
from tensorbay.importing._pair import Pair, PairJoin
from tensorbay.importing._progress import ImportEvent, ImportProgress
from tensorbay.importing._report import ImportFailure, ImportReport
from tensorbay.importing._spec import ImportSpec
from tensorbay.pipeline import Emit, Flow
from tensorbay.wire import NO_LABEL, CloudFile, CloudImported, CloudObject

__all__ = ["ImportPort", "run_import"]

# Pages of a listing that wait for their partner; posts in flight; bytes in one post.
_PAGES_AHEAD = 2
_POSTS = 2
_BATCH_BYTES = 4 * 1024 * 1024

_GLOB = glob.GLOBSTAR | glob.BRACE | glob.DOTGLOB | glob.FORCEUNIX


class ImportPort(Protocol):
    """What an import needs of the world."""

    def list_files(self, prefix: str, *, sign: bool) -> AsyncIterator[Sequence[CloudFile]]:
        """Pages of files in ascending order of their paths, with URLs when `sign`."""

    async def begin(self) -> None:
        """Called once, when a file was found that is wanted, and before `read` and `post`."""

    async def read(self, file: CloudFile) -> bytes: ...

    async def post(self, objects: Sequence[CloudObject]) -> CloudImported: ...


async def run_import(
    spec: ImportSpec,
    port: ImportPort,
    *,
    parser: LabelParser | None = None,
    progress: ImportProgress | None = None,
) -> ImportReport:
    """Carry out `spec`; `parser` goes before `spec.label_format`.

    Raises ImportDataError, with the report so far, when a file stops it or when nothing was found to import.
    What had been posted by then stays in the draft; running the import again posts it again to the same effect.
    """
    run = _Import(spec, port, parser or LABEL_FORMATS[spec.label_format], progress)
    flow = Flow(run.produce).flatten(buffer=spec.concurrency)
    entries = flow.map(run.load, workers=spec.concurrency)
    batches = entries.batch(spec.batch_size, max_size=_BATCH_BYTES, size=_size)
    try:
        await batches.run(run.post, workers=_POSTS)
        run.check()
    finally:
        run.finish()
    return run.report


class _Import:
    def __init__(
        self, spec: ImportSpec, port: ImportPort, parser: LabelParser, progress: ImportProgress | None
    ) -> None:
        self.report = ImportReport(spec.dataset, spec.segment)
        self._spec = spec
        self._port = port
        self._parser = parser
        self._progress = progress
        self._matches = _globs(spec.include, spec.exclude)
        self._fetched = 0
        self._begun = False
        self._listed_all = False

    async def produce(self, emit: Emit[Sequence[Pair[CloudFile]]]) -> None:
        async def emit_wanted(pairs: Iterable[Pair[CloudFile]]) -> None:
            wanted = self._wanted(pairs)
            if not self._begun and any(pair.data is not None for pair in wanted):
                self._begun = True
                await self._port.begin()
            await emit(wanted)

        if self._spec.labels is None:
            async for files in self._port.list_files(self._spec.data, sign=False):
                self.report.listed_data += len(files)
                self._tell()
                await emit_wanted(Pair(file, None) for file in files)
        else:
            await self._join(self._spec.labels, emit_wanted)
        self._listed_all = True

    async def load(self, pair: Pair[CloudFile]) -> CloudObject | None:
        """The entry of a pair, its label fetched and parsed; None when it is left out."""
        data, label = pair.data, pair.label
        if data is None:
            self._orphan_label(label)
            return None
        if label is None:
            return self._unlabelled(data)
        if pair.rivals:
            others = ", ".join(rival.path for rival in pair.rivals)
            self._fail(label.path, f"not the only label file for {data.path}: {others}")
            return None
        try:
            body = await self._port.read(label)
        except ObjectNotFoundError as error:
            self._fail(label.path, str(error))
            return None
        try:
            contents = label_bytes(self._parser, body)
        except Exception as error:  # the parser may be the user's: whatever it raises is about this file
            self._fail(label.path, f"{type(error).__name__}: {error}")
            return None
        self._fetched += 1
        self.report.label_bytes += len(body)
        return self._entry(data, msgspec.Raw(contents))

    async def post(self, batch: Sequence[CloudObject | None]) -> None:
        objects = [entry for entry in batch if entry is not None]
        if objects:
            done = await self._port.post(objects)
            self.report.in_place += done.in_place
            self.report.copied += done.copied
        self.report.indexed += len(objects)
        self.report.labelled += sum(bytes(entry.label) != b"{}" for entry in objects)
        self._tell()

    def check(self) -> None:
        """An import that found nothing is an error that says what removed what."""
        if not self.report.indexed:
            raise ImportDataError(_nothing(self._spec, self.report), report=self.report)

    def finish(self) -> None:
        report = self.report
        # Files are met in no particular order; reports of two runs should compare.
        for found in (report.orphan_data, report.orphan_labels):
            found.sort()
        report.failures.sort(key=lambda failure: failure.path)
        self._tell(done=True)

    async def _join(self, labels: str, emit: Emit[Iterable[Pair[CloudFile]]]) -> None:
        """List both sides at the same time and emit, page by page, what can be paired."""
        join: PairJoin[CloudFile] = PairJoin()
        async with anyio.create_task_group() as group:
            data = _listing(group, self._port.list_files(self._spec.data, sign=False))
            label = _listing(group, self._port.list_files(labels, sign=True))
            async with data, label:
                while not join.done:
                    if join.behind == "data":
                        self._feed_data(join, await _next(data))
                    else:
                        self._feed_labels(join, labels, await _next(label))
                    await emit(join.settled())

    def _feed_data(self, join: PairJoin[CloudFile], files: Sequence[CloudFile] | None) -> None:
        if files is None:
            join.end_data()
            return
        files = _outside(self._spec.labels, self._spec.data, files)
        self.report.listed_data += len(files)
        self._tell()
        for file in files:
            join.add_data(_below(self._spec.data, file.path), file)

    def _feed_labels(self, join: PairJoin[CloudFile], prefix: str, files: Sequence[CloudFile] | None) -> None:
        if files is None:
            join.end_labels()
            return
        files = _outside(self._spec.data, prefix, files)
        self.report.listed_labels += len(files)
        for file in files:
            join.add_label(_below(prefix, file.path), file)

    def _wanted(self, pairs: Iterable[Pair[CloudFile]]) -> list[Pair[CloudFile]]:
        """Applied to pairs, not to the listing: the label of a file left out is no orphan."""
        kept: list[Pair[CloudFile]] = []
        for pair in pairs:
            if pair.data is None or self._matches(_below(self._spec.data, pair.data.path)):
                kept.append(pair)
            else:
                self.report.excluded += 1
        return kept

    def _entry(self, file: CloudFile, label: msgspec.Raw) -> CloudObject:
        return CloudObject(
            cloud_path=file.path,
            remote_path=_below(self._spec.data, file.path),
            label=label,
            size=file.size,
            etag=file.etag,
            mtime=file.mtime,
            version=file.version,
        )

    def _unlabelled(self, data: CloudFile) -> CloudObject | None:
        if self._spec.labels is not None:
            self.report.orphan_data.append(data.path)
            self._refuse_orphan(data.path, "has no label file")
            if self._spec.on_orphan == "skip":
                return None
        return self._entry(data, NO_LABEL)

    def _orphan_label(self, label: CloudFile | None) -> None:
        if label is not None:
            self.report.orphan_labels.append(label.path)
            self._refuse_orphan(label.path, "has no data file")

    def _refuse_orphan(self, path: str, reason: str) -> None:
        if self._spec.on_orphan == "abort":
            raise ImportDataError(f"{path} {reason}, and orphans are to abort the import", report=self.report)

    def _fail(self, path: str, reason: str) -> None:
        failure = ImportFailure(path, reason)
        self.report.failures.append(failure)
        if self._spec.on_error == "abort":
            raise ImportDataError(str(failure), report=self.report)

    def _tell(self, *, done: bool = False) -> None:
        if self._progress is None:
            return
        report = self.report
        listed = report.listed_data - report.excluded
        self._progress(
            ImportEvent(
                listed=listed,
                fetched=self._fetched,
                posted=report.indexed,
                failed=len(report.failures),
                total=listed if self._listed_all else None,
                done=done,
            )
        )


def _listing(
    group: TaskGroup, pages: AsyncIterator[Sequence[CloudFile]]
) -> MemoryObjectReceiveStream[Sequence[CloudFile]]:
    send, receive = anyio.create_memory_object_stream[Sequence[CloudFile]](_PAGES_AHEAD)

    async def feed() -> None:
        with send:
            try:
                async for files in pages:
                    await send.send(files)
            except BaseException:
                # Before the stream is closed: a listing that failed must not be taken for one that has ended.
                group.cancel_scope.cancel()
                raise

    group.start_soon(feed)
    return receive


async def _next(
    pages: MemoryObjectReceiveStream[Sequence[CloudFile]],
) -> Sequence[CloudFile] | None:
    try:
        return await pages.receive()
    except anyio.EndOfStream:
        return None


def _outside(other: str | None, prefix: str, files: Sequence[CloudFile]) -> Sequence[CloudFile]:
    """Without the files of the other side, where its folder lies inside this one."""
    if other is None or not other.startswith(prefix):
        return files
    return [file for file in files if not file.path.startswith(other)]


def _below(prefix: str, path: str) -> str:
    return path[len(prefix) :]


def _globs(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    wanted, unwanted = _patterns(include), _patterns(exclude)

    def matches(path: str) -> bool:
        if wanted and not any(pattern.fullmatch(path) for pattern in wanted):
            return False
        return not any(pattern.fullmatch(path) for pattern in unwanted)

    return matches


def _patterns(globs: Sequence[str]) -> list[re.Pattern[str]]:
    regexes, _ = glob.translate(list(globs), flags=_GLOB)
    return [re.compile(regex) for regex in regexes]


def _size(entry: CloudObject | None) -> int:
    return 0 if entry is None else memoryview(entry.label).nbytes + len(entry.cloud_path)


def _nothing(spec: ImportSpec, report: ImportReport) -> str:
    """Which prefix, filter or policy removed what."""
    reasons = [f'{report.listed_data} files lie under "{spec.data}"']
    if report.excluded:
        reasons.append(
            f"{report.excluded} of them were left out by include={list(spec.include)}, exclude={list(spec.exclude)}"
        )
    if report.orphan_data and spec.on_orphan == "skip":
        reasons.append(
            f'{len(report.orphan_data)} have no label file under "{spec.labels}" '
            f'({report.listed_labels} label files) and on_orphan is "skip"'
        )
    if report.failures:
        reasons.append(f"{len(report.failures)} failed, the first: {report.failures[0]}")
    return "Nothing was imported: " + "; ".join(reasons)
