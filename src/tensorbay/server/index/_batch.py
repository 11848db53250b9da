"""Checked and encoded batches: what a post becomes before it touches the database. Runs in worker threads."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tensorbay.exception import InvalidParamsError
from tensorbay.server.index._entry import Entry, Patch, Run, encode_run, latest
from tensorbay.server.index._names import check_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tensorbay.server.index._entry import Change

_encode = msgspec.json.Encoder().encode
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Batch(NamedTuple):
    keys: list[str]  # ascending
    removes: bool
    data: bytes


def put_batch(entries: Sequence[Entry]) -> Batch | None:
    """None for no entries. Raises InvalidParamsError for a key or label that cannot be kept."""
    for entry in entries:
        check_key(entry.key)
        if entry.remote_path is not None:
            check_key(entry.remote_path)
    check_labels([(entry.key, entry.label) for entry in entries])
    changes = latest(entries)
    return _batch(changes, Run(entries=changes), removes=False)  # type: ignore[arg-type]


def label_batch(labels: Sequence[tuple[str, msgspec.Raw]]) -> Batch | None:
    check_labels(labels)
    changes = latest([Patch(key, label) for key, label in labels])
    return _batch(changes, Run(patches=changes), removes=False)  # type: ignore[arg-type]


def removal_batch(keys: Sequence[str]) -> Batch | None:
    changes = [Patch(key) for key in sorted(set(keys))]
    return _batch(changes, Run(patches=changes), removes=True)


def transfer_batch(entries: Sequence[Entry], removals: Sequence[str]) -> Batch | None:
    """Both at once; no key may be in both."""
    for entry in entries:
        check_key(entry.key)
    puts, patches = latest(entries), [Patch(key) for key in sorted(set(removals))]
    run = Run(entries=puts, patches=patches)  # type: ignore[arg-type]
    return _batch(sorted([*puts, *patches], key=attrgetter("key")), run, removes=bool(patches))


def _batch(changes: Sequence[Change], run: Run, *, removes: bool) -> Batch | None:
    if not changes:
        return None
    try:
        data = encode_run(run)
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvalidParamsError(f"An entry cannot be kept: {error}.") from None
    return Batch([change.key for change in changes], removes, data)


def check_labels(labels: Sequence[tuple[str, msgspec.Raw]]) -> None:
    """Labels go into pages as the bytes they are, so each must be one whole JSON object."""
    raws = [label for _, label in labels]
    document = _encode(raws)
    try:
        # All at once: an array that parses back to the same pieces was made of whole JSON values.
        if _decode_raws(document.decode()) == raws and all(_is_object(raw) for raw in raws):
            return
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    for key, label in labels:
        _check_label(key, bytes(label))


def _is_object(label: msgspec.Raw) -> bool:
    return bytes(label)[:1] == b"{"


def _check_label(key: str, label: bytes) -> None:
    try:
        if bytes(_decode_raw(label.decode())) != label or label[:1] != b"{":
            raise InvalidParamsError(f'Invalid label of "{key}": it is no JSON object.')
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidParamsError(f'Invalid label of "{key}": {error}.') from None
