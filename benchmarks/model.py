"""What labels cost, beside the 1.x package; and what it takes to read a large COCO file.

    python benchmarks/model.py [PYTHON_OF_A_VIRTUALENV_WITH_TENSORBAY_1] [--coco MEGABYTES]

The second interpreter runs the same script; the two take turns, and the medians are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import timeit
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
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

IMPORT = """
from time import process_time
start = process_time()
import tensorbay.geometry, tensorbay.label, tensorbay.sensor, tensorbay.dataset
print((process_time() - start) * 1000)
"""

# Prints the files, the labels and the peak of resident memory in MB, which counts SQLite's as well.
READ_COCO = """
import resource, sys
from tensorbay.label.formats import read_coco
files = labels = 0
for file in read_coco(sys.argv[1]):
    files += 1
    labels += len(file.label.box2d)
print(files, labels, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure() -> dict[str, float]:
    """Microseconds for a label of a classification and ten boxes, bytes for an empty label.

    Processor time: the machine may have other work.
    """
    from tensorbay.label import Label

    label = Label.loads(CONTENTS)
    loads = min(timeit.repeat(lambda: Label.loads(CONTENTS), timer=process_time, number=CALLS, repeat=REPEATS)) / CALLS
    dumps = min(timeit.repeat(label.dumps, timer=process_time, number=CALLS, repeat=REPEATS)) / CALLS
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    labels = [Label() for _ in range(1000)]
    size = (tracemalloc.get_traced_memory()[0] - before) / len(labels)
    return {"loads us": loads * 1e6, "dumps us": dumps * 1e6, "empty label B": size}


def in_turns(pythons: Sequence[str]) -> list[dict[str, float]]:
    results: list[list[dict[str, float]]] = [[] for _ in pythons]
    with TemporaryDirectory() as cache:
        # Modules are compiled once, as for a user, whatever the environment says.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}

        def output(*command: str) -> str:
            return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

        for python in pythons:
            output(python, "-c", IMPORT)
        for _ in range(ROUNDS):
            for python, found in zip(pythons, results, strict=True):
                imported = {"import ms": float(output(python, "-c", IMPORT))}
                found.append(json.loads(output(python, __file__, "--measure")) | imported)
    return [{key: statistics.median(run[key] for run in runs) for key in runs[0]} for runs in results]


def write_annotations(path: Path, megabytes: float) -> None:
    """A COCO file with five segmented boxes for each image, whose images come last."""
    person = {
        "category_id": 1,
        "bbox": [10.5, 20.25, 30.5, 40.75],
        "area": 1243.0,
        "iscrowd": 0,
        "segmentation": [[10.5 + i / 4 for i in range(40)]],
    }
    count = int(megabytes * 1e6 / len(json.dumps(person)))
    images = max(count // 5, 1)
    with path.open("w") as file:
        file.write('{"categories": [{"id": 1, "name": "person"}], "annotations": [')
        for i in range(count):
            # Those of one image are far apart, as they are in the published files.
            item = {"id": i, "image_id": i % images, **person}
            file.write((",\n" if i else "") + json.dumps(item))
        file.write('], "images": [')
        for i in range(images):
            image = {"id": i, "file_name": f"{i:012}.jpg", "width": 640, "height": 480}
            file.write((",\n" if i else "") + json.dumps(image))
        file.write("]}")


def coco(megabytes: float) -> None:
    with TemporaryDirectory() as folder:
        for size in (megabytes / 100, megabytes):
            path = Path(folder) / "annotations.json"
            write_annotations(path, size)
            command = [sys.executable, "-c", READ_COCO, str(path)]
            found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            print(f"COCO {path.stat().st_size / 1e6:.0f} MB: {found[0]} files, {found[1]} boxes, peak {found[2]} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", nargs="?", help="python with tensorbay 1.x")
    parser.add_argument("--coco", type=float, metavar="MEGABYTES")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure()))
    elif options.coco:
        coco(options.coco)
    else:
        ours, *theirs = in_turns([sys.executable, *([options.old] if options.old else [])])
        for key, value in ours.items():
            old = f"{theirs[0][key]:10.1f} {value / theirs[0][key]:8.2f} x" if theirs else ""
            print(f"{key:15} {value:10.1f} {old}")


if __name__ == "__main__":
    main()
