"""All labels of one file."""

from __future__ import annotations

from typing import ClassVar

from tensorbay._util.record import ABSENT, Field, record, records
from tensorbay.label.basic import ByKind
from tensorbay.label.label_box import LabeledBox2D, LabeledBox3D
from tensorbay.label.label_classification import Classification
from tensorbay.label.label_keypoints import LabeledKeypoints2D
from tensorbay.label.label_mask import INSTANCE, PANOPTIC, SEMANTIC
from tensorbay.label.label_polygon import LabeledMultiPolygon, LabeledPolygon, LabeledRLE
from tensorbay.label.label_polyline import LabeledMultiPolyline2D, LabeledPolyline2D
from tensorbay.label.label_sentence import LabeledSentence

__all__ = ["Label"]


class Label(ByKind):
    """Each kind of label is an attribute that exists only if set; a label with none is falsy."""

    __slots__ = (
        "_box2d",
        "_box3d",
        "_classification",
        "_instance_mask",
        "_keypoints2d",
        "_multi_polygon",
        "_multi_polyline2d",
        "_panoptic_mask",
        "_polygon",
        "_polyline2d",
        "_rle",
        "_semantic_mask",
        "_sentence",
    )

    _missing: ClassVar[str] = "The '{1}' label is not provided in this data"

    classification = Field(record(Classification), default=ABSENT, key="CLASSIFICATION")
    box2d = Field(records(LabeledBox2D), default=ABSENT, key="BOX2D")
    box3d = Field(records(LabeledBox3D), default=ABSENT, key="BOX3D")
    polygon = Field(records(LabeledPolygon), default=ABSENT, key="POLYGON")
    polyline2d = Field(records(LabeledPolyline2D), default=ABSENT, key="POLYLINE2D")
    multi_polyline2d = Field(records(LabeledMultiPolyline2D), default=ABSENT, key="MULTI_POLYLINE2D")
    rle = Field(records(LabeledRLE), default=ABSENT, key="RLE")
    keypoints2d = Field(records(LabeledKeypoints2D), default=ABSENT, key="KEYPOINTS2D")
    multi_polygon = Field(records(LabeledMultiPolygon), default=ABSENT, key="MULTI_POLYGON")
    sentence = Field(records(LabeledSentence), default=ABSENT, key="SENTENCE")
    semantic_mask = Field(SEMANTIC, default=ABSENT, key="SEMANTIC_MASK")
    instance_mask = Field(INSTANCE, default=ABSENT, key="INSTANCE_MASK")
    panoptic_mask = Field(PANOPTIC, default=ABSENT, key="PANOPTIC_MASK")
