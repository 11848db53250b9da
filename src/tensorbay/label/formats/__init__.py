"""Labels from and to the formats of others, streaming: memory does not grow with the file."""

from tensorbay.label.formats._common import LabelledFile
from tensorbay.label.formats.coco import CocoCategory, read_coco, read_coco_categories, write_coco
from tensorbay.label.formats.table import read_csv, read_jsonl, write_csv, write_jsonl
from tensorbay.label.formats.voc import dump_voc, load_voc
from tensorbay.label.formats.yolo import dump_yolo, load_yolo

__all__ = [
    "CocoCategory",
    "LabelledFile",
    "dump_voc",
    "dump_yolo",
    "load_voc",
    "load_yolo",
    "read_coco",
    "read_coco_categories",
    "read_csv",
    "read_jsonl",
    "write_coco",
    "write_csv",
    "write_jsonl",
]
