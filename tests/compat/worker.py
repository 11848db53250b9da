"""Runs scenarios that its standard input names: how another virtualenv takes part in the tests.

A line in is a JSON object with the name of a scenario and its world, a line out the traceback of its failure, or null.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.compat.world import World

PACKAGE = "tests.compat.scenarios"


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


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # the package prints
    for line in sys.stdin:
        order = json.loads(line)
        failure = None
        os.chdir(order["world"]["scratch"])  # 1.x leaves masks in the working directory, and reads them again
        try:
            scenario(order["scenario"])(World(**order["world"]))
        except BaseException:
            failure = traceback.format_exc()
        print(json.dumps(failure), file=answers, flush=True)


if __name__ == "__main__":
    main()
