"""What 1.x makes of small pieces of user code, kept in golden_1x.json.

Written by `python tests/model/golden.py`, run with the interpreter of a virtualenv that has tensorbay 1.24.2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("golden_1x.json")

# What all pieces may use. No dependencies beyond those of 1.x.
PRELUDE = """
import copy, json
from tensorbay.dataset import *
from tensorbay.geometry import *
from tensorbay.label import *
from tensorbay.label.attributes import _AttributeType
from tensorbay.label.label_mask import RemoteInstanceMask, RemotePanopticMask, RemoteSemanticMask
from tensorbay.label.supports import *
from tensorbay.sensor import *
from tensorbay.utility import (
    URL, NameList, SortedNameList, TypeEnum, UserMapping, UserMutableSequence, camel, chunked, common_loads, repr_config
)
square = [[0, 0], [4, 0], [4, 4], [0, 4]]
box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
pose = {"translation": {"x": 1, "y": 2, "z": 3}, "rotation": {"w": 0, "x": 1, "y": 0, "z": 0}}
size = {"x": 1, "y": 2, "z": 3}
more = {"category": "c", "attributes": {"k": [1, "a"]}, "instance": "i"}
"""


def outcome(code: str) -> dict[str, Any]:
    """What the last expression of `code` is (statements are separated by "; "), or the error."""
    names: dict[str, Any] = {}
    exec(PRELUDE, names)
    *statements, expression = code.split("; ")
    try:
        exec("\n".join(statements), names)
        value = eval(expression, names)
        result = {"type": type(value).__name__, "repr": repr(value), "str": str(value)}
        if hasattr(value, "dumps"):
            result["dumps"] = json.dumps(value.dumps(), sort_keys=True)
    except Exception as error:
        return {"error": [cls.__name__ for cls in type(error).__mro__], "message": str(error)}
    return result


def golden() -> dict[str, Any]:
    outcomes: dict[str, Any] = json.loads(GOLDEN.read_text())
    return outcomes


if __name__ == "__main__":
    # To add a piece of code, put it into the file as a key (with null), and run this.
    GOLDEN.write_text(json.dumps({code: outcome(code) for code in golden()}, indent=1) + "\n")
