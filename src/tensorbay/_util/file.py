"""Files on this machine and files elsewhere, with the same way to open them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, TypeVar

from tensorbay._util.reader import AsyncFile, AsyncReader
from tensorbay._util.repr import ReprMixin
from tensorbay.exception import ResponseError, TransportError

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

T = TypeVar("T")

_BLOCK = 64 * 1024


class URL:
    """An address that can be renewed. `updater` gives the new one, or None if the getter's source was renewed."""

    def __init__(self, url: str, updater: Callable[[], str | None]) -> None:
        self._getter: Callable[[], str] = lambda: url
        self._updater = updater

    @classmethod
    def from_getter(cls, getter: Callable[[], str], updater: Callable[[], str | None]) -> Self:
        url = cls("", updater)
        url._getter = getter
        return url

    def get(self) -> str:
        return self._getter()

    def update(self) -> None:
        new = self._updater()
        if new is not None:
            self._getter = lambda: new


class FileMixin(ReprMixin):
    """A file on this machine. `path` may be anything path-like."""

    _repr_maxlevel: ClassVar[int] = 3

    path: Any
    _checksum: str

    def __init__(self, local_path: str | os.PathLike[str]) -> None:
        self.path = local_path

    def _repr_head(self) -> str:
        return f'{type(self).__name__}("{self.path}")'

    def get_checksum(self) -> str:
        """SHA-1 of the content in hexadecimal, computed once."""
        checksum = getattr(self, "_checksum", None)
        if checksum is None:
            # Imported here, as all that only some need: labels alone are to be there at once.
            from hashlib import sha1

            digest = sha1(usedforsecurity=False)
            with self.open() as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
            checksum = self._checksum = digest.hexdigest()
        return checksum

    def get_url(self) -> str:
        return local(self.path).resolve().as_uri()

    def open(self) -> BinaryIO:
        return local(self.path).open("rb")

    async def aread(self) -> bytes:
        return await _in_thread(local(self.path).read_bytes)

    def aopen(self) -> AsyncFile:
        return AsyncFile(_blocks(self.open))

    async def aget_url(self) -> str:
        return await _in_thread(self.get_url)

    def _get_callback_body(self) -> dict[str, Any]:
        return {"checksum": self.get_checksum(), "fileSize": local(self.path).stat().st_size}


class RemoteFileMixin(ReprMixin):
    """A file elsewhere: read through the reader of whoever listed it, or from a `url` of the user's."""

    _repr_maxlevel: ClassVar[int] = 3

    path: str
    url: URL | None
    cache_path: str
    _reader: AsyncReader | None

    def __init__(self, remote_path: str, *, url: URL | None = None, cache_path: str = "") -> None:
        self.path = remote_path
        self.url = url
        self.cache_path = _cached_at(cache_path, remote_path) if cache_path else ""
        self._reader = None

    def _repr_head(self) -> str:
        return f'{type(self).__name__}("{self.path}")'

    def get_url(self) -> str:
        if self._reader is not None:
            return str(self._sync_reader("get_url_sync", "aget_url")(self))
        return self._user_url("The file URL cannot be got").get()

    def open(self) -> BinaryIO:
        """The bytes as a file to be read once, or the copy in the cache if there is a `cache_path`."""
        if not self.cache_path:
            return self._open_remote()
        cached = local(self.cache_path)
        if not cached.exists():
            with self._open_remote() as file:
                _write_whole(cached, file)
        return cached.open("rb")

    async def aread(self) -> bytes:
        if self._reader is None:
            return await _in_thread(self._read_all)
        if self.cache_path:
            return await _in_thread((await self._cached(self._reader)).read_bytes)
        return await self._reader.read(self)

    def aopen(self) -> AsyncFile:
        if self._reader is None:
            return AsyncFile(_blocks(self.open))
        if self.cache_path:
            return AsyncFile(self._cached_blocks(self._reader))
        return AsyncFile(self._reader.stream(self))

    async def aget_url(self) -> str:
        if self._reader is not None:
            return await self._reader.get_url(self)
        return await _in_thread(self.get_url)

    def get_callback_body(self) -> dict[str, Any]:
        raise AttributeError(f"Could not dump a '{type(self).__name__}' instance")

    async def _cached(self, reader: AsyncReader) -> Path:
        """Where the file is in the cache, from now on if it was not."""
        cached = local(self.cache_path)
        if not await _in_thread(cached.exists):
            await _stream_whole(cached, reader.stream(self))
        return cached

    async def _cached_blocks(self, reader: AsyncReader) -> AsyncGenerator[bytes]:
        cached = await self._cached(reader)
        async with aclosing(_blocks(lambda: cached.open("rb"))) as blocks:
            async for block in blocks:
                yield block

    def _read_all(self) -> bytes:
        with self.open() as file:
            return file.read()

    def _open_remote(self) -> BinaryIO:
        if self._reader is not None:
            file: BinaryIO = self._sync_reader("open", "aread")(self)
            return file
        return _open_url(self._user_url("The file cannot open"))

    def _sync_reader(self, method: str, instead: str) -> Callable[[Any], Any]:
        try:
            found: Callable[[Any], Any] = getattr(self._reader, method)
        except AttributeError:
            raise TypeError(
                f"{self._repr_head()} was listed by AsyncGAS: use `await data.{instead}()`, or list it with GAS"
            ) from None
        return found

    def _user_url(self, problem: str) -> URL:
        if self.url is None:
            raise ValueError(f"{problem} because {self._repr_head()} has no url")
        return self.url


def local(path: str | os.PathLike[str]) -> Path:
    from pathlib import Path

    return Path(path)


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    import asyncio

    return await asyncio.to_thread(function, *args)


def _cached_at(root: str, remote_path: str) -> str:
    """Below `root` whatever the remote path says."""
    parts = (part for part in remote_path.split("/") if part not in ("", "..", "."))
    return os.path.join(root, *parts)  # noqa: PTH118  (1.x users compare strings)


class _Whole:
    """A file that appears under `path` complete or not at all, whoever else writes it."""

    def __init__(self, path: Path) -> None:
        from tempfile import NamedTemporaryFile

        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
        self.write = self._file.write

    def keep(self) -> None:
        self._file.close()
        os.replace(self._file.name, self._path)  # noqa: PTH105  (the name is a string)

    def drop(self) -> None:
        self._file.close()
        os.unlink(self._file.name)  # noqa: PTH108


def _write_whole(path: Path, content: BinaryIO) -> None:
    whole = _Whole(path)
    try:
        while block := content.read(_BLOCK):
            whole.write(block)
    except BaseException:
        whole.drop()
        raise
    whole.keep()


async def _stream_whole(path: Path, content: AsyncGenerator[bytes]) -> None:
    import asyncio

    def in_thread(function: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return loop.run_in_executor(None, function, *args)

    async def drop() -> None:
        await asyncio.wait({opening, last})
        if opening.exception() is None:
            await in_thread(opening.result().drop)

    # Threads go on when their caller is cancelled, and so must whatever clears away what they made.
    loop = asyncio.get_running_loop()
    last: asyncio.Future[Any] = (opening := in_thread(_Whole, path))
    try:
        whole = await asyncio.shield(opening)
        async with AsyncFile(content) as chunks:
            async for block in chunks:
                last = in_thread(whole.write, block)
                await asyncio.shield(last)
    except BaseException:
        await asyncio.shield(drop())
        raise
    await asyncio.shield(in_thread(whole.keep))


async def _blocks(open_: Callable[[], BinaryIO]) -> AsyncGenerator[bytes]:
    file = await _in_thread(open_)
    try:
        while block := await _in_thread(file.read, _BLOCK):
            yield block
    finally:
        file.close()


def _open_url(url: URL) -> BinaryIO:
    """An address that is refused with 403 has expired: it is renewed, once."""
    from urllib.error import HTTPError

    try:
        return _request(url.get())
    except HTTPError as error:
        if error.code != 403:
            raise _refused(error) from error
    url.update()
    try:
        return _request(url.get())
    except HTTPError as error:
        raise _refused(error) from error


def _request(address: str) -> BinaryIO:
    # Imported here: it costs more than the rest of the model together.
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    if not address.startswith(("http://", "https://", "file://")):
        raise ValueError(f'Cannot open "{address}": an http, https or file URL is needed')
    try:
        response: BinaryIO = urlopen(address, timeout=30)  # noqa: S310  (checked above)
    except HTTPError:
        raise
    except URLError as error:
        raise TransportError(f"{address} cannot be reached: {error.reason}") from error
    return response


def _refused(error: Any) -> ResponseError:
    return ResponseError(f"Unexpected status code({error.code})! {error.url}!")
