"""What a report of an error may have in it."""

from __future__ import annotations

from traceback import walk_tb


def told(error: BaseException, *, knowing: str) -> list[str]:
    """Words, causes, frames and local variables, but for frames of the file `knowing`: a test knows its secrets."""
    found = [str(error), repr(error)]
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code.co_filename != knowing:
            found += [frame.f_code.co_filename, *map(_shown, frame.f_locals.values())]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found if cause is None else found + told(cause, knowing=knowing)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # of what is not yet whole
        return ""
