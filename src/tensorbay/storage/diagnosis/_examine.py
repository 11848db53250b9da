"""The steps themselves, taken with the store as it will be used, below the config's own path."""

from __future__ import annotations

import contextlib
import re
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
import msgspec
from anyio.to_thread import run_sync

from tensorbay._util.proxies import Proxies
from tensorbay.exception import ObjectNotFoundError, StorageAccessError, StorageError
from tensorbay.storage._http import Answer, ask
from tensorbay.storage._options import FolderOptions, SasToken, ServiceOptions
from tensorbay.storage._service import Refusal
from tensorbay.storage._store import PRIVATE_FOLDER, ObjectInfo
from tensorbay.storage.diagnosis import _network as network
from tensorbay.storage.diagnosis._facts import BucketFacts, NoFacts, facts_of
from tensorbay.storage.diagnosis._judge import judge, kind_of
from tensorbay.storage.diagnosis._policy import policy_for
from tensorbay.storage.diagnosis._steps import NotAskedError, Steps
from tensorbay.wire import Diagnosis

if TYPE_CHECKING:
    from tensorbay.storage._options import Options
    from tensorbay.storage._store import Store

_BODY = b"TensorBay writes this to see whether it can, and deletes it at once.\n"
_RANGE = (10, 16)
_LISTED = 100
_ORIGIN = "https://example.org"
_CLEANUP_SECONDS = 8.0


async def examine(
    store: Store,
    options: Options,
    *,
    path: str = "",
    proxy: str | None = None,
    resolve: network.Resolve | None = None,
) -> Diagnosis:
    """Try everything, in a minute at most; whatever happens, what was written is deleted again."""
    examination = _Examination(store, options, path, proxy, resolve)
    try:
        await examination.run()
    finally:
        await examination.clean_up()
    return examination.diagnosis()


class _Examination:
    def __init__(
        self, store: Store, options: Options, path: str, proxy: str | None, resolve: network.Resolve | None
    ) -> None:
        self._store = store
        self._options = options
        self._path = path.strip("/")
        self._ca_bundle = options.ca_bundle if isinstance(options, ServiceOptions) else None
        self._proxy = proxy
        self._ask = partial(ask, ca_bundle=self._ca_bundle, proxy=proxy)
        self._resolve = resolve or network.resolve_host
        # Names are looked up by whoever opens the connection: the proxy, unless somebody vouches for `resolve`.
        self._place = network.address_of(options)
        takes_proxy = proxy is not None or (self._place is not None and Proxies().of(self._place.url) is not None)
        self._is_direct = resolve is not None or not takes_proxy
        self._steps = Steps(options)
        self._facts: BucketFacts | NoFacts = facts_of(store, options)
        self._prefix = f"{self._path}/" if self._path else ""
        self._key = f"{self._prefix}{PRIVATE_FOLDER}/check/{uuid.uuid4().hex}"
        self._written: list[str] = []
        self._addresses: list[str] = []
        self._address = ""
        self._found: ObjectInfo | None = None
        self._url = ""
        self._elsewhere: StorageError | None = None

    async def run(self) -> None:
        take = self._steps.take
        await take("dns", self._dns)
        await take("tcp", self._tcp)
        await take("tls", self._tls)
        await take("clock", self._clock)
        await take("authentication", self._authentication)
        await take("region", self._region)
        await take("list", self._list)
        await take("put", self._put)
        await take("get", self._get)
        await take("copy", self._copy, needs="put")
        await take("sign", self._sign)
        await take("range", self._read_range, needs="get")
        await take("cors", self._cors, needs="sign")
        await take("versioning", self._facts.versioning)
        await take("delete", self._delete, needs="put")

    async def clean_up(self) -> None:
        """Also when cancelled. What cannot be deleted has been told by the step that failed to."""
        if self._written:
            with anyio.move_on_after(_CLEANUP_SECONDS, shield=True), contextlib.suppress(StorageError):
                await self._store.delete(self._written)

    def diagnosis(self) -> Diagnosis:
        steps = self._steps.all()
        is_lacking = any(step.is_failed and step.permission for step in steps)
        policy = policy_for(self._options, self._path) if is_lacking else None
        where = f", below {self._path}" if self._path else ""
        return Diagnosis(f"{_describe(self._options)}{where}", steps, policy)

    # --- the way there ---

    def _remote(self) -> network.Address:
        if self._place is None:
            raise NotAskedError("a folder of this machine")
        return self._place

    def _direct(self) -> network.Address:
        place = self._remote()
        if not self._is_direct:
            raise NotAskedError("requests take a proxy")
        return place

    async def _dns(self) -> str:
        place = self._direct()
        self._addresses = list(await self._resolve(place.host, place.port))
        return ", ".join(self._addresses)

    async def _tcp(self) -> str:
        place = self._direct()
        self._address = await network.reach(self._addresses, place.port)
        return f"port {place.port}"

    async def _tls(self) -> str:
        place = self._direct()
        if not place.is_secure:
            raise NotAskedError("the endpoint is http://: what is read and written can be seen on the way")
        return await network.shake_hands(self._address, place, ca_bundle=self._ca_bundle)

    async def _clock(self) -> str:
        skew = await network.measure_clock(self._remote(), ca_bundle=self._ca_bundle, proxy=self._proxy)
        if skew is None:
            raise NotAskedError("the store does not tell its time")
        return network.judge_skew(skew)

    # --- who asks, and for what ---

    async def _authentication(self) -> str:
        """One listing. A refusal that is not about the key shows that the key is known."""
        self._remote()
        try:
            await self._facts.knock(self._prefix)
        except StorageError as error:
            aspect = judge(error, "list", kind_of(self._options)).aspect
            if aspect == "region":
                self._elsewhere = error
                raise NotAskedError("needs region") from None
            if aspect not in ("permission", "bucket"):
                raise
        return "the credentials are known"

    async def _region(self) -> str:
        if self._elsewhere is not None:
            raise self._elsewhere
        return await self._facts.region()

    async def _list(self) -> str:
        infos = await self._store.list_page(self._prefix, limit=_LISTED)
        self._found = next((info for info in infos if info.size), infos[0] if infos else None)
        number = f"{len(infos)} or more" if len(infos) == _LISTED else str(len(infos) or "no")
        return f"{number} {'object' if len(infos) == 1 else 'objects'}"

    async def _put(self) -> str:
        self._written.append(self._key)
        await self._store.put(self._key, _BODY)
        return f"{len(_BODY)} bytes"

    async def _get(self) -> str:
        if self._steps.is_ok("put"):
            if await self._store.get(self._key) != _BODY:
                raise StorageError("What was read is not what had been written.")
            return "what was written"
        path = self._target()
        await self._store.get(path, start=0, end=1)
        return f"a byte of {path!r}"

    async def _copy(self) -> str:
        copy = f"{self._key}-copy"
        self._written.append(copy)
        info = await self._store.copy(self._key, copy)
        if info.size != len(_BODY):
            raise StorageError(f"The copy has {info.size} bytes, its source {len(_BODY)}.")
        return "by the store itself"

    async def _delete(self) -> str:
        paths = list(self._written)
        try:
            await self._store.delete(paths)
            with contextlib.suppress(ObjectNotFoundError):
                if self._steps.is_ok("get"):
                    await self._store.head(self._key)
                    raise StorageError("The store says that it deleted, and did not.")
        except StorageError as error:
            raise type(error)(f"{error} Left behind: {', '.join(paths)}") from None
        self._written.clear()
        return ""

    # --- URLs ---

    async def _sign(self) -> str:
        """As whoever reads a dataset gets its files: by URL, without credentials."""
        given = getattr(self._options, "credentials", None)
        if isinstance(given, SasToken) and not given.is_shown:
            raise NotAskedError("a SAS signs nothing; a server gives out URLs of its own")
        path = self._target()
        (url,) = await self._store.sign([path], expires=300)
        if url.startswith("file:"):
            local = Path(url2pathname(urlsplit(url).path))
            await run_sync(partial(_read_byte, local))
            return "a path of this machine; a server gives out URLs of its own"
        answer = await self._fetch(url, Range="bytes=0-99")
        if path == self._key and answer.body != _BODY:
            raise StorageError("The signed URL gives something else than what had been written.")
        self._url = url
        return "fetched without credentials"

    async def _read_range(self) -> str:
        path = self._target()
        start, end = _RANGE
        if path == self._key and await self._store.get(path, start=start, end=end) != _BODY[start:end]:
            raise StorageError("The store does not give the part that was asked for.")
        if self._url:
            answer = await self._fetch(self._url, Range="bytes=0-0")
            if (self._found is None or self._found.size) and answer.status != 206:
                raise StorageError("The signed URL gives whole objects only: the store ignores Range.")
        return "parts of objects can be read"

    async def _cors(self) -> str:
        if not self._url:
            raise NotAskedError("needs a URL that was signed")
        headers = {"Origin": _ORIGIN, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
        preflight = await self._ask("OPTIONS", self._url, headers=headers)
        answer = await self._fetch(self._url, Range="bytes=0-0", Origin=_ORIGIN)
        if _is_open(preflight) and _is_open(answer):
            return "pages of any origin may read"
        if origins := await self._facts.readable_from():
            return f"pages of {', '.join(origins)} may read"
        raise StorageError("No page in a browser may read these URLs: no CORS rule allows GET. Nothing else needs one.")

    async def _fetch(self, url: str, **headers: str) -> Answer:
        answer = await self._ask("GET", url, headers=headers)
        # An empty object has no first byte.
        if answer.status in (200, 206, 416):
            return answer
        raise _refusal(answer)

    def _target(self) -> str:
        """What can be read: our own object, else one that is there."""
        if self._steps.is_ok("put"):
            return self._key
        if self._found is None:
            raise NotAskedError("needs put, or an object to read")
        return self._found.path


def _is_open(answer: Answer) -> bool:
    return answer.status < 300 and answer.headers.get("Access-Control-Allow-Origin") in ("*", _ORIGIN)


def _refusal(answer: Answer) -> StorageError:
    code, words = _told(answer.body)
    kind = StorageAccessError if answer.status in (401, 403) else StorageError
    return kind(f"The signed URL is refused: {words} ({code}, HTTP {answer.status})")


def _told(body: bytes) -> tuple[str, str]:
    """Code and words of an error: JSON is of our own services, XML of all other stores."""
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        text = body.decode(errors="replace")
        code, message = (re.search(rf"<{name}>([^<]*)</{name}>", text) for name in ("Code", "Message"))
        # Azure goes on with the number of the request.
        return code[1] if code else "Refused", message[1].partition("\n")[0] if message else "no reason given"
    return refusal.code, refusal.message


def _read_byte(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error


def _describe(options: Options) -> str:
    """What the options are of, without who asks."""
    if isinstance(options, FolderOptions):
        return f"Folder {options.root}"
    place = network.address_of(options)
    name = getattr(options, "bucket", None) or getattr(options, "container", "")
    return f"{_NOUNS[kind_of(options)]}{f' {name!r}' if name else ''} at {place.url if place else ''}"


_NOUNS = {
    "s3": "S3 bucket",
    "oss": "OSS bucket",
    "azure": "Azure container",
    "gcs": "Google bucket",
    "service": "Local storage service",
}
