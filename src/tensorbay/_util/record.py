"""The mould of every value: attributes declared as fields, JSON in and out, equality and representation.

Values are made by the million. Of the moulds that can say what 1.x means (attributes that are missing rather than
None, labels that *are* their geometry and nest it under one key), plain slots with a hidden `ABSENT` marker were
measured fastest and smallest. A field finds its value under `_<name>`, be it a slot or in `__dict__`: what exists in
numbers declares slots, the rest does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from operator import methodcaller
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar, overload

from tensorbay._util.codec import MALFORMED, Codec, Schema, as_is, check_array, reject
from tensorbay._util.names import camel
from tensorbay._util.repr import ReprMixin
from tensorbay.exception import LabelFormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

T = TypeVar("T")


class _Marker(Enum):
    """Members of an enum stay the same objects when they are copied or pickled."""

    ABSENT = auto()
    REQUIRED = auto()


ABSENT: Final[Any] = _Marker.ABSENT
"""No value: reading the attribute raises AttributeError, dumping it writes nothing."""

REQUIRED: Final[Any] = _Marker.REQUIRED


class EqMixin:
    """Equal if the other is an instance of this type and all attributes are equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and _state(self) == _state(other)

    __hash__ = None  # type: ignore[assignment]


def _state(instance: object) -> dict[str, Any]:
    state = dict(getattr(instance, "__dict__", ()))
    for cls in type(instance).__mro__:
        for slot in cls.__dict__.get("__slots__", ()):
            state[slot] = getattr(instance, slot, ABSENT)
    return {name: value for name, value in state.items() if value is not ABSENT}


class Field(Generic[T]):
    """One attribute of a record and one key (camelCase unless given) of its JSON object.

    Without a `default` the key is required. A value equal to its default is not written.
    """

    def __init__(self, codec: Codec[T], *, default: Any = REQUIRED, key: str = "", readonly: bool = False) -> None:
        self.codec = codec
        self.default = default
        self.key = key
        self._readonly = readonly

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.slot = f"_{name}"
        self.key = self.key or camel(name)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = getattr(instance, self.slot, ABSENT)
        if value is ABSENT:
            raise AttributeError(instance._missing.format(type(instance).__name__, self.name))
        return value

    def __set__(self, instance: Any, value: T) -> None:
        if self._readonly:
            raise AttributeError(f"'{type(instance).__name__}.{self.name}' cannot be set")
        setattr(instance, self.slot, value)

    def __delete__(self, instance: Any) -> None:
        self.__get__(instance, type(instance))
        setattr(instance, self.slot, ABSENT)


class _Plan(NamedTuple):
    """A field, unpacked for the loops below."""

    key: str
    slot: str
    load: Callable[[Any], Any]
    dump: Callable[[Any], Any]
    default: Any


class Record(ReprMixin, EqMixin):
    """A value with a JSON form: an object of its fields, or what a subclass makes of it."""

    __slots__ = ()

    # Again, to come before the equality of sequences with a name.
    __eq__ = EqMixin.__eq__
    __hash__ = None

    _fields: ClassVar[dict[str, Field[Any]]] = {}
    _plans: ClassVar[tuple[_Plan, ...]] = ()
    _missing: ClassVar[str] = "'{}' object has no attribute '{}'"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherited = {name: field for base in cls.__bases__ for name, field in getattr(base, "_fields", {}).items()}
        cls._fields = inherited | {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        cls._plans = tuple(
            _Plan(field.key, field.slot, field.codec.load, field.codec.dump, field.default)
            for field in cls._fields.values()
        )

    @classmethod
    def loads(cls, contents: Any) -> Self:
        """Build a value from its JSON form, without `__init__`. `LabelFormatError` names the spot in it."""
        self = object.__new__(cls)
        try:
            self._loads(contents)
        except MALFORMED as error:
            reject(error)
        return self

    def dumps(self) -> Any:
        return self._dumps()

    @classmethod
    def load_json(cls, text: bytes | str) -> Self:
        # Imported here, and below: who only makes labels needs none of it.
        import msgspec

        try:
            contents = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise LabelFormatError(f"not JSON: {error}") from error
        return cls.loads(contents)

    def dump_json(self) -> bytes:
        import msgspec

        return msgspec.json.encode(self._dumps())

    @classmethod
    def json_schema(cls) -> Schema:
        """JSON Schema of what `dumps` writes."""
        return cls._schema()

    def _loads(self, contents: Any) -> None:
        self._check_object(contents)
        for key, slot, load, _, default in self._plans:
            value = contents.get(key, ABSENT)
            if value is not ABSENT:
                try:
                    setattr(self, slot, value if load is as_is else load(value))
                except MALFORMED as error:
                    reject(error, key)
            elif default is REQUIRED:
                raise KeyError(key)
            elif default is not ABSENT:
                setattr(self, slot, default)

    def _check_object(self, contents: Any) -> None:
        if type(contents) is not dict and not isinstance(contents, Mapping):
            raise TypeError(f"{type(self).__name__} needs an object, not {type(contents).__name__}")

    def _dumps(self) -> Any:
        contents: dict[str, Any] = {}
        for key, slot, _, dump, default in self._plans:
            value = getattr(self, slot, ABSENT)
            if value is not ABSENT and (default is ABSENT or default is REQUIRED or value != default):
                contents[key] = dump(value)
        return contents

    @classmethod
    def _schema(cls) -> Schema:
        fields = cls._fields.values()
        schema: Schema = {
            "type": "object",
            "properties": {field.key: field.codec.schema() for field in fields},
        }
        if required := [field.key for field in fields if field.default is REQUIRED]:
            schema["required"] = required
        return schema


R = TypeVar("R", bound=Record)

_DUMPS = methodcaller("dumps")


def record(cls: type[R]) -> Codec[R]:
    return Codec(cls.loads, _DUMPS, cls.json_schema)


def records(cls: type[R]) -> Codec[list[R]]:
    """`list_of(record(cls))` with fewer calls for each element: labels come by the million."""

    def load(contents: Any) -> list[R]:
        check_array(contents)
        new = object.__new__
        values: list[R] = []  # its length tells where reading failed
        try:
            for entry in contents:
                value = new(cls)
                value._loads(entry)
                values.append(value)
        except MALFORMED as error:
            reject(error, len(values))
        return values

    def dump(values: list[R]) -> list[Any]:
        return [value._dumps() for value in values]

    return Codec(load, dump, lambda: {"type": "array", "items": cls.json_schema()})
