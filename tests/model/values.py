"""Strategies: any value of every type with a JSON form."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tensorbay.dataset import Notes
from tensorbay.geometry import (
    RLE,
    Box2D,
    Box3D,
    Keypoint2D,
    Keypoints2D,
    MultiPolygon,
    MultiPolyline2D,
    Polygon,
    Polyline2D,
    Transform3D,
    Vector2D,
    Vector3D,
)
from tensorbay.label import (
    AttributeInfo,
    Box2DSubcatalog,
    Box3DSubcatalog,
    Catalog,
    CategoryInfo,
    Classification,
    ClassificationSubcatalog,
    InstanceMaskSubcatalog,
    Items,
    Keypoints2DSubcatalog,
    KeypointsInfo,
    Label,
    LabeledBox2D,
    LabeledBox3D,
    LabeledKeypoints2D,
    LabeledMultiPolygon,
    LabeledMultiPolyline2D,
    LabeledPolygon,
    LabeledPolyline2D,
    LabeledRLE,
    LabeledSentence,
    MaskCategoryInfo,
    MultiPolygonSubcatalog,
    MultiPolyline2DSubcatalog,
    PanopticMaskSubcatalog,
    PolygonSubcatalog,
    Polyline2DSubcatalog,
    RLESubcatalog,
    SemanticMaskSubcatalog,
    SentenceSubcatalog,
    Word,
)
from tensorbay.label.label_mask import RemoteInstanceMask, RemotePanopticMask, RemoteSemanticMask
from tensorbay.sensor import (
    Camera,
    CameraIntrinsics,
    CameraMatrix,
    DistortionCoefficients,
    FisheyeCamera,
    Lidar,
    Radar,
    Sensor,
)

text = st.text(st.characters(codec="utf-8"), max_size=8)
floats = st.floats(-1e6, 1e6)
numbers = st.one_of(st.integers(-(10**6), 10**6), floats)
names = text.filter(bool)
scalars = st.one_of(text, numbers, st.booleans(), st.none())
attributes = st.dictionaries(text, st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=3)
points = st.lists(st.tuples(numbers, numbers), max_size=4)
ids = st.integers(0, 255)


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def made(cls: Any, *args: st.SearchStrategy[Any], **optionals: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda values, options: cls(*values, **options), st.tuples(*args), optional(**optionals))


def labeled(cls: Any, *args: st.SearchStrategy[Any], **optionals: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return made(cls, *args, category=text, attributes=attributes, instance=text, **optionals)


vectors3 = st.tuples(numbers, numbers, numbers)
rotations = st.tuples(floats, floats, floats, floats)
keypoints = st.lists(st.one_of(st.tuples(numbers, numbers), st.tuples(numbers, numbers, st.integers(0, 2))), max_size=4)
words = st.lists(made(Word, text, begin=numbers, end=numbers), max_size=3)


def _filled(empty: Any, **members: Any) -> Any:
    for name, value in members.items():
        setattr(empty, name, value)
    return empty


def filled(cls: Any, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return optional(**members).map(lambda values: _filled(cls(), **values))


def _masked(mask: Any, info: list[dict[str, Any]]) -> Any:
    return type(mask).from_response_body({"remotePath": mask.path, "info": info})


def masks(cls: Any, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    info = st.lists(st.fixed_dictionaries({**members, "attributes": attributes}), max_size=3)
    return st.builds(_masked, st.builds(cls, names), info)


types = st.one_of(
    st.sampled_from(["boolean", "integer", "number", "string", "null", "instance"]),
    st.lists(st.sampled_from(["boolean", "number", "array", "null"]), max_size=3),
)
items: st.SearchStrategy[Any] = st.deferred(
    lambda: made(Items, type_=types, enum=st.lists(scalars, max_size=3), minimum=numbers, maximum=numbers, items=items)
)
attribute_infos = made(
    AttributeInfo,
    names,
    type_=types,
    enum=st.lists(scalars, max_size=3),
    minimum=numbers,
    maximum=numbers,
    items=items,
    parent_categories=st.lists(text, max_size=2),
    description=text,
)
keypoints_infos = made(
    KeypointsInfo,
    ids,
    names=st.lists(text, max_size=3),
    skeleton=st.lists(st.tuples(ids, ids), max_size=3),
    visible=st.sampled_from(["BINARY", "ternary"]),
    parent_categories=st.lists(text, max_size=2),
    description=text,
)


def _subcatalog(empty: Any, categories: Any, infos: Any, points_infos: Any, description: str) -> Any:
    for arguments in categories:
        empty.add_category(*arguments)
    for info in infos:
        empty.add_attribute(info.name, type_=getattr(info, "type", ""), enum=getattr(info, "enum", None))
    for info in points_infos:
        empty.add_keypoints(info.number, names=getattr(info, "names", None), skeleton=getattr(info, "skeleton", None))
    empty.description = description
    return empty


def subcatalogs(
    made_empty: st.SearchStrategy[Any],
    category: st.SearchStrategy[Any] | None = st.tuples(names, text),  # noqa: B008
    points: st.SearchStrategy[Any] = st.just(()),  # noqa: B008
) -> st.SearchStrategy[Any]:
    unique = {"unique_by": lambda value: value[0] if isinstance(value, tuple) else value.name}
    categories = st.just([]) if category is None else st.lists(category, max_size=2, **unique)  # type: ignore[arg-type]
    infos = st.lists(attribute_infos, max_size=2, **unique)  # type: ignore[arg-type]
    return st.builds(_subcatalog, made_empty, categories, infos, points, text)


_mask_category = st.tuples(names, ids, text)
_tracking: dict[str, st.SearchStrategy[Any]] = {"is_tracking": st.booleans()}

CATALOGS: dict[str, st.SearchStrategy[Any]] = {
    "classification": subcatalogs(made(ClassificationSubcatalog)),
    **{
        name: subcatalogs(made(cls, **_tracking))
        for name, cls in {
            "box2d": Box2DSubcatalog,
            "box3d": Box3DSubcatalog,
            "polygon": PolygonSubcatalog,
            "multi_polygon": MultiPolygonSubcatalog,
            "rle": RLESubcatalog,
            "multi_polyline2d": MultiPolyline2DSubcatalog,
        }.items()
    },
    "polyline2d": subcatalogs(made(Polyline2DSubcatalog, is_beizer_curve=st.booleans(), **_tracking)),
    "keypoints2d": subcatalogs(made(Keypoints2DSubcatalog, **_tracking), points=st.lists(keypoints_infos, max_size=2)),
    "sentence": subcatalogs(
        made(SentenceSubcatalog, st.booleans(), ids, lexicon=st.lists(st.lists(text, max_size=2), max_size=2)), None
    ),
    "semantic_mask": subcatalogs(made(SemanticMaskSubcatalog), _mask_category),
    "instance_mask": subcatalogs(made(InstanceMaskSubcatalog), _mask_category),
    "panoptic_mask": subcatalogs(made(PanopticMaskSubcatalog), _mask_category),
}

LABELS: dict[str, st.SearchStrategy[Any]] = {
    "classification": made(Classification, category=text, attributes=attributes),
    "box2d": labeled(LabeledBox2D, numbers, numbers, numbers, numbers),
    "box3d": labeled(LabeledBox3D, vectors3, vectors3, rotations),
    "polygon": labeled(LabeledPolygon, points),
    "polyline2d": labeled(LabeledPolyline2D, points, beizer_point_types=text),
    "multi_polygon": labeled(LabeledMultiPolygon, st.lists(points, max_size=3)),
    "multi_polyline2d": labeled(LabeledMultiPolyline2D, st.lists(points, max_size=3)),
    "rle": labeled(LabeledRLE, st.lists(ids, max_size=4)),
    "keypoints2d": labeled(LabeledKeypoints2D, keypoints),
    "sentence": made(LabeledSentence, words, words, words, attributes=attributes),
    "semantic_mask": masks(RemoteSemanticMask, categoryId=ids),
    "instance_mask": masks(RemoteInstanceMask, instanceId=ids),
    "panoptic_mask": masks(RemotePanopticMask, instanceId=ids, categoryId=ids),
}
_SINGLE = {"classification", "semantic_mask", "instance_mask", "panoptic_mask"}

labels = filled(
    Label, **{name: value if name in _SINGLE else st.lists(value, max_size=2) for name, value in LABELS.items()}
)
catalogs = filled(Catalog, **CATALOGS)

matrices = made(CameraMatrix, numbers, numbers, numbers, numbers, skew=numbers)


def _coefficients(series: tuple[list[float], list[float]]) -> DistortionCoefficients:
    named = {
        f"{letter}{i}": value for letter, values in zip("pk", series, strict=True) for i, value in enumerate(values, 1)
    }
    return DistortionCoefficients(**named)


distortions = st.tuples(st.lists(numbers, max_size=3), st.lists(numbers, max_size=3)).filter(any).map(_coefficients)
transforms = made(Transform3D, vectors3, rotations)


def _camera(cls: Any, name: str, matrix: Any, distortion: Any, transform: Any) -> Any:
    camera = cls(name)
    camera.extrinsics = transform
    camera.intrinsics = CameraIntrinsics.loads(
        {"cameraMatrix": matrix.dumps(), "distortionCoefficients": distortion.dumps()}
    )
    return camera


cameras = st.builds(_camera, st.sampled_from([Camera, FisheyeCamera]), names, matrices, distortions, transforms)

# The strategy, and the class that reads what it dumps.
VALUES: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "Vector2D": (made(Vector2D, numbers, numbers), Vector2D),
    "Vector3D": (made(Vector3D, numbers, numbers, numbers), Vector3D),
    "Keypoint2D": (made(Keypoint2D, numbers, numbers, v=st.integers(0, 2)), Keypoint2D),
    "Box2D": (made(Box2D, numbers, numbers, numbers, numbers), Box2D),
    "Box3D": (made(Box3D, vectors3, vectors3, rotations), Box3D),
    "Polygon": (made(Polygon, points), Polygon),
    "Polyline2D": (made(Polyline2D, points), Polyline2D),
    "Keypoints2D": (made(Keypoints2D, keypoints), Keypoints2D),
    "MultiPolygon": (made(MultiPolygon, st.lists(points, max_size=3)), MultiPolygon),
    "MultiPolyline2D": (made(MultiPolyline2D, st.lists(points, max_size=3)), MultiPolyline2D),
    "RLE": (made(RLE, st.lists(ids, max_size=4)), RLE),
    "Transform3D": (transforms, Transform3D),
    "CameraMatrix": (matrices, CameraMatrix),
    "DistortionCoefficients": (distortions, DistortionCoefficients),
    "Camera": (cameras.filter(lambda camera: type(camera) is Camera), Camera),
    "Sensor": (st.one_of(cameras, st.builds(Lidar, names), st.builds(Radar, names)), Sensor),
    "CategoryInfo": (made(CategoryInfo, names, text), CategoryInfo),
    "MaskCategoryInfo": (made(MaskCategoryInfo, names, ids, text), MaskCategoryInfo),
    "KeypointsInfo": (keypoints_infos, KeypointsInfo),
    "Items": (items, Items),
    "AttributeInfo": (attribute_infos, AttributeInfo),
    "Word": (made(Word, text, begin=numbers, end=numbers), Word),
    "Label": (labels, Label),
    "Catalog": (catalogs, Catalog),
    "CameraIntrinsics": (cameras.map(lambda camera: camera.intrinsics), CameraIntrinsics),
    "Notes": (made(Notes, st.booleans(), st.lists(text, max_size=3)), Notes),
}


def _each(kinds: dict[str, st.SearchStrategy[Any]], classes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {cls.__name__: (kinds[name], cls) for name, cls in classes.items()}


VALUES |= _each(
    LABELS,
    {
        "classification": Classification,
        "box2d": LabeledBox2D,
        "box3d": LabeledBox3D,
        "polygon": LabeledPolygon,
        "polyline2d": LabeledPolyline2D,
        "multi_polygon": LabeledMultiPolygon,
        "multi_polyline2d": LabeledMultiPolyline2D,
        "rle": LabeledRLE,
        "keypoints2d": LabeledKeypoints2D,
        "sentence": LabeledSentence,
    },
)
VALUES |= _each(
    CATALOGS,
    {
        "classification": ClassificationSubcatalog,
        "box2d": Box2DSubcatalog,
        "box3d": Box3DSubcatalog,
        "polygon": PolygonSubcatalog,
        "polyline2d": Polyline2DSubcatalog,
        "multi_polygon": MultiPolygonSubcatalog,
        "multi_polyline2d": MultiPolyline2DSubcatalog,
        "rle": RLESubcatalog,
        "keypoints2d": Keypoints2DSubcatalog,
        "sentence": SentenceSubcatalog,
        "semantic_mask": SemanticMaskSubcatalog,
        "instance_mask": InstanceMaskSubcatalog,
        "panoptic_mask": PanopticMaskSubcatalog,
    },
)
