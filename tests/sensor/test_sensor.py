from __future__ import annotations

import numpy as np
import pytest

from tensorbay.exception import LabelFormatError
from tensorbay.geometry import Transform3D, Vector2D
from tensorbay.sensor import (
    Camera,
    CameraIntrinsics,
    CameraMatrix,
    DistortionCoefficients,
    FisheyeCamera,
    Lidar,
    Radar,
    Sensor,
    Sensors,
    SensorType,
)


def test_camera_matrix() -> None:
    matrix = CameraMatrix(matrix=np.array([[1, 2, 3], [0, 4, 5], [0, 0, 1]]))
    assert matrix == CameraMatrix(1, 4, 3, 5, 2)
    assert matrix.as_matrix().tolist() == [[1, 2, 3], [0, 4, 5], [0, 0, 1]]
    assert CameraMatrix(1, 2, 3, 4).project((1, 2, 4)) == Vector2D(3.25, 5)
    assert CameraMatrix(1, 2, 3, 4).project((1, 2)) == Vector2D(4, 8)
    with pytest.raises(TypeError, match="2 or 3 dimensions"):
        CameraMatrix(1, 2, 3, 4).project((1,))
    with pytest.raises(ZeroDivisionError):
        CameraMatrix(1, 2, 3, 4).project((1, 2, 0))
    with pytest.raises(TypeError, match="Require 'fx'"):
        CameraMatrix(1, 2, 3)


def test_distortion() -> None:
    lens = DistortionCoefficients(p1=1, p2=2, k1=3, k2=4)
    assert lens.distort((1, 2)) == Vector2D(134, 253)
    assert lens.distort((1, 2, 3)) == Vector2D(3.3004115226337447, 4.934156378600823)
    assert lens.distort((1, 2), is_fisheye=True) == Vector2D(6.158401093771876, 12.316802187543752)
    assert lens.distort((1, 2, 3), is_fisheye=True) == Vector2D(0.83187700005734, 1.66375400011468)
    assert DistortionCoefficients(p1=1, p3=2, k1=3, k4=4).dumps() == {"p1": 1, "k1": 3}
    with pytest.raises(TypeError):
        DistortionCoefficients(k2=1)


def test_intrinsics_project() -> None:
    camera = CameraIntrinsics(1, 2, 3, 4, k1=1, p1=1, p2=2)
    assert camera.project((1, 2)) == Vector2D(27, 70)
    assert camera.project((1, 2, 3), is_fisheye=True) == Vector2D(3.4039719111977247, 5.615887644790899)
    assert not hasattr(CameraIntrinsics(1, 2, 3, 4), "distortion_coefficients")


def test_sensors_are_loaded_by_their_type() -> None:
    contents = [{"name": "b", "type": "FISHEYE_CAMERA"}, {"name": "a", "type": "LIDAR"}]
    sensors = Sensors.loads(contents)
    assert [type(sensor) for sensor in sensors] == [Lidar, FisheyeCamera]
    assert sensors.keys() == ("a", "b")
    assert sensors.dumps() == contents[::-1]
    assert type(Camera.loads({"name": "x", "type": "LIDAR"})) is Camera
    assert Lidar("a").enum.type is Lidar
    assert SensorType("RADAR").type is Radar
    assert Lidar("a") != Radar("a")
    with pytest.raises(ValueError, match="'X' is not a valid SensorType"):
        Sensor.loads({"name": "a", "type": "X"})
    with pytest.raises(LabelFormatError) as caught:
        Sensors.loads([{"name": "a", "type": "LIDAR"}, {"type": "LIDAR"}])
    assert caught.value.path == "[1]"
    with pytest.raises(TypeError, match="Can't instantiate abstract class Sensor"):
        Sensor("a")


def test_a_sensor_is_placed_where_it_is_first_moved() -> None:
    lidar = Lidar("a")
    lidar.set_translation(1, 2, 3)
    lidar.set_rotation(0, 1, 0, 0)
    assert lidar.extrinsics == Transform3D([1, 2, 3], [0, 1, 0, 0])


def test_a_lens_needs_a_camera_matrix() -> None:
    camera = Camera("a")
    with pytest.raises(ValueError, match="must be set first"):
        camera.set_distortion_coefficients(k1=1)
    camera.set_camera_matrix(1, 2, 3, 4)
    camera.set_distortion_coefficients(k1=1)
    camera.set_camera_matrix(5, 6, 7, 8)
    assert camera.dumps()["intrinsics"] == {
        "cameraMatrix": {"fx": 5, "fy": 6, "cx": 7, "cy": 8},
        "distortionCoefficients": {"k1": 1},
    }
