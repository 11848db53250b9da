"""The facade against the core, by reflection: every public name, none kept in a list here."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from types import ModuleType
from typing import Any

import pytest

import tensorbay.aio
import tensorbay.client
from tensorbay.client._facade import Facade
from tensorbay.client._generate import LAYOUT, RENAMED, sync_name

# Written by hand: another class with another interface.
BY_HAND = {"lazy", "requests"}
# Both sides have these; the async twin of `open` a context is the sync one.
TWINS = {"__aenter__": "__enter__", "__aexit__": "__exit__", "aclose": "close"}


def modules(package: ModuleType) -> set[str]:
    return {info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")}


def pairs() -> list[tuple[ModuleType, ModuleType]]:
    return [
        (importlib.import_module(f"tensorbay.aio.{name}"), importlib.import_module(f"tensorbay.client.{name}"))
        for name in sorted(modules(tensorbay.aio) - BY_HAND)
    ]


def clients() -> list[tuple[type, type]]:
    return [
        (getattr(core, name), getattr(facade, sync_name(name)))
        for core, facade in pairs()
        for name in core.__all__
        if inspect.isclass(getattr(core, name)) and name.startswith("Async")
    ]


def members(cls: type) -> dict[str, Any]:
    """Everything public a class offers, inherited from classes of ours or not."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        if base is not Facade:
            found |= {name: value for name, value in vars(base).items() if is_public(name, value)}
    return found


def is_public(name: str, value: object) -> bool:
    if name in TWINS or name in TWINS.values():
        return True
    return not name.startswith("_") and (callable(value) or isinstance(value, (property, classmethod, staticmethod)))


def methods() -> list[Any]:
    return [
        pytest.param(core, facade, name, id=f"{facade.__name__}.{name}")
        for core, facade in clients()
        for name in members(core)
    ]


def function(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def in_sync(text: Any) -> Any:
    """An annotation or docstring of the core, as the facade has to have it."""
    if not isinstance(text, str):
        return text  # there is none
    text = re.sub(r"\bAsync[A-Z]\w*", lambda match: sync_name(match[0]), text)
    return re.sub(r"\basync (?=with|for)|\bawait (?=[\w(])", "", text)


def spelled(annotation: Any) -> Any:
    """Annotations are text in both; how it is quoted does not matter."""
    return ast.unparse(ast.parse(annotation)) if isinstance(annotation, str) else annotation


def test_the_same_modules() -> None:
    assert modules(tensorbay.client) == modules(tensorbay.aio)
    assert clients()


@pytest.mark.parametrize(("core", "facade"), [pytest.param(*pair, id=pair[0].__name__) for pair in pairs()])
def test_the_same_names(core: Any, facade: Any) -> None:
    also = [name for module, name, _ in LAYOUT.also if facade.__name__ == f"tensorbay.client.{module}"]
    assert sorted(facade.__all__) == sorted([*map(sync_name, core.__all__), *also])
    for name in core.__all__:
        value, twin = getattr(core, name), getattr(facade, sync_name(name))
        if sync_name(name) == name:
            assert twin is value


@pytest.mark.parametrize(("core", "facade"), [pytest.param(*pair, id=pair[1].__name__) for pair in clients()])
def test_the_same_members_and_words(core: type, facade: type) -> None:
    assert sorted(members(facade)) == sorted(TWINS.get(name, name) for name in members(core))
    assert inspect.getdoc(facade) == in_sync(inspect.getdoc(core))
    ours = [base.__name__ for base in facade.__bases__ if base is not Facade]
    assert ours == [sync_name(base.__name__) for base in core.__bases__ if base is not object]


@pytest.mark.parametrize(("core", "facade", "name"), methods())
def test_the_same_signature(core: type, facade: type, name: str) -> None:
    member, twin = members(core)[name], members(facade)[TWINS.get(name, name)]
    assert type(twin) is type(member)
    original, translated = inspect.signature(function(member)), inspect.signature(function(twin))
    assert list(translated.parameters) == list(original.parameters)
    for parameter, other in zip(original.parameters.values(), translated.parameters.values(), strict=True):
        assert (other.kind, other.default) == (parameter.kind, parameter.default)
        assert spelled(other.annotation) == spelled(in_sync(parameter.annotation))
    assert spelled(translated.return_annotation) == spelled(in_sync(original.return_annotation))
    assert inspect.getdoc(function(twin)) == in_sync(inspect.getdoc(function(member)))
    assert not inspect.iscoroutinefunction(function(twin))


@pytest.mark.parametrize(("core", "facade", "name"), methods())
def test_every_parameter_is_passed_on(core: type, facade: type, name: str) -> None:
    written = function(members(facade)[TWINS.get(name, name)])
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(written))).body
    assert isinstance(node, ast.FunctionDef)
    used = {part.id for statement in node.body for part in ast.walk(statement) if isinstance(part, ast.Name)}
    assert {*inspect.signature(written).parameters} <= used


def test_a_public_constructor_takes_what_the_core_s_does() -> None:
    public = [(core, facade) for core, facade in clients() if "__init__" in vars(facade)]
    assert [facade.__name__ for _, facade in public] == ["GAS", "Sextant"]
    for core, facade in public:
        assert str(inspect.signature(facade)) == in_sync(str(inspect.signature(core)))


def test_1x_import_paths() -> None:
    from tensorbay.client import GAS
    from tensorbay.client.cloud_storage import CloudClient, StorageConfig
    from tensorbay.client.dataset import DatasetClient
    from tensorbay.client.gas import DEFAULT_BRANCH
    from tensorbay.client.gas import GAS as SAME_GAS
    from tensorbay.client.lazy import PagingList
    from tensorbay.client.segment import SegmentClient
    from tensorbay.client.status import Status
    from tensorbay.client.struct import ROOT_COMMIT_ID, Branch, Commit, Draft, Tag, TeamInfo, User, UserInfo
    from tensorbay.client.version import VersionControlMixin

    assert GAS is SAME_GAS
    assert DEFAULT_BRANCH == "main"
    assert ROOT_COMMIT_ID == "0" * 32
    assert issubclass(DatasetClient, VersionControlMixin)
    assert all(
        isinstance(each, type)
        for each in (
            *(CloudClient, StorageConfig, PagingList, SegmentClient, Status),
            *(Branch, Commit, Draft, Tag, TeamInfo, User, UserInfo),
        )
    )


def test_renamed_classes_exist() -> None:
    assert set(RENAMED) <= {core.__name__ for core, _ in clients()}
