"""Which keys a store takes. What is wrong is told in words: a key is never mended behind its owner's back."""

from __future__ import annotations

import re

from tensorbay.exception import StorageError

MAX_KEY_BYTES = 1024
# Nearly all keys there are: nothing to object to, and a check is due at each read of a small file.
_PLAIN = re.compile(r"(?:\w[\w.-]*/)*\w[\w.-]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:\..*)?", re.IGNORECASE)
_NOT_WINDOWS = re.compile(r'[\x00-\x1f<>:"|?*\\]')
# XML 1.0 has no way to write them, so the S3 API can neither list nor bulk-delete such keys.
_NOT_XML = re.compile(r"[\ufffe\uffff]")


def check_key(key: str) -> None:
    """Refuse keys that are no path below a root."""
    if reason := _why_no_path(key):
        raise StorageError(f"The key {key!r} cannot be used: {reason}. Rename the object.")


def check_windows_key(key: str) -> None:
    """Refuse keys that Windows would take for another name, a drive, a stream of a file, or a device."""
    for part in key.split("/"):
        if match := _NOT_WINDOWS.search(part):
            reason = f"file names here cannot have {match[0]!r}"
        elif part.endswith((".", " ")):
            reason = "file names here cannot end with a dot or a space"
        elif _DEVICE.fullmatch(part):
            reason = f"{part!r} is a device"
        else:
            continue
        raise StorageError(f"The key {key!r} cannot be used: {reason}. Rename the object.")


def check_s3_key(key: str, *, write: bool = False) -> None:
    """Refuse keys that cannot travel through the S3 API unchanged; writing is stricter than reading."""
    if len(key) <= MAX_KEY_BYTES and _PLAIN.fullmatch(key):
        return
    if reason := _why_no_path(key) or _why_not_s3(key, write=write):
        raise StorageError(f"The key {key!r} cannot be used: {reason}. Rename the object.")


def check_prefix(prefix: str) -> None:
    """A prefix need not be a key: it may end anywhere, and one that no key has finds nothing."""
    if not is_unicode(prefix):
        raise StorageError(f"The prefix {prefix!r} is not valid Unicode.")


def is_s3_key(key: str) -> bool:
    return not (_why_no_path(key) or _why_not_s3(key, write=False))


def _why_no_path(key: str) -> str | None:
    if not key:
        return "it is empty"
    if key.startswith("/"):
        return 'it starts with "/"'
    if key.endswith("/"):
        return 'it ends with "/", which names a folder'
    parts = key.split("/")
    if "" in parts:
        return 'it has an empty component ("//")'
    if "." in parts or ".." in parts:
        return 'it has a component "." or ".."'
    if "\0" in key:
        return "it has a NUL character"
    if not is_unicode(key):
        return "it is not valid Unicode (it has lone surrogates, as names do that are not UTF-8)"
    return f"it has more than {MAX_KEY_BYTES} bytes" if len(key.encode()) > MAX_KEY_BYTES else None


def _why_not_s3(key: str, *, write: bool) -> str | None:
    if _CONTROL.search(key):
        return "it has a control character"
    if _NOT_XML.search(key):
        return "it has a character that XML, and so the S3 API, cannot carry"
    if write and "\\" in key:
        # SeaweedFS, for one, stores "a\\b" as "a/b".
        return 'it has a "\\", which some stores take for "/"'
    return None


def is_unicode(text: str) -> bool:
    """Names of files that are not UTF-8 reach Python with lone surrogates, which are not Unicode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
