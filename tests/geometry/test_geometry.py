from __future__ import annotations

import math
import random

import numpy as np
import pytest

from tensorbay.geometry import (
    Box2D,
    Box3D,
    Keypoint2D,
    Keypoints2D,
    Polygon,
    Polyline2D,
    Quaternion,
    Transform3D,
    Vector,
    Vector2D,
    Vector3D,
)
from tensorbay.label import LabeledBox2D, LabeledBox3D


def test_vector_makes_the_type_that_fits() -> None:
    assert type(Vector(1, 2)) is Vector2D
    assert type(Vector(1, 2, 3)) is Vector3D
    assert type(Vector.loads({"x": 1, "y": 2, "z": 3})) is Vector3D
    with pytest.raises(TypeError):
        Vector([1, 2])  # type: ignore[call-overload]


def test_vector_arithmetic() -> None:
    assert Vector2D(1, 2) + Vector2D(3, 4) == Vector2D(4, 6)
    assert [1, 2] + Vector2D(3, 4) == Vector2D(1, 2) + [3, 4] == Vector2D(4, 6)  # noqa: RUF005
    assert [5, 6] - Vector2D(1, 2) == Vector2D(4, 4)
    assert -Vector3D(1, 0, -1) == Vector3D(-1, 0, 1)
    assert 2 * Vector2D(1, 2) == Vector2D(1, 2) * 2 == Vector2D(2, 4)
    assert Vector2D(1, 2) / 2 == Vector2D(0.5, 1)
    assert Vector2D(1, 3) // 2 == Vector2D(0, 1)
    assert abs(Vector(1, 1)) == 1.4142135623730951
    assert abs(Vector(1, 1, 1)) == 1.7320508075688772
    assert not Vector2D(0, 0)


@pytest.mark.parametrize("other", [1, [1, 2, 3], "ab", None])
def test_vectors_add_only_what_is_as_long(other: object) -> None:
    with pytest.raises(TypeError):
        Vector2D(1, 2) + other  # type: ignore[operator]


def test_equality_needs_the_type() -> None:
    assert Vector2D(1, 2) != (1, 2)
    assert Vector2D(1, 2) != Keypoint2D(1, 2)
    assert Keypoint2D(1, 2) != Vector2D(1, 2)
    assert Box2D(1, 2, 3, 4) != LabeledBox2D(1, 2, 3, 4)
    assert LabeledBox2D(1, 2, 3, 4) != Box2D(1, 2, 3, 4)
    assert LabeledBox2D(1, 2, 3, 4, category="a") != LabeledBox2D(1, 2, 3, 4)
    with pytest.raises(TypeError):
        hash(Box2D(1, 2, 3, 4))


def test_box2d() -> None:
    box = Box2D(1, 2, 3, 4)
    assert (box.tl, box.br, box.width, box.height, box.area()) == (Vector2D(1, 2), Vector2D(3, 4), 2, 2, 4)
    assert box & Box2D(2, 3, 5, 6) == Box2D(2, 3, 3, 4)
    assert Box2D.iou(box, Box2D(2, 3, 5, 6)) == 1 / 12
    assert list(Box2D(3, 2, 1, 4)) == list(Box2D.from_xywh(1, 2, -1, 3)) == [0, 0, 0, 0]
    assert list(Box2D.loads({"xmin": 3, "ymin": 2, "xmax": 1, "ymax": 4})) == [3, 2, 1, 4]
    assert box.__and__([1, 2, 3, 4]) is NotImplemented  # type: ignore[operator]


def test_rotation_is_exact_in_plain_floats() -> None:
    transform = Transform3D(rotation=[1, 2, 3, 4])
    assert tuple(transform * [1, 2, 3]) == (1.7999999999999996, 2, 2.6)


def test_transforms_compose_as_matrices_do() -> None:
    rng = random.Random(3)
    for _ in range(50):
        first, second = (
            Transform3D([rng.gauss(0, 3) for _ in range(3)], [rng.gauss(0, 1) for _ in range(4)]) for _ in range(2)
        )
        point = [rng.gauss(0, 3) for _ in range(3)]
        matrix = first.as_matrix() @ second.as_matrix()
        assert np.allclose((first * second).as_matrix(), matrix)
        assert np.allclose(list(first * point), (first.as_matrix() @ [*point, 1])[:3])
        assert np.allclose((first.inverse() * first).as_matrix(), np.eye(4))
        assert np.allclose(Transform3D(matrix=matrix).as_matrix(), matrix)
        assert np.allclose(
            (first.rotation * second).as_matrix(), Transform3D(rotation=first.rotation).as_matrix() @ second.as_matrix()
        )


@pytest.mark.parametrize("other", [1, [1, 2], [[1, 2, 3], [1, 2, 3]], np.eye(4), ["a", "b", "c"], "abc"])
def test_transforms_multiply_only_what_is_in_space(other: object) -> None:
    assert Transform3D().__mul__(other) is NotImplemented  # type: ignore[operator]


def test_transform_matrix_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 3x4 or 4x4"):
        Transform3D(matrix=np.eye(3))


def test_quaternion_takes_the_place_of_numpy_quaternion() -> None:
    class Foreign:
        w, x, y, z = 1.0, 2.0, 3.0, 4.0

    assert Transform3D(rotation=Foreign()).rotation == Foreign()  # type: ignore[arg-type]
    assert repr(Quaternion(1, 0, 0.5, 0)) == "quaternion(1, 0, 0.5, 0)"
    assert Quaternion(1, 2, 3, 4) * Quaternion(4, 2, 3, 4) == Quaternion(-25, 10, 15, 20)
    with pytest.raises(TypeError):
        Quaternion(1, 2)


def test_box3d() -> None:
    assert Box3D.iou(Box3D([1, 1, 1]), Box3D([2, 2, 2])) == 0.125
    assert Box3D.iou(Box3D([1, 1, 1]), Box3D([1, 1, 1], rotation=[1, 1, 0, 0])) == 0
    assert Box3D._line_intersect(4, 4, 1) == 3
    assert Box3D([1, 2, 3]).volume() == 6
    moved = Transform3D([1, 2, 3]) * LabeledBox3D([1, 1, 1], category="car")
    assert moved == LabeledBox3D([1, 1, 1], [1, 2, 3], category="car")


def test_iou_of_rotated_boxes_counts_along_their_own_axes() -> None:
    half = math.sqrt(0.5)
    turned = {"rotation": [half, 0, 0, half]}  # a quarter turn around z
    first = Box3D([2, 1, 1], **turned)
    second = Box3D([2, 1, 1], [0, 1, 0], **turned)
    assert Box3D.iou(first, second) == pytest.approx(1 / 3)


def test_polyline_distance_and_similarity() -> None:
    lines = [[1, 1], [2, 2], [4, 4], [5, 5]], [[2, 1], [4, 3], [6, 5]]
    assert Polyline2D.uniform_frechet_distance(*lines) == 1
    assert Polyline2D.similarity(*lines) == 0.8438262381113939
    assert Polyline2D.uniform_frechet_distance(lines[0], lines[1][::-1]) == 1
    assert Polyline2D.similarity(lines[0], lines[0]) == 1
    longer = [[0, 0], [3, 1], [4, 7]], [[1, 0], [2, 2], [9, 9], [3, 3]]
    assert Polyline2D.uniform_frechet_distance(*longer) == pytest.approx(8.045891619960175)
    assert Polyline2D.similarity(*longer) == pytest.approx(0.3678550527593494)


def test_point_lists_take_any_points() -> None:
    assert Polygon(np.array([[1, 2], [3, 4]])) == Polygon([Vector2D(1, 2), (3, 4)])
    assert Keypoints2D([[1, 2, 1], [3, 4]]).dumps() == [{"x": 1, "y": 2, "v": 1}, {"x": 3, "y": 4}]
    assert Keypoints2D(None) == Keypoints2D([])
    assert Polygon([(1, 2)]) != Polyline2D([(1, 2)])
    with pytest.raises(TypeError):
        Polygon([[1, 2, 3]])
