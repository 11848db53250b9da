"""Sensors of fusion datasets: where they sit, and how cameras see."""

from tensorbay.sensor.intrinsics import CameraIntrinsics, CameraMatrix, DistortionCoefficients
from tensorbay.sensor.sensor import Camera, FisheyeCamera, Lidar, Radar, Sensor, Sensors, SensorType

__all__ = [
    "Camera",
    "CameraIntrinsics",
    "CameraMatrix",
    "DistortionCoefficients",
    "FisheyeCamera",
    "Lidar",
    "Radar",
    "Sensor",
    "SensorType",
    "Sensors",
]
