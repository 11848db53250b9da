"""obstore's errors as ours. It says little by class and much by text: the text has the server's own words."""

from __future__ import annotations

import contextlib
import html
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from obstore import exceptions

from tensorbay.exception import (
    ObjectChangedError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
    StorageNotFoundError,
    StorageUnreachableError,
)
from tensorbay.storage._endpoint import GATEWAY, REFUSED_BY_PROXY, refused_by_proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RANGE_NOT_SATISFIABLE = 416
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound"})
# By the server's code: what to do about an error whose words do not tell.
_ADVICE = {
    "AuthenticationFailed": "Is it this account's key, or a SAS that has not ended?",
    "AuthorizationFailure": "Is it this account's key, and may this network reach the account?",
    "AuthorizationPermissionMismatch": "The identity or SAS lacks a permission: reading needs r and l, writing also w "
    'and d, or the role "Storage Blob Data Contributor".',
    "AuthorizationResourceTypeMismatch": "The SAS has to be for containers and objects: srt=co.",
    "AuthorizationServiceMismatch": "The SAS has to be for blobs: ss=b.",
    "InvalidBlockList": "Somebody else has written it meanwhile: write it again.",
}
_STATUS = re.compile(r"(?:status code: |status: |\(code: )(\d{3})")
_CODE = re.compile(r"<Code>(.*?)</Code>", re.DOTALL)
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_NO_TOKEN = re.compile(r"token re(?:quest|sponse)|delegation key|metadata\.google|CredentialsDecode", re.IGNORECASE)
_TOO_FAR = re.compile(r"Wanted range starting at \d+, but object was only")
_NO_ANSWER = re.compile(r"HTTP error: |kind: (?:Connect|Timeout|Interrupted)\b")
# What our own code said that obstore asked for credentials.
_PROVIDER = re.compile(r"External \w+ credential provider: (Storage\w*Error): (.*)")
_CAUSE = re.compile(r'(?:message|error): "([^"]+)"')


class _Answer(NamedTuple):
    status: int
    code: str
    words: str


class Place(NamedTuple):
    """What an operation was about. `noun` is what the kind calls a bucket."""

    endpoint: str
    bucket: str
    key: str | None = None
    noun: str = "bucket"

    def url(self, key: str) -> str:
        return f"{self.endpoint}/{self.bucket}/{quote(key)}"

    def __str__(self) -> str:
        return f"{self.noun} {self.bucket!r} at {self.endpoint}" if self.key is None else f"{self.key!r}"


def _not_found(answer: _Answer, place: Place) -> StorageError:
    if answer.code in _NO_BUCKET or place.key is None:
        return StorageNotFoundError(f"There is no {place.noun} {place.bucket!r} at {place.endpoint}.")
    return ObjectNotFoundError(f"There is no object {place.key!r} in {place.noun} {place.bucket!r}.")


def _access(answer: _Answer, place: Place) -> StorageError:
    return StorageAccessError(f"Access to {place} was refused: {answer.words}{_advice(answer)}")


def _changed(answer: _Answer, place: Place) -> StorageError:
    return ObjectChangedError(f"{place} is no longer the object that was indexed: its etag differs.")


def _other(answer: _Answer, place: Place) -> StorageError:
    return StorageError(f"The operation on {place} failed: {answer.words}{_advice(answer)}")


def _advice(answer: _Answer) -> str:
    return f" {_ADVICE[answer.code]}" if answer.code in _ADVICE else ""


def _by_answer(answer: _Answer, place: Place) -> StorageError:
    """Listings fail with `GenericError` whatever the server said."""
    if answer.code == "NoToken":
        return StorageAccessError(f"There is no token for {place}: {answer.words}")
    if answer.status in (401, 403):
        return _access(answer, place)
    if answer.status == REFUSED_BY_PROXY:
        return refused_by_proxy(place.endpoint)
    if answer.status == 404:
        return _not_found(answer, place)
    if answer.status == 412:
        return _changed(answer, place)
    if answer.code == "Unreachable" or answer.status in GATEWAY:
        return StorageUnreachableError(f"{place.endpoint} does not answer: {answer.words}")
    return _other(answer, place)


# Most specific first.
MAPPING: list[tuple[type[Exception], Callable[[_Answer, Place], StorageError]]] = [
    (FileNotFoundError, _not_found),
    (exceptions.PermissionDeniedError, _access),
    (exceptions.UnauthenticatedError, _access),
    (exceptions.PreconditionError, _changed),
    (exceptions.NotModifiedError, _changed),
    (exceptions.InvalidPathError, _other),
    (exceptions.AlreadyExistsError, _other),
    (exceptions.NotSupportedError, _other),
    (exceptions.UnknownConfigurationKeyError, _other),
    (exceptions.JoinError, _other),
    (exceptions.GenericError, _by_answer),
    (exceptions.BaseError, _by_answer),
    (OSError, _other),
    (ValueError, _other),
]
FOREIGN = tuple(foreign for foreign, _ in MAPPING)


_OURS = {cls.__name__: cls for cls in (StorageError, StorageAccessError, StorageUnreachableError)}


def refusal(status: int, text: str, place: Place) -> StorageError:
    """Of an answer that did not come through obstore."""
    return _by_answer(_told(text, status), place)


def to_storage_error(exc: Exception, place: Place) -> StorageError:
    text = str(exc)
    if (told := _PROVIDER.search(_first_line(text))) and told[1] in _OURS:
        return _OURS[told[1]](told[2])
    answer = _read(text)
    return next(make(answer, place) for foreign, make in MAPPING if isinstance(exc, foreign))


@contextlib.contextmanager
def translated(place: Place) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except FOREIGN as exc:
        raise to_storage_error(exc, place) from exc


def status_of(exc: Exception) -> int:
    """The HTTP status the server answered with; 0 when it did not answer."""
    text = str(exc)
    # Servers other than S3 give the last byte, or all, for a range that starts at the end; obstore takes it as this.
    return RANGE_NOT_SATISFIABLE if _TOO_FAR.search(text) else _read(text).status


def _read(text: str) -> _Answer:
    status = _STATUS.search(text)
    if _NO_TOKEN.search(_first_line(text)):
        return _Answer(0, "NoToken", _first_line(text))
    if status is None and _NO_ANSWER.search(text):
        if "ProxyAuthRequired" in text:
            return _Answer(REFUSED_BY_PROXY, "", "")
        causes = _CAUSE.findall(text)
        if "TunnelUnsuccessful" in text:
            causes = ["this server could not connect to it."]
        if "InvalidContentType" in text:
            causes = ["it does not speak TLS; is it an http:// endpoint?"]
        return _Answer(0, "Unreachable", causes[-1] if causes else _first_line(text))
    return _told(text, int(status[1]) if status else 0)


def _told(text: str, status: int) -> _Answer:
    code, message = _CODE.search(text), _MESSAGE.search(text)
    words = _first_line(html.unescape(message[1])) if message else _first_line(text)
    name = code[1] if code else ""
    return _Answer(status, name, f"{words} ({name}, HTTP {status})" if name else words)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()
