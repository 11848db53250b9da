from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

# What every database can hold.
DraftNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]

# Each category has two curves in the result of an evaluation.
CATEGORY_LIMIT = 5000


class Body(BaseModel):
    """A request body: camelCase on the wire, unknown members ignored as 1.x servers did."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    def to_json(self) -> dict[str, Any]:
        """Only what was given: an absent member and null mean different things in a PATCH."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class DatasetBody(Body):
    name: str
    type: Literal[0, 1] = 0
    alias: str = ""
    is_public: bool = False
    config_name: str | None = None


class DatasetPatch(Body):
    name: str | None = None
    alias: str | None = None
    is_public: bool | None = None


class SegmentBody(Body):
    name: str
    draft_number: DraftNumber
    description: str = ""


class SegmentSource(Body):
    """The segment to copy: of the same draft, or with `id` and a version of another one."""

    segment_name: str
    id: str | None = None
    draft_number: DraftNumber | None = None
    commit: str | None = None


class SegmentCopyBody(Body):
    """`POST datasets/{id}/segments?copy` and `?move`."""

    strategy: Literal["abort", "override", "skip"]
    source: SegmentSource
    segment_name: str
    draft_number: DraftNumber


class DataSource(SegmentSource):
    """The data to copy or move: of the same draft, or with `id` and a version of another one."""

    remote_paths: list[str]


class DataCopyBody(Body):
    """`POST datasets/{id}/data?multipleCopy` and `?multipleMove`; without `remote_paths` the names stay."""

    strategy: Literal["abort", "override", "skip"]
    source: DataSource
    segment_name: str
    remote_paths: list[str] | None = None
    draft_number: DraftNumber


class SegmentDeleteBody(Body):
    segment_name: str
    draft_number: DraftNumber


class DataDeleteBody(Body):
    segment_name: str
    remote_path: str
    draft_number: DraftNumber


class SensorDeleteBody(Body):
    segment_name: str
    sensor_name: str
    draft_number: DraftNumber


class FrameDeleteBody(Body):
    segment_name: str
    frame_id: str
    draft_number: DraftNumber


class CatalogBody(Body):
    catalog: dict[str, Any]
    draft_number: DraftNumber


class NotesPatch(Body):
    is_continuous: bool | None = None
    bin_point_cloud_fields: list[str] | None = None
    draft_number: DraftNumber


class DraftBody(Body):
    branch_name: str
    title: str
    description: str = ""


class DraftPatch(Body):
    title: str | None = None
    description: str | None = None
    status: Literal["CLOSED"] | None = None


class CommitBody(Body):
    draft_number: DraftNumber
    title: str
    description: str = ""
    tag: str | None = None


class JobBody(Body):
    """`POST datasets/{id}/jobs`."""

    title: str
    job_type: Literal["squashAndMerge", "basicSearch"]
    arguments: dict[str, Any]
    description: str = ""


class SearchDatasetBody(Body):
    """`POST searchResults/{id}/datasets`."""

    dataset_name: str
    alias: str = ""
    is_public: bool = False


class VerifyBody(Body):
    """`POST v2/datasets/{id}/verify`; `commit` is any revision."""

    commit: str


class CredentialsBody(Body):
    """`POST v2/storage-configs/{name}/credentials`."""

    write: bool = False


class BenchmarkBody(Body):
    """`POST v2/benchmarks`: the ground truth, and how predictions are held against it."""

    name: str
    dataset_id: str
    commit_id: str
    categories: Annotated[list[str], Field(min_length=1, max_length=CATEGORY_LIMIT)] | None = None
    iou_threshold: Annotated[float, Field(gt=0, le=1)] = 0.5


class EvaluationBody(Body):
    """`POST benchmarks/{id}/evaluations`; `commit_id` is any revision."""

    dataset_id: str
    commit_id: str


class NameBody(Body):
    """`DELETE datasets/{id}/branches` and `.../tags`."""

    name: str


class RevisionBody(Body):
    """`POST datasets/{id}/branches` and `.../tags`; `commit` is any revision."""

    name: str
    commit: str


class SignBody(Body):
    """`POST v2/cloud/urls`: signed URLs for many files of one storage config, in the same order."""

    config: str
    paths: list[str]


class UploadBody(Body):
    """`POST v2/datasets/{id}/uploads`: where to PUT the files with these SHA-1 checksums, in the same order."""

    segment_name: str
    draft_number: DraftNumber
    checksums: list[str]


class DataUrlsBody(Body):
    """`POST v2/datasets/{id}/data/urls`: URLs of many data of one segment, in the same order.

    In fusion segments `remote_paths` are `<frame id>/<sensor name>`, because their remote paths need not be unique.
    """

    segment_name: str
    remote_paths: list[str]
    draft_number: DraftNumber | None = None
    commit: str | None = None
