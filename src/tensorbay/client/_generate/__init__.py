"""Writes the sync facade from the async core: `python -m tensorbay.client._generate [--check]`.

For each public module of the core one module of the facade: a class `AsyncX` becomes `X` with the same methods,
parameters, defaults and docstrings, whose bodies hop to the loop of the portal; a module without such classes
becomes a re-export of its values. What can't be translated is an error here, not a surprise there. The text comes
out as `ruff format` would leave it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tensorbay.client._generate._core import RENAMED, GenerateError, Module, sync_name
from tensorbay.client._generate._writer import HEADER, Writer

__all__ = ["LAYOUT", "RENAMED", "GenerateError", "Layout", "check", "generate", "main", "sync_name", "write"]

_IS_GENERATED = re.compile(HEADER.split(" {} ")[0])


@dataclass(frozen=True)
class Layout:
    """Which package is written from which, and where both lie."""

    core: str
    facade: str
    root: Path
    # Modules of the core whose twins are written by hand.
    by_hand: frozenset[str] = frozenset({"__init__", "lazy", "profile", "requests"})
    # Where programs of 1.x find names of other modules of the facade: module, name, and where it comes from.
    also: tuple[tuple[str, str, str], ...] = ()

    def folder(self, package: str) -> Path:
        return self.root.joinpath(*package.split("."))

    def sources(self) -> dict[str, str]:
        """Text of every module to translate, by module name."""
        modules = sorted(self.folder(self.core).glob("*.py"))
        return {
            path.stem: path.read_text(encoding="utf-8")
            for path in modules
            if path.stem not in self.by_hand and not path.stem.startswith("_")
        }


LAYOUT = Layout(
    core="tensorbay.aio",
    facade="tensorbay.client",
    root=Path(__file__).parents[len(__name__.split("."))],
    also=(
        ("dataset", "multithread_upload", "tensorbay.client.requests"),
        ("gas", "Client", "tensorbay.client.requests"),
    ),
)
"""Those of this package."""


def generate(layout: Layout, sources: Mapping[str, str]) -> dict[str, str]:
    """The text of each module of the facade, by file name."""
    modules = [Module.parse(name, text, layout.core) for name, text in sources.items()]
    clients = {client.name: module.name for module in modules for client in module.clients()}
    values = {module.name for module in modules if not module.clients()}
    return {
        f"{module.name}.py": Writer(
            layout.core,
            layout.facade,
            module,
            clients,
            values,
            also=[(origin, name) for target, name, origin in layout.also if target == module.name],
        ).text()
        for module in modules
    }


def check(layout: Layout) -> list[str]:
    """What is wrong with the facade on disk, in words; nothing if it is what would be written."""
    problems = []
    folder = layout.folder(layout.facade)
    expected = generate(layout, layout.sources())
    for name, text in expected.items():
        path = folder / name
        if not path.exists():
            problems.append(f"{path} is missing")
        elif path.read_bytes() != text.encode():
            problems.append(f"{path} is not what the generator writes")
    for path in sorted(folder.glob("*.py")):
        if path.name not in expected and _IS_GENERATED.match(path.read_text(encoding="utf-8")):
            problems.append(f"{path} says it is generated, but has no source")
    return problems


def write(layout: Layout) -> None:
    folder = layout.folder(layout.facade)
    texts = generate(layout, layout.sources())
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tensorbay.client._generate", description="Write the facade.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    options = parser.parse_args(arguments)
    if not options.check:
        write(LAYOUT)
        return 0
    problems = check(LAYOUT)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if problems:
        print("Run `python -m tensorbay.client._generate`", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0
