# Generated from tensorbay.aio.segment by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorbay.aio.segment import AsyncFusionSegmentClient, AsyncSegmentClient, AsyncSegmentClientBase
from tensorbay.client._facade import Facade
from tensorbay.client.lazy import PagingList
from tensorbay.client.status import Status
from tensorbay.dataset import AuthData, Data, Frame, RemoteData
from tensorbay.sensor import Sensor, Sensors
from tensorbay.wire import Placement

__all__ = ["FusionSegmentClient", "SegmentClient", "SegmentClientBase"]


class SegmentClientBase(Facade, core=AsyncSegmentClientBase):
    """What segments of both kinds of datasets can do."""

    _core: AsyncSegmentClientBase

    @property
    def name(self) -> str:
        return self._core.name

    @property
    def status(self) -> Status:
        """Shared with the dataset client: a checkout there moves this client too."""
        return self._core.status

    def upload_label(self, data: Data | RemoteData | Iterable[Data | RemoteData]) -> None:
        """Replace the labels of data that are in the segment already; data without a label are left alone.

        Masks that are files on this machine are uploaded; those the data have already are kept.
        """
        self._call(self._core.upload_label, data)


class SegmentClient(SegmentClientBase, core=AsyncSegmentClient):
    """One segment of a dataset, in the version its dataset client stands on."""

    _core: AsyncSegmentClient

    def list_data(self) -> PagingList[RemoteData]:
        """The data with their labels, in order of their remote paths."""
        return self._get(self._core.list_data)

    def get_data(self, remote_path: str) -> RemoteData:
        """ResourceNotExistError, which names what comes close, if there is none."""
        return self._call(self._core.get_data, remote_path)

    def list_data_paths(self) -> PagingList[str]:
        """The remote paths of the data, in order."""
        return self._get(self._core.list_data_paths)

    def list_urls(self) -> PagingList[str]:
        """A URL for each data, in order of the remote paths. URLs expire: ask when they are needed."""
        return self._get(self._core.list_urls)

    def list_mask_urls(self, mask_type: str) -> PagingList[str | None]:
        """For each data, in order of the remote paths, a URL of its mask or None.

        `mask_type` is "SEMANTIC_MASK", "INSTANCE_MASK" or "PANOPTIC_MASK".
        """
        return self._get(self._core.list_mask_urls, mask_type)

    def delete_data(self, remote_path: str) -> None:
        """The file stays in its storage. ResourceNotExistError if there is none."""
        self._call(self._core.delete_data, remote_path)

    def upload_file(self, local_path: str | Path, target_remote_path: str = "") -> None:
        """Upload one local file, without a label."""
        self._call(self._core.upload_file, local_path, target_remote_path)

    def upload_data(self, data: Data) -> None:
        """Upload one local file with its label; what lies at its remote path is replaced."""
        self._call(self._core.upload_data, data)

    def import_auth_data(self, data: AuthData, *, placement: Placement = "auto") -> None:
        """Index one file of a storage config with its label; what lies at its remote path is replaced.

        `placement` "auto": a file below the config's path stays where it is, another is copied there by the store.
        "in_place" and "copy" do the one or the other wherever it lies.
        """
        self._call(self._core.import_auth_data, data, placement=placement)

    def copy_data(
        self,
        source_remote_paths: str | Iterable[str],
        target_remote_paths: str | Iterable[str] | None = None,
        *,
        source_client: SegmentClient | None = None,
        strategy: str = "abort",
    ) -> None:
        """Copy data, with labels, into this segment: of this one, or of `source_client`, which may be any version.

        `strategy` says what happens where a target exists: "abort" copies nothing, "override" replaces the target,
        "skip" leaves it alone. No file is moved about.
        """
        self._call(
            self._core.copy_data,
            source_remote_paths,
            target_remote_paths,
            source_client=source_client,
            strategy=strategy,
        )

    def move_data(
        self,
        source_remote_paths: str | Iterable[str],
        target_remote_paths: str | Iterable[str] | None = None,
        *,
        source_client: SegmentClient | None = None,
        strategy: str = "abort",
    ) -> None:
        """Move data into this segment: of this one, or of `source_client`, a segment of the same draft.

        Strategies are those of `copy_data`; with "skip" the source is gone all the same.
        """
        self._call(
            self._core.move_data,
            source_remote_paths,
            target_remote_paths,
            source_client=source_client,
            strategy=strategy,
        )


class FusionSegmentClient(SegmentClientBase, core=AsyncFusionSegmentClient):
    """One segment of a fusion dataset, in the version its dataset client stands on."""

    _core: AsyncFusionSegmentClient

    def get_sensors(self) -> Sensors:
        """Those of the current version."""
        return self._call(self._core.get_sensors)

    def upload_sensor(self, sensor: Sensor) -> None:
        """Add a sensor, or replace the one of its name. Frames can have data of sensors that are there only."""
        self._call(self._core.upload_sensor, sensor)

    def delete_sensor(self, sensor_name: str) -> None:
        """Its data stay and can be read. ResourceNotExistError if there is none."""
        self._call(self._core.delete_sensor, sensor_name)

    def upload_frame(self, frame: Frame, timestamp: float | None = None) -> None:
        """Upload or import the files of a frame. Data that are in a dataset already (RemoteData) are left alone.

        FrameError unless exactly one of `frame.frame_id` and `timestamp` (seconds) is given: frames are in the order
        of their ids, which begin with a time.
        """
        self._call(self._core.upload_frame, frame, timestamp)

    def list_frames(self) -> PagingList[Frame]:
        """The frames with their labels, in order of their ids."""
        return self._get(self._core.list_frames)

    def delete_frame(self, frame_id: object) -> None:
        """Delete the data of all sensors in the frame. ResourceNotExistError if there is none."""
        self._call(self._core.delete_frame, frame_id)

    def list_urls(self) -> PagingList[dict[str, str]]:
        """A URL for each sensor, by its name, of each frame. URLs expire: ask when they are needed."""
        return self._get(self._core.list_urls)
