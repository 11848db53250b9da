"""The command `gas`."""

from tensorbay.cli.cli import cli

__all__ = ["cli"]
