"""Runs scenarios that its standard input names: how another virtualenv takes part in the tests.

A line in is a JSON object with the name of a scenario and its world, a line out the traceback of its failure, or null.
The line `null` asks for the public methods of the clients that nobody has called so far.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.compat.world import World

PACKAGE = "tests.compat.scenarios"

# By module of `tensorbay`, what the scenarios have to drive.
CLIENTS = {
    "client.gas": ["GAS"],
    "client.cloud_storage": ["CloudClient"],
    "client.dataset": ["DatasetClient", "FusionDatasetClient"],
    "client.segment": ["SegmentClient", "FusionSegmentClient"],
    "client.version": ["SquashAndMerge", "BasicSearch"],
    "client.job": ["SquashAndMergeJob", "BasicSearchJob"],
    "client.search": ["SearchResult", "FusionSearchResult"],
    "client.profile": ["Profile"],
    "apps.sextant": ["Sextant", "Benchmark", "Evaluation"],
}


def scenarios() -> list[str]:
    """`module.function` for each public function that the modules of scenarios define."""
    found = []
    for info in pkgutil.iter_modules([str(Path(__file__).with_name("scenarios"))]):
        module = importlib.import_module(f"{PACKAGE}.{info.name}")
        found += [
            f"{info.name}.{name}"
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
        ]
    return found


def scenario(name: str) -> Callable[[World], None]:
    module, _, function = name.partition(".")
    found: Callable[[World], None] = getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)
    return found


def watch() -> set[str]:
    """`class.method` for each public method and property of the clients; who is called for the first time goes."""
    uncalled: set[str] = set()
    for module, names in CLIENTS.items():
        for name in names:
            for cls in getattr(importlib.import_module(f"tensorbay.{module}"), name).__mro__:
                if cls.__module__.startswith(("tensorbay.client", "tensorbay.apps")):
                    _watch_class(cls, uncalled)
    return uncalled


def _watch_class(cls: type, uncalled: set[str]) -> None:
    for name, value in list(vars(cls).items()):
        function = value.fget if isinstance(value, property) else value
        if name.startswith("_") or not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
            continue
        noted = _noted(function, f"{cls.__name__}.{name}", uncalled)
        setattr(cls, name, property(noted, value.fset) if isinstance(value, property) else noted)


def _noted(function: Callable[..., Any], name: str, uncalled: set[str]) -> Callable[..., Any]:
    uncalled.add(name)

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        uncalled.discard(name)
        return function(*arguments, **options)

    return call


def main() -> None:
    uncalled = watch()
    answers, sys.stdout = sys.stdout, sys.stderr  # the package prints
    for line in sys.stdin:
        order = json.loads(line)
        if order is None:
            print(json.dumps(sorted(uncalled)), file=answers, flush=True)
            continue
        failure = None
        os.chdir(order["world"]["scratch"])  # 1.x leaves masks in the working directory, and reads them again
        try:
            scenario(order["scenario"])(World(**order["world"]))
        except BaseException:
            failure = traceback.format_exc()
        print(json.dumps(failure), file=answers, flush=True)


if __name__ == "__main__":
    main()
