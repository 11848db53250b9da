"""What a scenario is given. Imported in the 1.x virtualenv too: standard library and `tensorbay` only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tensorbay import GAS

COUNT = 12


@dataclass(frozen=True)
class World:
    access_key: str
    url: str
    # A folder that the server may open, filled by `fill`.
    folder: str
    # A folder for files of the scenario's own.
    scratch: str
    # The keyword arguments of `create_..._storage_config`, for scenarios of a store that is filled like the folder.
    store: dict[str, Any] = field(default_factory=dict)
    # The URL of a local storage service, for scenarios of one over a folder that is filled like `folder`.
    service: str = ""

    @cached_property
    def gas(self) -> GAS:
        return GAS(self.access_key, self.url)

    def file(self, name: str, content: bytes) -> str:
        """The path of a local file that is written now."""
        path = Path(self.scratch, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def folder_config(self, name: str = "folder", file_path: str = "data/images") -> str:
        """The name of a storage config over the folder, which is made now."""
        self.gas.create_local_storage_config(name, file_path, Path(self.folder).as_uri())
        return name


def fill() -> dict[str, bytes]:
    """What lies in the folder and in the stores, by path."""
    files = {f"data/images/{number:03}.png": f"image {number}".encode() for number in range(COUNT)}
    labels = {
        f"data/labels/{number:03}.json": json.dumps({"category": f"c{number % 3}"}).encode() for number in range(COUNT)
    }
    return {**files, **labels}


def refused(error: type[BaseException], call: Any, *arguments: Any, **options: Any) -> Any:
    """The error that the call must raise."""
    try:
        call(*arguments, **options)
    except error as caught:
        return caught
    raise AssertionError(f"{call} with {arguments} {options} raised no {error.__name__}")
