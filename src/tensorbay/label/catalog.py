"""What the labels of a dataset may be."""

from __future__ import annotations

from typing import ClassVar

from tensorbay._util.record import ABSENT, Field, record
from tensorbay.label.basic import ByKind
from tensorbay.label.label_box import Box2DSubcatalog, Box3DSubcatalog
from tensorbay.label.label_classification import ClassificationSubcatalog
from tensorbay.label.label_keypoints import Keypoints2DSubcatalog
from tensorbay.label.label_mask import InstanceMaskSubcatalog, PanopticMaskSubcatalog, SemanticMaskSubcatalog
from tensorbay.label.label_polygon import MultiPolygonSubcatalog, PolygonSubcatalog, RLESubcatalog
from tensorbay.label.label_polyline import MultiPolyline2DSubcatalog, Polyline2DSubcatalog
from tensorbay.label.label_sentence import SentenceSubcatalog

__all__ = ["Catalog"]


class Catalog(ByKind):
    """One subcatalog for each kind of label in use, named as in `Label`; falsy without any."""

    _missing: ClassVar[str] = "The '{1}' subcatalog is not provided in this dataset"

    classification = Field(record(ClassificationSubcatalog), default=ABSENT, key="CLASSIFICATION")
    box2d = Field(record(Box2DSubcatalog), default=ABSENT, key="BOX2D")
    box3d = Field(record(Box3DSubcatalog), default=ABSENT, key="BOX3D")
    polygon = Field(record(PolygonSubcatalog), default=ABSENT, key="POLYGON")
    polyline2d = Field(record(Polyline2DSubcatalog), default=ABSENT, key="POLYLINE2D")
    multi_polyline2d = Field(record(MultiPolyline2DSubcatalog), default=ABSENT, key="MULTI_POLYLINE2D")
    keypoints2d = Field(record(Keypoints2DSubcatalog), default=ABSENT, key="KEYPOINTS2D")
    multi_polygon = Field(record(MultiPolygonSubcatalog), default=ABSENT, key="MULTI_POLYGON")
    rle = Field(record(RLESubcatalog), default=ABSENT, key="RLE")
    sentence = Field(record(SentenceSubcatalog), default=ABSENT, key="SENTENCE")
    semantic_mask = Field(record(SemanticMaskSubcatalog), default=ABSENT, key="SEMANTIC_MASK")
    instance_mask = Field(record(InstanceMaskSubcatalog), default=ABSENT, key="INSTANCE_MASK")
    panoptic_mask = Field(record(PanopticMaskSubcatalog), default=ABSENT, key="PANOPTIC_MASK")
