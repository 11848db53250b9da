"""A module of the core, taken apart."""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import dataclass, field

PAGER, LIST = "AsyncPager", "PagingList"
# 1.x names that are not the core's without "Async".
RENAMED = {"AsyncVersionControl": "VersionControlMixin"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class GenerateError(Exception):
    """The core has something that the facade can't have."""


@dataclass
class Import:
    """Where a name of a core module comes from."""

    module: str
    name: str
    for_types_only: bool


@dataclass
class Module:
    """A core module, taken apart."""

    name: str
    tree: ast.Module
    imports: dict[str, Import] = field(default_factory=dict)
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    exported: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, name: str, text: str, package: str) -> Module:
        module = cls(name, ast.parse(text))
        for node in module.tree.body:
            is_guard = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
            for statement in node.body if is_guard and isinstance(node, ast.If) else [node]:
                module._add(statement, package, for_types_only=is_guard)
        if not module.exported:
            raise GenerateError(f"{package}.{name} has no __all__")
        return module

    def _add(self, node: ast.stmt, package: str, *, for_types_only: bool) -> None:
        if isinstance(node, ast.ImportFrom):
            origin = f"{package}.{node.module}" if node.level == 1 else node.module or ""
            for alias in node.names:
                self.imports[alias.asname or alias.name] = Import(origin, alias.name, for_types_only)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            self.defined[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == "__all__" and node.value is not None:
                self.exported = list(ast.literal_eval(node.value))
            elif isinstance(target, ast.Name):
                self.defined[target.id] = node

    def clients(self) -> list[ast.ClassDef]:
        return [
            node
            for node in self.tree.body
            if isinstance(node, ast.ClassDef) and node.name.startswith("Async") and node.name in self.exported
        ]


def sync_name(name: str) -> str:
    """`AsyncX` -> `X`."""
    if name == PAGER:
        return LIST
    if name in RENAMED:
        return RENAMED[name]
    return name.removeprefix("Async") if re.match("Async[A-Z]", name) else name


def parameters_of(node: Function) -> list[ast.arg]:
    arguments = node.args
    optional = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *optional]


def passed_on(node: Function, *, skip: int = 1) -> list[str]:
    """The arguments of the call that hands every parameter on; `skip` leaves out self or cls."""
    arguments = node.args
    passed = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][skip:]
    if arguments.vararg is not None:
        passed.append(f"*{arguments.vararg.arg}")
    passed += [f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        passed.append(f"**{arguments.kwarg.arg}")
    return passed


def follows_overload(owner: ast.ClassDef, node: Function) -> bool:
    index = owner.body.index(node)
    before = owner.body[index - 1] if index else None
    return (
        isinstance(before, (ast.FunctionDef, ast.AsyncFunctionDef))
        and before.name == node.name
        and any(ast.unparse(decorator) == "overload" for decorator in before.decorator_list)
    )


def without_quotes(annotation: ast.expr) -> ast.expr:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        with contextlib.suppress(SyntaxError):  # a text, and no annotation
            return ast.parse(annotation.value, mode="eval").body
    return annotation


def names_in(node: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
