from __future__ import annotations

from dataclasses import dataclass, field

import click

from tensorbay.client import GAS

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """What the options before the command said."""

    access_key: str = field(default="", repr=False)
    url: str = ""

    def gas(self) -> GAS:
        try:
            return GAS(self.access_key, self.url)
        except TypeError as error:  # a malformed key or URL
            raise click.UsageError(str(error)) from error
