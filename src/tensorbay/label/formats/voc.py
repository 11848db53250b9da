"""Pascal VOC: an XML file for each image."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tensorbay.exception import LabelFormatError
from tensorbay.label.formats._common import LabelledFile
from tensorbay.label.label import Label
from tensorbay.label.label_box import LabeledBox2D

__all__ = ["dump_voc", "load_voc"]

_FLAGS = ("truncated", "difficult", "occluded")


def load_voc(text: str | bytes) -> LabelledFile:
    """Boxes in the pixel numbers of the file, which count from 1; flags and pose become attributes."""
    content = text if isinstance(text, bytes) else text.encode()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        # Entities can grow without bound, and annotation files have none.
        raise LabelFormatError("a VOC annotation has no document type")
    try:
        root = ET.fromstring(content)  # noqa: S314  (no entities, see above)
    except ET.ParseError as error:
        raise LabelFormatError(f"not XML: {error}") from error
    label = Label()
    boxes = [_box(element, f"object[{index}]") for index, element in enumerate(root.iterfind("object"))]
    if boxes:
        label.box2d = boxes
    width, height = (int(root.findtext(f"size/{name}") or 0) for name in ("width", "height"))
    return LabelledFile(root.findtext("filename") or "", label, width, height)


def _box(element: ET.Element, path: str) -> LabeledBox2D:
    try:
        corners = [float(element.findtext(f"bndbox/{name}") or "") for name in ("xmin", "ymin", "xmax", "ymax")]
    except ValueError as error:
        raise LabelFormatError(f"a box needs four numbers: {error}", path=f"{path}.bndbox") from error
    attributes: dict[str, object] = {}
    if pose := element.findtext("pose"):
        attributes["pose"] = pose
    for flag in _FLAGS:
        if (value := element.findtext(flag)) is not None:
            attributes[flag] = value.strip() == "1"
    return LabeledBox2D(*map(_short, corners), category=element.findtext("name"), attributes=attributes)


def _short(value: float) -> float:
    return int(value) if value.is_integer() else value


def dump_voc(file: LabelledFile) -> bytes:
    root = ET.Element("annotation")
    _add(root, "filename", file.path)
    size = ET.SubElement(root, "size")
    _add(size, "width", file.width)
    _add(size, "height", file.height)
    for box in getattr(file.label, "box2d", ()):
        attributes = getattr(box, "attributes", {})
        element = ET.SubElement(root, "object")
        _add(element, "name", getattr(box, "category", ""))
        if "pose" in attributes:
            _add(element, "pose", attributes["pose"])
        for flag in _FLAGS:
            if flag in attributes:
                _add(element, flag, int(attributes[flag]))
        corners = ET.SubElement(element, "bndbox")
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
            _add(corners, name, value)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _add(parent: ET.Element, name: str, value: object) -> None:
    ET.SubElement(parent, name).text = str(value)
