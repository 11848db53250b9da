"""Plain geometry: values without categories, in plain Python numbers."""

from tensorbay.geometry.box import Box2D, Box3D
from tensorbay.geometry.keypoint import Keypoint2D, Keypoints2D
from tensorbay.geometry.polygon import RLE, MultiPolygon, Polygon
from tensorbay.geometry.polyline import MultiPolyline2D, Polyline2D
from tensorbay.geometry.quaternion import Quaternion
from tensorbay.geometry.transform import Transform3D
from tensorbay.geometry.vector import Vector, Vector2D, Vector3D

__all__ = [
    "RLE",
    "Box2D",
    "Box3D",
    "Keypoint2D",
    "Keypoints2D",
    "MultiPolygon",
    "MultiPolyline2D",
    "Polygon",
    "Polyline2D",
    "Quaternion",
    "Transform3D",
    "Vector",
    "Vector2D",
    "Vector3D",
]
