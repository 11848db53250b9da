"""What labels cost, beside the 1.x package.

    python benchmarks/model.py [PYTHON_OF_A_VIRTUALENV_WITH_TENSORBAY_1]

The second interpreter runs the same script; the two take turns, and the medians are compared.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import timeit
import tracemalloc
from time import process_time

ROUNDS = 5
# Short enough to fit between two switches of a busy processor; the best of many is the cost.
CALLS = 100
REPEATS = 200

BOX = {
    "box2d": {"xmin": 1.5, "ymin": 2.5, "xmax": 3.5, "ymax": 4.5},
    "category": "cat",
    "attributes": {"colour": "red", "occluded": True},
    "instance": "i1",
}
CONTENTS = {"CLASSIFICATION": {"category": "cat", "attributes": {"k": "v"}}, "BOX2D": [BOX] * 10}


def measure() -> dict[str, float]:
    """Microseconds for a label of a classification and ten boxes, bytes for an empty label, milliseconds to import.

    Processor time: the machine may have other work.
    """
    start = process_time()
    from tensorbay.dataset import Dataset  # noqa: F401
    from tensorbay.label import Label
    from tensorbay.sensor import Sensors  # noqa: F401

    imported = process_time() - start
    label = Label.loads(CONTENTS)
    loads = min(timeit.repeat(lambda: Label.loads(CONTENTS), timer=process_time, number=CALLS, repeat=REPEATS)) / CALLS
    dumps = min(timeit.repeat(label.dumps, timer=process_time, number=CALLS, repeat=REPEATS)) / CALLS
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    labels = [Label() for _ in range(1000)]
    size = (tracemalloc.get_traced_memory()[0] - before) / len(labels)
    return {"loads us": loads * 1e6, "dumps us": dumps * 1e6, "empty label B": size, "import ms": imported * 1e3}


def in_turns(pythons: list[str]) -> list[dict[str, float]]:
    results: list[list[dict[str, float]]] = [[] for _ in pythons]
    for _ in range(ROUNDS):
        for python, found in zip(pythons, results, strict=True):
            output = subprocess.run([python, __file__, "--measure"], capture_output=True, text=True, check=True)
            found.append(json.loads(output.stdout))
    return [{key: statistics.median(run[key] for run in runs) for key in runs[0]} for runs in results]


def main() -> None:
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return
    ours, *theirs = in_turns([sys.executable, *sys.argv[1:]])
    for key, value in ours.items():
        old = f"{theirs[0][key]:10.1f} {value / theirs[0][key]:8.2f} x" if theirs else ""
        print(f"{key:15} {value:10.1f} {old}")


if __name__ == "__main__":
    main()
