from __future__ import annotations

import argparse
import platform
from pathlib import Path

from benchmarks.bucket import bucket
from benchmarks.importing import memory, run, speed
from benchmarks.table import markdown

RESULTS = Path(__file__).with_name("results.md")

PREFACE = """\
# Benchmarks

Written by `nox -s bench`. Client and SeaweedFS share the cores of one machine, and such machines are noisy: read the
ratios, which are medians of rounds paired in one run, not the seconds.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure and write results.md.")
    parser.add_argument("--pairs", type=int, default=10_000, help="images, and label files, of the speed table")
    parser.add_argument("--many", type=int, default=50_000, help="pairs of the larger import of the memory table")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--print-only", action="store_true", help="leave results.md as it is")
    options = parser.parse_args()

    with bucket() as source:

        async def fill() -> None:
            await source.fill("data", options.pairs)
            await source.fill("few", 1000)
            await source.fill("many", options.many)

        run(fill)
        tables = [
            markdown(
                f"Import of {options.pairs:,} images and label files from SeaweedFS",
                speed(source, "data", options.pairs, options.rounds),
            ),
            markdown("Memory of an import", memory(source, {1000: "few", options.many: "many"})),
        ]
    machine = f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    text = "\n\n".join([f"{PREFACE}\n{machine}.", *tables]) + "\n"
    print(text)
    if not options.print_only:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
