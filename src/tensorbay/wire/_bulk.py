from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

T = TypeVar("T")

# What every database can hold and sum up.
DraftNumber = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

NO_LABEL = msgspec.Raw(b"{}")

Placement = Literal["auto", "in_place", "copy"]
"""Whether a file of a storage config is indexed where it lies, or a copy of it that the store makes.

"auto": what lies below the config's path stays, anything else is copied there.
"""


def _no_label() -> msgspec.Raw:
    # A factory and not a default: msgspec cannot write a raw default into a JSON schema.
    return NO_LABEL


def _null() -> msgspec.Raw:
    return msgspec.Raw(b"null")


encode = msgspec.json.Encoder().encode


def decode(body: bytes, type_: type[T]) -> T:
    """Raises `msgspec.ValidationError` with the path of the offending member."""
    return msgspec.json.decode(body, type=type_)


class _Wire(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    pass


class CloudObject(_Wire, frozen=True):
    """One file of a bucket to be indexed.

    What the listing knew (size, etag, mtime, version) may travel with it; without an etag the server asks the
    store for each object itself.
    """

    cloud_path: str
    remote_path: str
    label: msgspec.Raw = msgspec.field(default_factory=_no_label)
    timestamp: float | int | None = None
    frame_id: str | None = None
    sensor_name: str | None = None
    size: Size | None = None
    etag: str | None = None
    mtime: float | None = None
    version: str | None = None


class CloudImport(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`PUT datasets/{id}/multi/cloud-callback`; 1.x clients send one object a call, ours up to `BULK_LIMIT`.

    `config_name` is the storage config the files are in; absent: the dataset's own. `placement` and the answer,
    `CloudImported`, are ours.
    """

    segment_name: str
    draft_number: DraftNumber
    objects: list[CloudObject]
    delete_source: bool = False
    config_name: str | None = None
    placement: Placement = "auto"


class CloudImported(msgspec.Struct, frozen=True, rename="camel"):
    """How many objects of a `CloudImport` were indexed where they lie, and how many as copies."""

    in_place: int = 0
    copied: int = 0


class UploadedObject(_Wire, frozen=True):
    checksum: str
    file_size: Size
    remote_path: str
    label: msgspec.Raw = msgspec.field(default_factory=_no_label)
    timestamp: float | int | None = None
    frame_id: str | None = None
    sensor_name: str | None = None


class UploadCallback(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`PUT datasets/{id}/multi/callback`."""

    segment_name: str
    draft_number: DraftNumber
    objects: list[UploadedObject]


class LabelItem(_Wire, frozen=True):
    remote_path: str
    label: msgspec.Raw


class LabelsPut(msgspec.Struct, frozen=True, rename="camel"):
    """`PUT datasets/{id}/multi/data/labels`."""

    segment_name: str
    draft_number: DraftNumber
    objects: list[LabelItem]


class LabelPut(msgspec.Struct, frozen=True, rename="camel"):
    """`PUT datasets/{id}/labels`."""

    segment_name: str
    draft_number: DraftNumber
    remote_path: str
    label: msgspec.Raw


class CatalogPut(msgspec.Struct, frozen=True, rename="camel"):
    """`PUT datasets/{id}/labels/catalogs` as the server reads it: the catalog stays as it was written."""

    draft_number: DraftNumber
    catalog: msgspec.Raw


class SensorPut(msgspec.Struct, frozen=True, rename="camel"):
    """`POST datasets/{id}/sensors`: a sensor, whose numbers stay as they were written, and where it belongs."""

    segment_name: str
    draft_number: DraftNumber
    name: str
    type: Literal["LIDAR", "RADAR", "CAMERA", "FISHEYE_CAMERA"]
    description: str | None = None
    extrinsics: msgspec.Raw = msgspec.field(default_factory=_null)
    intrinsics: msgspec.Raw = msgspec.field(default_factory=_null)


class DataDetail(_Wire, frozen=True):
    """One data of a segment. Members after `timestamp` are ours; 1.x clients ignore them."""

    remote_path: str
    url: str
    # Always present on the wire: 1.x clients fail without it.
    label: msgspec.Raw
    timestamp: float | int | None = None
    size: int | None = None
    etag: str | None = None
    mtime: float | None = None
    version: str | None = None


class FrameDatum(DataDetail, frozen=True, kw_only=True):
    """The data of one sensor in a frame."""

    sensor_name: str


class FrameDetail(msgspec.Struct, frozen=True, rename="camel"):
    frame_id: str
    frame: list[FrameDatum]


class FrameDetails(msgspec.Struct, frozen=True, rename="camel"):
    """`GET datasets/{id}/data/details` of a fusion dataset: the numbers count frames."""

    data_details: list[FrameDetail]
    offset: int
    record_size: int
    total_count: int
    expire_at: float | None = None


class DataDetails(msgspec.Struct, frozen=True, rename="camel"):
    """`GET datasets/{id}/data/details`; `expire_at` (Unix seconds) is when the first of the URLs dies."""

    data_details: list[DataDetail]
    offset: int
    record_size: int
    total_count: int
    expire_at: float | None = None


class CloudFile(_Wire, frozen=True):
    path: str
    size: int
    etag: str = ""
    mtime: float | None = None
    version: str | None = None
    url: str | None = None


class CloudFiles(msgspec.Struct, frozen=True, rename="camel"):
    """`GET v2/cloud/files`: files after a key, ascending; `next` is the key to go on after, null at the end."""

    files: list[CloudFile]
    next: str | None = None
    expire_at: float | None = None


class SignedUrls(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """URLs in the order asked for; null where an upload is not needed because the object is there already.

    An upload has to send `headers`.
    """

    urls: list[str | None]
    expire_at: float
    headers: dict[str, str] = {}


class LentCredentials(msgspec.Struct, frozen=True, rename="camel"):
    """A key of S3 for what lies below `prefix` of the bucket; it ends at `expire_at` (Unix seconds)."""

    endpoint: str
    region: str | None
    bucket_name: str
    prefix: str
    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expire_at: float

    def __repr__(self) -> str:
        return f"LentCredentials({self.bucket_name!r}, {self.prefix!r})"


class Lent(msgspec.Struct, frozen=True, rename="camel"):
    """`POST v2/storage-configs/{name}/credentials`; `reason` says why there are none."""

    credentials: LentCredentials | None
    reason: str = ""
