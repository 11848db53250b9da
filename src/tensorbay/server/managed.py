"""Managed storage: where the server keeps files of its own, each team's apart from the others'."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from anyio import to_thread

from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server.config_options import Body, folder_of, parse, path_of, to_options
from tensorbay.server.config_policy import server_identity
from tensorbay.server.configs import MANAGED
from tensorbay.storage import FolderOptions, Options, Store, StoreBelow, open_store
from tensorbay.wire import LocalConfig

if TYPE_CHECKING:
    from tensorbay.server.settings import ServerSettings

__all__ = ["ManagedStorage"]

_IDENTITIES = {"s3": "awsIdentity", "gs": "googleIdentity"}


class ManagedStorage:
    """The place that the operator's settings name; the home without."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._path = path_of(body)
        self._bucket: Store | None = None

    @classmethod
    def load(cls, settings: ServerSettings) -> ManagedStorage:
        """Blocking: it may read a file."""
        if settings.managed_storage is None:
            if settings.database is not None:
                raise InvalidParamsError(
                    "Servers of one database (TENSORBAY_DATABASE) keep files in one place: TENSORBAY_MANAGED_STORAGE "
                    "says which; a single server may have `file:///folder`."
                )
            return cls(LocalConfig(name=MANAGED, file_path="", endpoint=settings.home.as_uri()))
        try:
            managed = cls(_read(settings.managed_storage.get_secret_value().strip()))
            managed._require_apart(settings)
        except InvalidParamsError as error:
            raise InvalidParamsError(f"The setting `managed_storage` (TENSORBAY_MANAGED_STORAGE): {error}") from None
        return managed

    def _require_apart(self, settings: ServerSettings) -> None:
        """No folder that teams may open has the files of all of them; the home never is one."""
        options, _ = self.place("")
        if isinstance(options, FolderOptions) and not settings.embedded and settings.allows_folder(Path(options.root)):
            raise InvalidParamsError(
                f"{options.root} lies in a folder that every team may open (`allow_folders`): keep the two apart."
            )

    def refuse(self, body: Body) -> None:
        """ForbiddenError for the bucket of all teams: no team may open it by what this machine is."""
        if server_identity(body) is not None and _names(body) == _names(self._body):
            raise ForbiddenError(
                f"This server keeps the files of all teams in {' '.join(_names(body))}: no storage config may open it."
            )

    def __repr__(self) -> str:
        return f"<ManagedStorage: {self._body.type}>"

    def place(self, team_id: str) -> tuple[Options, str]:
        """What opens the store, secrets included, and the team's part of it."""
        path = "/".join(part for part in (self._path, "objects", team_id) if part)
        if isinstance(self._body, LocalConfig):
            return FolderOptions(root=folder_of(self._body.endpoint) / path), ""
        return to_options(self._body), path

    async def open(self, team_id: str) -> Store:
        """The team's part. Knowing a checksum is no access to the same file of another team."""
        options, path = self.place(team_id)
        if isinstance(options, FolderOptions):
            folder = Path(options.root)
            await to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True, mode=0o700))
            return await to_thread.run_sync(open_store, options)
        if self._bucket is None:
            bucket = await to_thread.run_sync(open_store, options)
            if self._bucket is None:
                self._bucket = bucket
            else:  # another request was faster
                await bucket.aclose()
        return StoreBelow(self._bucket, path)

    async def aclose(self) -> None:
        if self._bucket is not None:
            await self._bucket.aclose()


def _names(body: Body) -> tuple[str, ...]:
    """What the store is called, wherever it is: the same bucket has more than one endpoint."""
    names = (getattr(body, name, None) for name in ("account_name", "container_name", "bucket_name"))
    return tuple(name for name in names if name)


def _read(text: str) -> Body:
    if not text.startswith("{") and "://" not in text:
        try:
            text = Path(text).expanduser().read_text().strip()
        except (OSError, ValueError):
            # Without the text: a mistake may have put a secret there.
            raise InvalidParamsError("it is neither JSON nor a URL, and no file of that name can be read.") from None
    return _parse_json(text) if text.startswith("{") else parse(_from_url(text))


def _parse_json(text: str) -> Body:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidParamsError(f"it is not JSON (line {getattr(error, 'lineno', 1)}).") from None
    return parse({"filePath": "", **document, "name": MANAGED})


def _from_url(url: str) -> dict[str, Any]:
    """A place that needs no credentials beside what the machine is."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {"type": "local", "name": MANAGED, "filePath": "", "endpoint": url}
    if parts.scheme not in _IDENTITIES or not parts.hostname or parts.query or parts.username is not None:
        raise InvalidParamsError(
            "a URL is `file:///folder`, `s3://bucket/path` or `gs://bucket/path`; "
            "give JSON as of `POST v2/storage-configs` for anything else."
        )
    return {
        "type": {"gs": "gcs"}.get(parts.scheme, parts.scheme),
        "name": MANAGED,
        "filePath": unquote(parts.path).strip("/"),
        "bucketName": parts.netloc,
        "credentials": {"type": _IDENTITIES[parts.scheme]},
    }
