"""How digits.zip was made: `python make.py`, with scikit-learn and Pillow installed. Not part of the wheel."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

COUNT = 300

LICENSE = """\
Optical Recognition of Handwritten Digits
E. Alpaydin, C. Kaynak (1998). UCI Machine Learning Repository. https://doi.org/10.24432/C50P49
Licensed under the Creative Commons Attribution 4.0 International (CC BY 4.0) licence,
https://creativecommons.org/licenses/by/4.0/legalcode

This sample holds the first 300 images of the test set, as scikit-learn ships it, changed as follows: each
8 x 8 image of 17 grey levels is a PNG file of 256 levels, and each has a JSON label with its digit and the box
around its ink, in pixels.
"""


def label(pixels: Any, digit: int) -> dict[str, Any]:
    rows, columns = pixels.nonzero()
    box = {
        "xmin": int(columns.min()),
        "ymin": int(rows.min()),
        "xmax": int(columns.max()) + 1,
        "ymax": int(rows.max()) + 1,
    }
    category = str(digit)
    return {"CLASSIFICATION": {"category": category}, "BOX2D": [{"box2d": box, "category": category}]}


def main() -> None:
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    with zipfile.ZipFile(Path(__file__).with_name("digits.zip"), "w", zipfile.ZIP_DEFLATED) as archive:

        def write(name: str, body: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)

        write("LICENSE.txt", LICENSE.encode())
        for index in range(COUNT):
            pixels, digit = digits.images[index], int(digits.target[index])
            png = io.BytesIO()
            Image.fromarray((pixels * 255 / 16).round().astype("uint8")).save(png, "PNG", optimize=True)
            write(f"images/{index:04}.png", png.getvalue())
            write(f"labels/{index:04}.json", json.dumps(label(pixels, digit)).encode())


if __name__ == "__main__":
    main()
