"""Every error this package raises on purpose.

```
TensorBayException
├── ClientError                       the call could not be made
│   ├── StatusError                   needs a draft but is on a commit, or the reverse
│   ├── DatasetTypeError              normal dataset where a fusion dataset was asked for, or the reverse
│   ├── FrameError                    a frame without id and timestamp, or with both
│   ├── LabelFormatError              a document that is no label, catalog, ... (ValueError, KeyError)
│   ├── ImportDataError               an import that was stopped by a file; carries the report so far
│   └── TransportError                the server was not reached (ConnectionError)
├── ResponseError                     the server refused; chosen by the `code` of its answer
│   ├── AccessDeniedError             403 (PermissionError)
│   ├── ForbiddenError                403 (PermissionError)
│   ├── UnauthorizedError             401 (PermissionError)
│   ├── InvalidParamsError            400 (ValueError)
│   ├── RequestParamsMissingError     400 (ValueError)
│   ├── NameConflictError             409 (FileExistsError)
│   ├── ResourceNotExistError         404 (LookupError)
│   └── InternalServerError           500
├── StorageError                      the object store refused or failed
│   ├── ObjectNotFoundError           no such object (FileNotFoundError)
│   ├── StorageAccessError            wrong or insufficient credentials (PermissionError)
│   ├── StorageNotFoundError          no such bucket, container or folder (FileNotFoundError)
│   ├── StorageUnreachableError       no answer from the endpoint (ConnectionError)
│   └── ObjectChangedError            the object is no longer the one that was indexed
├── OpenDatasetError
│   ├── NoFileError
│   ├── FileStructureError
│   └── ModuleImportError             (ModuleNotFoundError)
├── TBRNError                         malformed TensorBay resource name
└── UtilityError
    └── AttrError
```

All of them can be pickled, and `str()` is the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AccessDeniedError",
    "AttrError",
    "ClientError",
    "DatasetTypeError",
    "FileStructureError",
    "ForbiddenError",
    "FrameError",
    "ImportDataError",
    "InternalServerError",
    "InvalidParamsError",
    "LabelFormatError",
    "ModuleImportError",
    "NameConflictError",
    "NoFileError",
    "ObjectChangedError",
    "ObjectNotFoundError",
    "OpenDatasetError",
    "RequestParamsMissingError",
    "ResourceNotExistError",
    "ResponseError",
    "ResponseErrorDistributor",
    "StatusError",
    "StorageAccessError",
    "StorageError",
    "StorageNotFoundError",
    "StorageUnreachableError",
    "TBRNError",
    "TensorBayException",
    "TransportError",
    "UnauthorizedError",
    "UtilityError",
    "response_error",
]


class TensorBayException(Exception):  # noqa: N818  (1.x name)
    """Base of every error of this package."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__()
        self._message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors take keywords; rebuild from the state instead of from `args`.
        return _rebuild, (type(self), self.__dict__)

    def __str__(self) -> str:
        return self._message or ""


def _rebuild(cls: type[TensorBayException], state: dict[str, Any]) -> TensorBayException:
    error = cls.__new__(cls)
    error.__dict__.update(state)
    return error


class ClientError(TensorBayException):
    """The call was wrong; nothing was sent."""


class StatusError(ClientError):
    """The operation needs a draft and the client is on a commit, or the other way round."""

    def __init__(self, message: str | None = None, *, is_draft: bool | None = None) -> None:
        if message is None and is_draft is not None:
            message = (
                "The status is not commit: check one out, or commit or close the draft"
                if is_draft
                else "The status is not draft: create one, or check one out"
            )
        super().__init__(message)


class DatasetTypeError(ClientError):
    """A fusion dataset was asked for and the dataset is a normal one, or the other way round."""

    def __init__(
        self, message: str | None = None, *, dataset_name: str | None = None, is_fusion: bool | None = None
    ) -> None:
        if message is None and is_fusion is not None:
            message = f'Dataset "{dataset_name}" is {"" if is_fusion else "not "}a fusion dataset'
        super().__init__(message)


class FrameError(ClientError):
    """A frame has neither id nor timestamp, or has both."""


class LabelFormatError(ClientError, ValueError, KeyError):
    """A document is not what its type requires; `path` leads to the spot inside the document."""

    def __init__(self, message: str | None = None, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path

    def __str__(self) -> str:
        return f"{self._message} (at {self.path})" if self.path else super().__str__()


class ImportDataError(ClientError):
    """An import was stopped. What had been posted stays in the draft; `report` tells what that is."""

    def __init__(self, message: str | None = None, *, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class TransportError(ClientError, ConnectionError):
    """The server could not be reached, or did not answer in time."""


class ResponseError(TensorBayException):
    """The server refused a request.

    `response` is the HTTP response when the error came over the wire; its body is part of the message.
    """

    STATUS_CODE: ClassVar[int] = 500
    CODE: ClassVar[str] = ""

    def __init__(self, message: str | None = None, *, response: Any = None) -> None:
        super().__init__(message)
        if response is not None:
            self.response = response

    def __reduce__(self) -> tuple[Any, ...]:
        # A response holds an open connection; only the text travels to another process.
        state = {key: value for key, value in self.__dict__.items() if key != "response"}
        return _rebuild, (type(self), {**state, "_message": str(self)})

    def __str__(self) -> str:
        response = getattr(self, "response", None)
        if self._message or response is None:
            return self._message or ""
        indent = " " * (len(type(self).__name__) + 2)
        return f"Unexpected status code({response.status_code})! {response.url}!\n{indent}{response.text}"


class AccessDeniedError(ResponseError, PermissionError):
    """The account may not touch the resource."""

    STATUS_CODE = 403
    CODE = "AccessDenied"


class ForbiddenError(ResponseError, PermissionError):
    """The operation is never allowed in this state."""

    STATUS_CODE = 403
    CODE = "Forbidden"


class UnauthorizedError(ResponseError, PermissionError):
    """The access key is unknown to the server."""

    STATUS_CODE = 401
    CODE = "Unauthorized"


class InvalidParamsError(ResponseError, ValueError):
    """A parameter has a value that the operation cannot take."""

    STATUS_CODE = 400
    CODE = "InvalidParamsValue"

    def __init__(
        self,
        message: str | None = None,
        *,
        response: Any = None,
        param_name: str | None = None,
        param_value: Any = None,
    ) -> None:
        if message is None and param_name:
            message = f"Invalid {param_name}: {param_value}."
            if param_name == "path":
                message += f"\n{' ' * (len(type(self).__name__) + 2)}Remote path should follow linux style."
        super().__init__(message, response=response)


class RequestParamsMissingError(ResponseError, ValueError):
    """A required parameter is absent."""

    STATUS_CODE = 400
    CODE = "RequestParamsMissing"


class NameConflictError(ResponseError, FileExistsError):
    """The name is taken."""

    STATUS_CODE = 409
    CODE = "NameConflict"

    def __init__(
        self,
        message: str | None = None,
        *,
        response: Any = None,
        resource: str | None = None,
        identification: str | int | None = None,
    ) -> None:
        if message is None and resource and identification is not None:
            message = f"The {resource}: {identification} already exists."
        super().__init__(message, response=response)


class ResourceNotExistError(ResponseError, LookupError):
    """There is no such thing; the message names it and what exists nearby."""

    STATUS_CODE = 404
    CODE = "ResourceNotExist"

    def __init__(
        self,
        message: str | None = None,
        *,
        response: Any = None,
        resource: str | None = None,
        identification: str | int | None = None,
        nearby: Iterable[str] = (),
    ) -> None:
        if message is None and resource and identification is not None:
            message = f"The {resource}: {identification} does not exist."
            if names := ", ".join(f'"{name}"' for name in nearby):
                message += f" Nearby: {names}."
        super().__init__(message, response=response)


class InternalServerError(ResponseError):
    """The server failed, or a copy or move with strategy "abort" met a conflict."""

    STATUS_CODE = 500
    CODE = "InternalServerError"


class StorageError(TensorBayException):
    """The object store refused or failed; the message has the store's own words."""


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """The store has no object under this key."""


class StorageAccessError(StorageError, PermissionError):
    """The store does not accept the credentials, or they do not allow the operation."""


class StorageNotFoundError(StorageError, FileNotFoundError):
    """The bucket, container or folder does not exist."""


class StorageUnreachableError(StorageError, ConnectionError):
    """The endpoint cannot be reached: name, port or network."""


class ObjectChangedError(StorageError):
    """The object is no longer the one that was indexed (etag or version differ)."""


class OpenDatasetError(TensorBayException):
    """A loader of a public dataset failed."""


class NoFileError(OpenDatasetError):
    """No file follows the pattern."""

    def __init__(self, message: str | None = None, *, pattern: str | None = None) -> None:
        super().__init__(message or f'No file follows the giving pattern "{pattern}"')


class FileStructureError(OpenDatasetError):
    """The folder is not laid out as the loader expects."""


class ModuleImportError(OpenDatasetError, ModuleNotFoundError):
    """An optional package is not installed."""

    def __init__(
        self, message: str | None = None, *, module_name: str | None = None, package_name: str | None = None
    ) -> None:
        super().__init__(
            message
            or f"No module named {module_name}.\n\n"
            f'    To install the module, please run: "pip3 install {package_name or module_name}"\n'
        )


class TBRNError(TensorBayException):
    """A TensorBay resource name (`tb:dataset@revision:segment://path`) is malformed."""


class UtilityError(TensorBayException):
    """A helper was misused."""


class AttrError(UtilityError):
    """Kept for 1.x imports."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or "Dynamic attr cannot have default value.")


# 1.x name.
ResponseErrorDistributor: dict[str, type[ResponseError]] = {
    cls.CODE: cls
    for cls in (
        AccessDeniedError,
        ForbiddenError,
        UnauthorizedError,
        InvalidParamsError,
        RequestParamsMissingError,
        NameConflictError,
        ResourceNotExistError,
        InternalServerError,
    )
}


def response_error(code: str) -> type[ResponseError]:
    """The class for the `code` of an error body; `ResponseError` for an unknown one."""
    return ResponseErrorDistributor.get(code, ResponseError)
