from __future__ import annotations

import contextlib
import copy
import json
import pickle
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorbay.exception import LabelFormatError
from tests.model.values import VALUES, catalogs, labels, numbers, text

few = settings(max_examples=12, suppress_health_check=list(HealthCheck))
every_type = pytest.mark.parametrize("name", VALUES)

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)


@every_type
@few
@given(data=st.data())
def test_what_was_dumped_loads_to_an_equal_value(name: str, data: st.DataObject) -> None:
    strategy, cls = VALUES[name]
    value = data.draw(strategy)
    again = cls.loads(json.loads(json.dumps(value.dumps())))
    assert again == value
    assert type(again) is type(value)
    assert again.dumps() == value.dumps()
    assert cls.load_json(value.dump_json()) == value


@every_type
@few
@given(data=st.data())
def test_values_can_be_copied_and_pickled(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name][0])
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert repr(pickle.loads(pickle.dumps(value))) == repr(value)


@every_type
@few
@given(data=st.data())
def test_dumps_follow_the_json_schema(name: str, data: st.DataObject) -> None:
    strategy, cls = VALUES[name]
    schema = cls.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    # As JSON: a tuple is an array there.
    jsonschema.validate(json.loads(json.dumps(data.draw(strategy).dumps())), schema)


@every_type
@few
@given(data=st.data())
def test_any_json_loads_or_is_a_format_error(name: str, data: st.DataObject) -> None:
    cls = VALUES[name][1]
    with contextlib.suppress(LabelFormatError):
        cls.loads(data.draw(json_values))


def _spots(contents: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Every place in a document: its path, its container, its key."""
    pairs: Any = []
    if isinstance(contents, dict):
        pairs = contents.items()
    elif isinstance(contents, list):
        pairs = enumerate(contents)
    found = []
    for key, value in pairs:
        step = f"[{key}]" if isinstance(key, int) else (f".{key}" if path else key)
        found += [(path + step, contents, key), *_spots(value, path + step)]
    return found


@few
@given(data=st.data(), value=st.one_of(labels, catalogs).filter(bool))
def test_a_spoilt_document_loads_or_names_the_spot(data: st.DataObject, value: Any) -> None:
    contents = json.loads(value.dump_json())
    path, container, key = data.draw(st.sampled_from(_spots(contents)))
    container[key] = data.draw(json_values)
    named = path
    try:
        type(value).loads(contents)
    except LabelFormatError as error:
        named = error.path
    # At the spot, below it, or (where something required is gone) at what holds it.
    shorter, longer = sorted((named, path), key=len)
    assert named
    assert longer.startswith(shorter)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": 1} x', b"[" * 100_000])
def test_text_that_is_not_json_is_a_format_error(content: bytes) -> None:
    with pytest.raises(LabelFormatError, match="not JSON"):
        VALUES["Label"][1].load_json(content)


def test_a_format_error_is_the_key_error_it_was_in_1x() -> None:
    with pytest.raises(KeyError) as caught:
        VALUES["Label"][1].loads({"BOX2D": [{"box2d": {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}}, {"box2d": {}}]})
    assert isinstance(caught.value, LabelFormatError)
    assert caught.value.path == "BOX2D[1].box2d"
    assert str(caught.value) == "'xmin' is missing (at BOX2D[1].box2d)"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
