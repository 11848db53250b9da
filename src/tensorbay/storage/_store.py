"""What every kind of storage offers, and the values it takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import msgspec

from tensorbay.exception import ObjectChangedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping, Sequence

PRIVATE_FOLDER = ".tensorbay"
PAGE_LIMIT = 1000
# What S3 takes in one request.
MAX_FORM_SIZE = 5 << 30


class ObjectInfo(msgspec.Struct, frozen=True, gc=False):
    """What a listing tells about an object; `mtime` in seconds since the epoch."""

    path: str
    size: int
    etag: str = ""
    mtime: float | None = None
    version: str | None = None


class Level(NamedTuple):
    """What lies directly below a prefix, as full keys; those of folders end with "/"."""

    folders: list[str]
    files: list[str]


class PostForm(NamedTuple):
    """Where to POST a form to, and its fields; the sender adds `key`, may add `Content-Type`, and ends with `file`.

    It is good until `expire_at`, as URLs that are signed are.
    """

    url: str
    fields: dict[str, str]
    expire_at: float


class SignedUrls(list[str]):
    """URLs that need no credentials until `expire_at` (seconds since the epoch).

    That is earlier than was asked for when the credentials they are signed with end earlier. An upload has to send
    `headers`.
    """

    def __init__(self, urls: Iterable[str], *, expire_at: float, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(urls)
        self.expire_at = expire_at
        self.headers = dict(headers or {})


class Store(Protocol):
    """One bucket or folder. Keys are relative to it and separated by "/".

    All operations raise subclasses of `StorageError` and nothing else. Keys below a ".tensorbay" component are ours:
    they can be read and written, and are never listed.
    """

    async def list_page(self, prefix: str, *, after: str = "", limit: int = PAGE_LIMIT) -> list[ObjectInfo]:
        """Up to `limit` objects whose keys start with `prefix` and are greater than `after`, in code-point order.

        Fewer than `limit` means that the listing ends here. `prefix` is a string, not a folder: "a" finds "ab".
        """
        ...

    async def list_level(self, prefix: str, *, limit: int = 20) -> Level:
        """The first few folders and files that continue `prefix` up to its next "/"."""
        ...

    async def head(self, path: str, *, version: str | None = None) -> ObjectInfo: ...

    async def get(
        self,
        path: str,
        *,
        start: int = 0,
        end: int | None = None,
        if_match: str | None = None,
        version: str | None = None,
    ) -> bytes:
        """Bytes `start` to `end` (exclusive), cut like a slice.

        With `if_match` an object whose etag is another raises `ObjectChangedError`. `version` is one that an
        `ObjectInfo` of this store told: it is read whatever was written since.
        """
        ...

    def stream(
        self, path: str, *, start: int = 0, if_match: str | None = None, version: str | None = None
    ) -> AsyncGenerator[bytes]:
        """The object in chunks of at most a few MiB. With `if_match` and `version` as `get`.

        It holds a file or a connection: whoever may stop before its end has to close it (`aclosing`).
        """
        ...

    async def put(self, path: str, body: bytes | AsyncIterable[bytes]) -> ObjectInfo:
        """Write the whole object or nothing of it; an object under the same key is replaced."""
        ...

    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> ObjectInfo:
        """Done by the store itself, whatever the size; the target appears whole or not at all.

        With `if_match` a source whose etag is another raises `ObjectChangedError`, and nothing is copied.
        """
        ...

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that do not exist are no error."""
        ...

    async def sign(
        self,
        paths: Sequence[str],
        *,
        method: str = "GET",
        expires: float = 3600,
        versions: Sequence[str | None] | None = None,
    ) -> SignedUrls:
        """One URL per path, in order, that needs no credentials for `expires` seconds.

        They are percent-encoded: an HTTP client must take them as they are (`yarl.URL(url, encoded=True)`). With
        `versions`, one per path, they lead to these; where a store cannot sign that, an etag is the proof.
        """
        ...

    async def check(self, folder: str = "") -> None:
        """Raise the error that explains, in words, why this configuration cannot work.

        Credentials may be good for `folder` alone: nothing else is asked for.
        """
        ...

    async def aclose(self) -> None: ...


def changed(key: str) -> ObjectChangedError:
    """What `if_match` raises that is not met."""
    return ObjectChangedError(f"{key!r} is no longer the object that was indexed: its etag differs.")


def check_etag(info: ObjectInfo, if_match: str | None) -> None:
    """For stores that have to look themselves."""
    if if_match not in (None, info.etag):
        raise changed(info.path)


@runtime_checkable
class FormStore(Protocol):
    """A store that takes files by form, straight from whoever was given one."""

    async def post_form(self, prefix: str, *, expires: float, max_size: int = MAX_FORM_SIZE) -> PostForm:
        """A form that writes one object of at most `max_size` bytes below `prefix`, as often as it is sent.

        It needs no credentials for `expires` seconds. The store answers 201.
        """
        ...


def covers(root: str, path: str) -> bool:
    """Whether `path` is `root` or lies below it; the empty root covers all. "/" around `root` are ignored."""
    root = root.strip("/")
    return not root or path == root or path.startswith(f"{root}/")


def is_private(path: str) -> bool:
    return path.startswith(f"{PRIVATE_FOLDER}/") or f"/{PRIVATE_FOLDER}/" in path
