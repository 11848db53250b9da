"""The names that programs import from 1.x, by module, and those of them that are not here."""

from __future__ import annotations

# Of modules without public API of their own only the names that users and tests of 1.x import.
NAMES = {
    "tensorbay": "GAS __version__",
    "tensorbay.client": "GAS config profile",
    "tensorbay.client.gas": "GAS DEFAULT_BRANCH DatasetClientType Client DatasetClient FusionDatasetClient",
    "tensorbay.client.dataset": "DatasetClientBase DatasetClient FusionDatasetClient multithread_upload",
    "tensorbay.client.segment": "SegmentClientBase SegmentClient FusionSegmentClient",
    "tensorbay.client.version": "VersionControlMixin JobMixin SquashAndMerge BasicSearch",
    "tensorbay.client.struct": "ROOT_COMMIT_ID TeamInfo UserInfo User Commit _NamedCommit Tag Branch Draft",
    "tensorbay.client.status": "Status",
    "tensorbay.client.cloud_storage": "CloudClient StorageConfig",
    "tensorbay.client.statistics": "Statistics",
    "tensorbay.client.diff": """
        DiffBase NotesDiff CatalogDiff FileDiff LabelDiff SensorDiff DataDiff SegmentDiff DatasetDiff
    """,
    "tensorbay.client.job": "Job SquashAndMergeJob BasicSearchJob",
    "tensorbay.client.search": "SearchResultBase SearchResult FusionSearchResult",
    "tensorbay.client.lazy": "LazyItem LazyPage InitPage ReturnGenerator PagingList",
    "tensorbay.client.profile": "Profile profile format_size",
    "tensorbay.client.requests": "Client multithread_upload MultiCallbackTask logger Tqdm config get_session",
    "tensorbay.client.log": """
        RequestLogging ResponseLogging dump_request_and_response REQUEST_TEMPLATE RESPONSE_TEMPLATE CACHE_SPACE_WARNING
        UPLOAD_DATASET_RESUME_TEMPLATE UPLOAD_SEGMENT_RESUME_TEMPLATE_SDK UPLOAD_SEGMENT_RESUME_TEMPLATE_CLI
    """,
    "tensorbay.dataset": "AuthData Data Dataset Frame FusionDataset FusionSegment Notes RemoteData Segment",
    "tensorbay.dataset.data": "DataBase Data RemoteData AuthData",
    "tensorbay.dataset.dataset": "DatasetBase Dataset FusionDataset Notes",
    "tensorbay.dataset.frame": "Frame",
    "tensorbay.dataset.segment": "Segment FusionSegment",
    "tensorbay.label": """
        AttributeInfo Items Catalog Label Classification LabeledBox2D LabeledBox3D LabeledKeypoints2D LabeledPolygon
        LabeledMultiPolygon LabeledRLE LabeledPolyline2D LabeledMultiPolyline2D LabeledSentence Word SemanticMask
        InstanceMask PanopticMask CategoryInfo MaskCategoryInfo KeypointsInfo ClassificationSubcatalog Box2DSubcatalog
        Box3DSubcatalog PolygonSubcatalog MultiPolygonSubcatalog RLESubcatalog Polyline2DSubcatalog
        MultiPolyline2DSubcatalog Keypoints2DSubcatalog SentenceSubcatalog SemanticMaskSubcatalog
        InstanceMaskSubcatalog PanopticMaskSubcatalog
    """,
    "tensorbay.label.attributes": "AttributeInfo Items",
    "tensorbay.label.catalog": "Catalog",
    "tensorbay.label.label": "Label",
    "tensorbay.label.label_box": "LabeledBox2D LabeledBox3D Box2DSubcatalog Box3DSubcatalog",
    "tensorbay.label.label_classification": "Classification ClassificationSubcatalog",
    "tensorbay.label.label_keypoints": "LabeledKeypoints2D Keypoints2DSubcatalog",
    "tensorbay.label.label_mask": """
        SemanticMask InstanceMask PanopticMask RemoteSemanticMask RemoteInstanceMask RemotePanopticMask SemanticMaskBase
        InstanceMaskBase PanopticMaskBase SemanticMaskSubcatalog InstanceMaskSubcatalog PanopticMaskSubcatalog
    """,
    "tensorbay.label.label_polygon": """
        LabeledPolygon LabeledMultiPolygon LabeledRLE PolygonSubcatalog MultiPolygonSubcatalog RLESubcatalog
    """,
    "tensorbay.label.label_polyline": """
        LabeledPolyline2D LabeledMultiPolyline2D Polyline2DSubcatalog MultiPolyline2DSubcatalog
    """,
    "tensorbay.label.label_sentence": "LabeledSentence Word SentenceSubcatalog",
    "tensorbay.label.supports": """
        CategoryInfo MaskCategoryInfo KeypointsInfo IsTrackingMixin CategoriesMixin MaskCategoriesMixin AttributesMixin
    """,
    "tensorbay.geometry": """
        Box2D Box3D Keypoint2D Keypoints2D Polygon Polyline2D MultiPolygon MultiPolyline2D RLE Transform3D Vector
        Vector2D Vector3D
    """,
    "tensorbay.geometry.box": "Box2D Box3D",
    "tensorbay.geometry.keypoint": "Keypoint2D Keypoints2D",
    "tensorbay.geometry.point_list": "PointList2D MultiPointList2D",
    "tensorbay.geometry.polygon": "Polygon MultiPolygon RLE",
    "tensorbay.geometry.polyline": "Polyline2D MultiPolyline2D",
    "tensorbay.geometry.transform": "Transform3D",
    "tensorbay.geometry.vector": "Vector Vector2D Vector3D",
    "tensorbay.sensor": """
        Camera FisheyeCamera Lidar Radar Sensor Sensors SensorType CameraIntrinsics CameraMatrix DistortionCoefficients
    """,
    "tensorbay.sensor.sensor": "Camera FisheyeCamera Lidar Radar Sensor Sensors SensorType",
    "tensorbay.sensor.intrinsics": "CameraIntrinsics CameraMatrix DistortionCoefficients",
    "tensorbay.exception": """
        TensorBayException ClientError StatusError DatasetTypeError FrameError ResponseError AccessDeniedError
        ForbiddenError InvalidParamsError NameConflictError RequestParamsMissingError ResourceNotExistError
        InternalServerError UnauthorizedError OpenDatasetError NoFileError FileStructureError ModuleImportError
        TBRNError UtilityError AttrError ResponseErrorDistributor
    """,
    "tensorbay.utility": """
        AttrsMixin DefaultValueDeprecated Deprecated Disable EqMixin FileMixin KwargsDeprecated MatrixType NameList
        NameMixin RemoteFileMixin ReprMixin ReprType SortedNameList Tqdm TypeEnum TypeMixin TypeRegister URL UserMapping
        UserMutableMapping UserMutableSequence UserResponse UserSequence UserSession attr attr_base camel chunked
        common_loads config locked repr_config get_session upper
    """,
    "tensorbay.utility.attr": "AttrsMixin attr attr_base",
    "tensorbay.utility.common": "MatrixType EqMixin common_loads locked",
    "tensorbay.utility.deprecated": "DefaultValueDeprecated Deprecated Disable KwargsDeprecated",
    "tensorbay.utility.file": "URL FileMixin RemoteFileMixin",
    "tensorbay.utility.itertools": "chunked",
    "tensorbay.utility.name": "NameList NameMixin SortedNameList",
    "tensorbay.utility.repr": "ReprMixin ReprType repr_config",
    "tensorbay.utility.requests": "Tqdm UserResponse UserSession config get_session",
    "tensorbay.utility.type": "TypeEnum TypeMixin TypeRegister",
    "tensorbay.utility.user": "UserMapping UserMutableMapping UserMutableSequence UserSequence",
    "tensorbay.healthcheck": "healthcheck",
    "tensorbay.apps.sextant": "Sextant Benchmark Evaluation",
    "tensorbay.cli.cli": "cli ls config dataset draft commit cp rm branch tag log auth",
    "tensorbay.cli.auth": "INDENT",
    "tensorbay.cli.draft": "_FULL_DRAFT_MESSAGE",
    "tensorbay.cli.tbrn": "TBRN",
    "tensorbay.cli.utility": "ContextInfo form_profile_value",
    "tensorbay.opendataset": "VOC2012Detection COCO2017 CADC",
}

MACHINERY = "how 1.x built its own classes; nothing that is public needs it"
DEPRECATED = "marks of names on their way out; nothing in 1.x was marked, and nothing here is"

LEFT_OUT = {
    "tensorbay.utility": {
        **dict.fromkeys(("AttrsMixin", "attr", "attr_base"), MACHINERY),
        **dict.fromkeys(("DefaultValueDeprecated", "Deprecated", "Disable", "KwargsDeprecated"), DEPRECATED),
    },
    "tensorbay.utility.attr": dict.fromkeys(("AttrsMixin", "attr", "attr_base"), MACHINERY),
    "tensorbay.utility.deprecated": dict.fromkeys(
        ("DefaultValueDeprecated", "Deprecated", "Disable", "KwargsDeprecated"), DEPRECATED
    ),
}
"""For each name the reason."""

NOT_YET = {
    "tensorbay.opendataset": "VOC2012Detection COCO2017 CADC",
}
"""What is still to be written; a line goes when it has been."""
