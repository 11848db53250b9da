"""The sensors of a fusion segment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from tensorbay._util.codec import MALFORMED, Schema, list_of, member, reject
from tensorbay._util.named import NameMixin, SortedNameList
from tensorbay._util.record import ABSENT, Field, Record, record
from tensorbay._util.type_enum import TypeEnum, TypeMixin, TypeRegister
from tensorbay.geometry import Quaternion, Transform3D
from tensorbay.sensor.intrinsics import CameraIntrinsics, MatrixType

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Camera", "FisheyeCamera", "Lidar", "Radar", "Sensor", "SensorType", "Sensors"]


class SensorType(TypeEnum):
    LIDAR = "LIDAR"
    RADAR = "RADAR"
    CAMERA = "CAMERA"
    FISHEYE_CAMERA = "FISHEYE_CAMERA"


class Sensor(NameMixin, TypeMixin[SensorType]):
    """Abstract. `extrinsics`, where the sensor sits, exists only if set."""

    _repr_attrs: ClassVar[tuple[str, ...]] = ("extrinsics",)
    _repr_maxlevel = 3

    extrinsics = Field(record(Transform3D), default=ABSENT)

    def __new__(cls, *_: Any, **__: Any) -> Self:
        if cls is Sensor:
            raise TypeError("Can't instantiate abstract class Sensor")
        return super().__new__(cls)

    def __init__(self, name: str) -> None:
        super().__init__(name)

    @classmethod
    def loads(cls, contents: Any) -> Any:
        """The sensor of the class that `contents["type"]` names."""
        try:
            kind = member(contents, "type", SensorType)
        except MALFORMED as error:
            reject(error)
        return _load(kind.type, contents)

    def _dumps(self) -> dict[str, Any]:
        contents: dict[str, Any] = super()._dumps()
        return {"name": contents.pop("name"), "type": self.enum.value, **contents}

    @classmethod
    def _schema(cls) -> Schema:
        schema: Schema = super()._schema()
        schema["properties"]["type"] = {"enum": [kind.value for kind in SensorType]}
        schema["required"].append("type")
        return schema

    def set_extrinsics(
        self,
        translation: Iterable[float] = (0, 0, 0),
        rotation: Iterable[float] | Quaternion = (1, 0, 0, 0),
        *,
        matrix: MatrixType | None = None,
    ) -> None:
        self.extrinsics = Transform3D(translation, rotation, matrix=matrix)

    def set_translation(self, x: float, y: float, z: float) -> None:
        self._placed().set_translation(x, y, z)

    def set_rotation(
        self,
        w: float | None = None,
        x: float | None = None,
        y: float | None = None,
        z: float | None = None,
        *,
        quaternion: Quaternion | None = None,
    ) -> None:
        self._placed().set_rotation(w, x, y, z, quaternion=quaternion)

    def _placed(self) -> Transform3D:
        if not hasattr(self, "extrinsics"):
            self.extrinsics = Transform3D()
        return self.extrinsics


@TypeRegister(SensorType.LIDAR)
class Lidar(Sensor):
    pass


@TypeRegister(SensorType.RADAR)
class Radar(Sensor):
    pass


@TypeRegister(SensorType.CAMERA)
class Camera(Sensor):
    """`intrinsics` exist only if set. `loads` makes a camera of this class, whatever the type in the document."""

    _repr_attrs = ("extrinsics", "intrinsics")

    intrinsics = Field(record(CameraIntrinsics), default=ABSENT)

    @classmethod
    def loads(cls, contents: Any) -> Any:
        return _load(cls, contents)

    def set_camera_matrix(
        self,
        fx: float | None = None,
        fy: float | None = None,
        cx: float | None = None,
        cy: float | None = None,
        skew: float = 0,
        *,
        matrix: MatrixType | None = None,
    ) -> None:
        if hasattr(self, "intrinsics"):
            self.intrinsics.set_camera_matrix(fx, fy, cx, cy, skew, matrix=matrix)
        else:
            self.intrinsics = CameraIntrinsics(fx, fy, cx, cy, skew, camera_matrix=matrix)

    def set_distortion_coefficients(self, **kwargs: float) -> None:
        if not hasattr(self, "intrinsics"):
            raise ValueError("Camera matrix of camera intrinsics must be set first.")
        self.intrinsics.set_distortion_coefficients(**kwargs)


@TypeRegister(SensorType.FISHEYE_CAMERA)
class FisheyeCamera(Camera):
    pass


_load_record = Record.loads.__func__  # type: ignore[attr-defined]
_load_all = list_of(record(Sensor)).load


def _load(cls: Any, contents: Any) -> Any:
    """As a record, past the choice of the class."""
    return _load_record(cls, contents)


class Sensors(SortedNameList[Sensor]):
    """The sensors of a segment, in the order of their names."""

    @classmethod
    def loads(cls, contents: Any) -> Self:
        sensors = cls()
        for sensor in _load_all(contents):
            sensors.add(sensor)
        return sensors

    def dumps(self) -> list[dict[str, Any]]:
        return [sensor.dumps() for sensor in self._data]
