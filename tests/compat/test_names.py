"""Every name of 1.x is where programs import it from: it was there, and is here unless it was left out on purpose."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from typing import Any

import pytest

from tests.compat.names import LEFT_OUT, NAMES, NOT_YET

_LOOK = """
import importlib, json, sys
for module, names in json.load(sys.stdin).items():
    found = importlib.import_module(module)
    for name in names.split():
        getattr(found, name)
"""


def missing(module: str, names: str) -> list[str]:
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError:
        return names.split()
    return [name for name in names.split() if not hasattr(found, name)]


@pytest.mark.parametrize("module", NAMES)
def test_names_are_here_unless_left_out(module: str) -> None:
    gone = set(missing(module, NAMES[module])) - set(NOT_YET.get(module, "").split())
    assert gone == set(LEFT_OUT.get(module, {}))


def test_what_is_left_out_has_a_reason() -> None:
    for module, names in LEFT_OUT.items():
        assert set(names) <= set(NAMES[module].split())
        assert all(names.values())


def test_the_names_are_those_of_1x(python_of_1x: str) -> None:
    # The loaders of open datasets want packages that have nothing to do with the client.
    names = {module: names for module, names in NAMES.items() if module != "tensorbay.opendataset"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python_of_1x, "-c", _LOOK], input=json.dumps(names), text=True, check=True, env=environment)
