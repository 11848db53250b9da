"""Plain geometry: values without categories, in plain Python numbers."""

from tensorbay.geometry.box import Box2D
from tensorbay.geometry.vector import Vector, Vector2D, Vector3D

__all__ = ["Box2D", "Vector", "Vector2D", "Vector3D"]
