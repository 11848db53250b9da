"""What client and server agree on: paths, limits, and the bodies that travel between them.

Control messages are pydantic models (their error messages matter, their size does not). Bulk entries are
msgspec Structs whose label stays `msgspec.Raw`: JSON bytes that are never parsed on the way to a page and back.
"""

from tensorbay.wire._bodies import (
    CATEGORY_LIMIT,
    AzureConfigBody,
    BenchmarkBody,
    Body,
    BucketConfigBody,
    CatalogBody,
    CommitBody,
    DataCopyBody,
    DataDeleteBody,
    DatasetBody,
    DatasetPatch,
    DataSource,
    DataUrlsBody,
    DraftBody,
    DraftPatch,
    EvaluationBody,
    FrameDeleteBody,
    JobBody,
    LocalConfigBody,
    NameBody,
    NotesPatch,
    RevisionBody,
    SearchDatasetBody,
    SegmentBody,
    SegmentCopyBody,
    SegmentDeleteBody,
    SegmentSource,
    SensorDeleteBody,
    SignBody,
    UploadBody,
)
from tensorbay.wire._bulk import (
    NO_LABEL,
    CatalogPut,
    CloudFile,
    CloudFiles,
    CloudImport,
    CloudObject,
    DataDetail,
    DataDetails,
    FrameDatum,
    FrameDetail,
    FrameDetails,
    LabelItem,
    LabelPut,
    LabelsPut,
    SensorPut,
    SignedUrls,
    UploadCallback,
    UploadedObject,
    decode,
    encode,
)
from tensorbay.wire._hints import nearby

GATEWAY = "gatewayv2/"
V1 = "gatewayv2/tensorbay-open-api/v1/"
V2 = "gatewayv2/tensorbay-open-api/v2/"
SEXTANT_V1 = "gatewayv2/apps-sextant/v1/"
SEXTANT_V2 = "gatewayv2/apps-sextant/v2/"

# 1.x clients ask for 128 items a page; ours ask for, and our server gives, up to this many.
PAGE_LIMIT = 1000

# Objects in one bulk post. The server refuses more, so that one request never holds the loop for long.
BULK_LIMIT = 5000

ROOT_COMMIT_ID = "0" * 32

__all__ = [
    "BULK_LIMIT",
    "CATEGORY_LIMIT",
    "GATEWAY",
    "NO_LABEL",
    "PAGE_LIMIT",
    "ROOT_COMMIT_ID",
    "SEXTANT_V1",
    "SEXTANT_V2",
    "V1",
    "V2",
    "AzureConfigBody",
    "BenchmarkBody",
    "Body",
    "BucketConfigBody",
    "CatalogBody",
    "CatalogPut",
    "CloudFile",
    "CloudFiles",
    "CloudImport",
    "CloudObject",
    "CommitBody",
    "DataCopyBody",
    "DataDeleteBody",
    "DataDetail",
    "DataDetails",
    "DataSource",
    "DataUrlsBody",
    "DatasetBody",
    "DatasetPatch",
    "DraftBody",
    "DraftPatch",
    "EvaluationBody",
    "FrameDatum",
    "FrameDeleteBody",
    "FrameDetail",
    "FrameDetails",
    "JobBody",
    "LabelItem",
    "LabelPut",
    "LabelsPut",
    "LocalConfigBody",
    "NameBody",
    "NotesPatch",
    "RevisionBody",
    "SearchDatasetBody",
    "SegmentBody",
    "SegmentCopyBody",
    "SegmentDeleteBody",
    "SegmentSource",
    "SensorDeleteBody",
    "SensorPut",
    "SignBody",
    "SignedUrls",
    "UploadBody",
    "UploadCallback",
    "UploadedObject",
    "decode",
    "encode",
    "nearby",
]
