from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tqdm.auto import tqdm

__all__ = ["ImportEvent", "ImportProgress", "progress_bar", "upload_bar"]


@dataclass(frozen=True, slots=True)
class ImportEvent:
    """How far an import is. Counts only grow; `total` is None until the listing has ended."""

    listed: int
    fetched: int
    posted: int
    failed: int
    total: int | None = None
    done: bool = False


# Called on the event loop, after each page listed and each batch posted: it should return at once.
ImportProgress = Callable[[ImportEvent], None]


def progress_bar(description: str, *, total: int | None = None) -> ImportProgress:
    """A tqdm bar, in a terminal or a notebook, that counts entries posted."""
    bar = tqdm(desc=description, total=total, unit=" files")

    def show(event: ImportEvent) -> None:
        if event.total is not None:
            bar.total = event.total
        bar.update(event.posted - bar.n)
        if event.done:
            bar.close()

    return show


def upload_bar(total: int, *, disable: bool) -> tqdm[NoReturn]:
    """The bar of an upload of `total` files; a context manager."""
    return tqdm(total=total, desc="Uploading", unit=" files", disable=disable)
