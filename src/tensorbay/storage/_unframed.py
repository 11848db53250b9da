from __future__ import annotations

from tensorbay.exception import StorageError


class unframed:  # noqa: N801  (a context manager; one of contextlib would put the frames back)
    """Errors of ours leave it without the frames below: local variables there are tokens, which some tools show."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, StorageError):
            raise error.with_traceback(None) from None
