"""Writes the sync facade from the async core: `python -m tensorbay.client._generate [--check]`.

For each public module of the core one module of the facade: a class `AsyncX` becomes `X` with the same methods,
parameters, defaults and docstrings, whose bodies hop to the loop of the portal; a module without such classes
becomes a re-export of its values. What can't be translated is an error here, not a surprise there. The text comes
out as `ruff format` would leave it.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import io
import re
import sys
import textwrap
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["GenerateError", "Layout", "check", "generate", "main"]

WIDTH = 120
HEADER = "# Generated from {} by `python -m tensorbay.client._generate`. Do not edit."
_IS_GENERATED = re.compile(HEADER.split(" {} ")[0])

# What every facade is made of, also that of a sample core.
RUNTIME = "tensorbay.client"
PAGER, LIST = "AsyncPager", "PagingList"
# 1.x names that are not the core's without "Async".
RENAMED = {"AsyncVersionControl": "VersionControlMixin"}
# Dunder methods that the facade's base class has, or that are Python's own business.
INHERITED = {"__repr__", "__init_subclass__"}
TWINS = {"__aenter__": "__enter__", "__aexit__": "__exit__", "aclose": "close"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class GenerateError(Exception):
    """The core has something that the facade can't have."""


@dataclass(frozen=True)
class Layout:
    """Which package is written from which, and where both lie."""

    core: str
    facade: str
    root: Path
    # Modules of the core whose twins are written by hand.
    by_hand: frozenset[str] = frozenset({"__init__", "lazy"})

    def folder(self, package: str) -> Path:
        return self.root.joinpath(*package.split("."))

    def sources(self) -> dict[str, str]:
        """Text of every module to translate, by module name."""
        modules = sorted(self.folder(self.core).glob("*.py"))
        return {
            path.stem: path.read_text(encoding="utf-8")
            for path in modules
            if path.stem not in self.by_hand and not path.stem.startswith("_")
        }


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


def generate(layout: Layout, sources: Mapping[str, str]) -> dict[str, str]:
    """The text of each module of the facade, by file name."""
    modules = [Module.parse(name, text, layout.core) for name, text in sources.items()]
    clients = {client.name: module.name for module in modules for client in module.clients()}
    values = {module.name for module in modules if not module.clients()}
    return {f"{module.name}.py": _Writer(layout, module, clients, values).text() for module in modules}


class _Writer:
    """Writes the facade's twin of one core module."""

    def __init__(self, layout: Layout, module: Module, clients: Mapping[str, str], values: set[str]) -> None:
        self._layout = layout
        self._module = module
        self._clients = clients
        self._values = values
        self._runtime: set[tuple[str, str]] = set()
        self._typing: set[tuple[str, str]] = set()

    def text(self) -> str:
        body: list[str] = []
        for name in self._module.exported:
            if name not in self._module.defined:
                self._need(name, at_runtime=True)
        for node in self._module.tree.body:
            body += self._statement(node, is_first=not body)
        names = sorted((sync_name(name) for name in self._module.exported), key=_by_kind)
        parts = [HEADER.format(f"{self._layout.core}.{self._module.name}"), ""]
        if docstring := ast.get_docstring(self._module.tree):
            parts += [*_docstring(self._prose(docstring), ""), ""]
        parts += ["from __future__ import annotations", "", *self._imports(), ""]
        parts += _laid_out("", "__all__ = [", [f'"{name}"' for name in names], "]")
        return "\n".join([*parts, *body]) + "\n"

    def _statement(self, node: ast.stmt, *, is_first: bool) -> list[str]:
        names = [name for name, defined in self._module.defined.items() if defined is node]
        if not names or names[0] not in self._module.exported:
            return []
        if isinstance(node, ast.ClassDef) and node in self._module.clients():
            return ["", "", *self._class(node)]
        if isinstance(node, ast.Assign) and self._mentions_client(node.value):
            return [
                "",
                *([] if is_first else [""]),
                f"{sync_name(names[0])} = {self._type(node.value, at_runtime=True)}",
            ]
        self._runtime.add((f"{self._layout.core}.{self._module.name}", names[0]))
        return []

    # --- classes ---

    def _class(self, node: ast.ClassDef) -> list[str]:
        self._runtime.add((f"{self._layout.core}.{self._module.name}", node.name))
        bases = [ast.unparse(base) for base in node.bases]
        parents = [sync_name(base) for base in bases if base in self._clients]
        for base in bases:
            if base in self._clients:
                self._need(base, at_runtime=True)
        if not parents:
            self._runtime.add((f"{RUNTIME}._facade", "Facade"))
            parents = ["Facade"]
        lines = _laid_out("", f"class {sync_name(node.name)}(", [*parents, f"core={node.name}"], "):")
        if docstring := ast.get_docstring(node):
            lines += [*_docstring(self._prose(docstring), "    "), ""]
        lines.append(f"    _core: {node.name}")
        for member in self._members(node):
            lines += member
        return lines

    def _members(self, owner: ast.ClassDef) -> Iterator[list[str]]:
        for node in owner.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                if not node.target.id.startswith("_"):
                    yield self._attribute(owner, node.target.id, node.annotation)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from self._method(owner, node)
            elif not isinstance(node, (ast.Expr, ast.Pass)):
                raise self._error(owner, node, "only methods and annotated attributes can be translated")

    def _attribute(self, owner: ast.ClassDef, name: str, annotation: ast.expr) -> list[str]:
        if ast.unparse(annotation).startswith("ClassVar"):
            return [f"    {name}: {self._type(annotation)} = {owner.name}.{name}"]
        return [
            "",
            "    @property",
            f"    def {name}(self) -> {self._type(annotation)}:",
            f"        return {self._result(annotation, f'self._core.{name}')}",
        ]

    def _method(self, owner: ast.ClassDef, node: Function) -> Iterator[list[str]]:
        if node.name == "__init__":
            yield from self._constructor(owner, node)
            return
        if node.name in INHERITED or (node.name.startswith("_") and not node.name.startswith("__")):
            return
        if node.name.startswith("__") and node.name not in TWINS:
            raise self._error(owner, node, "this special method has no sync twin")
        if node.returns is None:
            raise self._error(owner, node, "it has no return annotation")
        if re.search(r"\bAsync(Iter|Gener|Context)\w+", ast.unparse(node.returns)):
            raise self._error(owner, node, "return an AsyncPager, which has a sync twin")
        decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
        name = TWINS.get(node.name, node.name)
        lines = [f"    @{decorator}" for decorator in decorators]
        if "overload" in decorators:
            self._need("overload", at_runtime=True)
            yield [*([] if _follows_overload(owner, node) else [""]), *lines]
            yield self._signature(name, node, " ...")
            return
        lines += self._signature(name, node, "")
        if docstring := ast.get_docstring(node):
            lines += _docstring(self._prose(docstring), "        ")
        lines += self._body(owner, node, decorators)
        yield [*([] if _follows_overload(owner, node) else [""]), *lines]

    def _constructor(self, owner: ast.ClassDef, node: Function) -> Iterator[list[str]]:
        """Only of clients that users make; others take objects that only the core has."""
        arguments = [argument for argument in _parameters(node) if argument.annotation is not None]
        if not any(self._is_internal(argument.annotation) for argument in arguments if argument.annotation):
            yield [
                "",
                *self._signature("__init__", node, ""),
                *_laid_out("        ", "self._construct(", [owner.name, *_passed_on(node)], ")"),
            ]
        known = {argument.arg: argument.annotation for argument in arguments}
        for statement in node.body:
            # Public attributes that the constructor sets.
            if isinstance(statement, ast.AnnAssign):
                target, annotation = statement.target, statement.annotation
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
                target, annotation = statement.targets[0], known.get(statement.value.id)  # type: ignore[assignment]
            else:
                continue
            if isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
                if annotation is None:
                    raise self._error(owner, statement, "the attribute has no annotation")
                yield self._attribute(owner, target.attr, annotation)

    def _signature(self, name: str, node: Function, tail: str) -> list[str]:
        returns = self._type(node.returns) if node.returns is not None else "None"
        return _laid_out("    ", f"def {name}(", self._declared(node), f") -> {returns}:{tail}")

    def _declared(self, node: Function) -> list[str]:
        """The parameters as they are declared, one string each."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        without = len(positional) - len(arguments.defaults)
        declared = []
        for index, argument in enumerate(positional):
            default = arguments.defaults[index - without] if index >= without else None
            declared.append(self._parameter(argument, default))
            if index + 1 == len(arguments.posonlyargs):
                declared.append("/")
        if arguments.vararg is not None:
            declared.append(f"*{self._parameter(arguments.vararg, None)}")
        elif arguments.kwonlyargs:
            declared.append("*")
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            declared.append(self._parameter(argument, default))
        if arguments.kwarg is not None:
            declared.append(f"**{self._parameter(arguments.kwarg, None)}")
        return declared

    def _parameter(self, argument: ast.arg, default: ast.expr | None) -> str:
        annotated = argument.arg
        if argument.annotation is not None:
            annotated += f": {self._type(argument.annotation)}"
        if default is None:
            return annotated
        for name in _names(default):
            self._need(name, at_runtime=True)
        return f"{annotated}{' = ' if argument.annotation is not None else '='}{_source(default)}"

    def _body(self, owner: ast.ClassDef, node: Function, decorators: list[str]) -> list[str]:
        is_async = isinstance(node, ast.AsyncFunctionDef)
        returns = node.returns if node.returns is not None else ast.Constant(None)
        if "property" in decorators:
            if is_async:
                raise self._error(owner, node, "a property can't be awaited")
            return [f"        return {self._result(returns, f'self._core.{node.name}')}"]
        if any(decorator.endswith(".setter") for decorator in decorators):
            return [f"        self._core.{node.name} = {_parameters(node)[1].arg}"]
        if "classmethod" in decorators:
            passed = [f"{owner.name}.{node.name}", *_passed_on(node)]
            return _laid_out("        ", "return cls._made_by(", passed, ")")
        if "staticmethod" in decorators:
            if is_async or self._mentions_client(returns):
                raise self._error(owner, node, "make it a classmethod")
            return _laid_out("        ", f"return {owner.name}.{node.name}(", _passed_on(node, skip=0), ")")
        if decorators:
            raise self._error(owner, node, f"the decorator {decorators[0]} is unknown")
        if node.name == "__aenter__":
            return ["        self._call(self._core.__aenter__)", "        return self"]
        head = "" if ast.unparse(returns) == "None" else "return "
        if is_async:
            head, first = f"{head}self._call(", [f"self._core.{node.name}"]
        elif self._mentions_client(returns):
            head, first = f"{head}self._get(", [f"self._core.{node.name}"]
        else:
            head, first = f"{head}self._core.{node.name}(", []
        return _laid_out("        ", head, [*first, *_passed_on(node)], ")")

    def _result(self, annotation: ast.expr, value: str) -> str:
        return f"self._wrap({value})" if self._mentions_client(annotation) else value

    # --- names ---

    def _type(self, annotation: ast.expr, *, at_runtime: bool = False) -> str:
        """An annotation in words of the facade; what it names will be imported."""
        annotation = _without_quotes(annotation)
        for name in _names(annotation):
            self._need(name, at_runtime=at_runtime)
        return self._rename(_source(annotation))

    def _rename(self, text: str) -> str:
        known = {PAGER, *self._clients}
        return re.sub(r"\bAsync\w+", lambda match: sync_name(match[0]) if match[0] in known else match[0], text)

    def _prose(self, docstring: str) -> str:
        """What a docstring says of the core, said of the facade."""
        text = re.sub(r"\bawait (?=[\w(])", "", self._rename(docstring))
        return re.sub(r"\basync (with|for)\b", r"\1", text)

    def _need(self, name: str, *, at_runtime: bool) -> None:
        if name in self._module.defined:
            if name in self._clients or self._mentions_client(getattr(self._module.defined[name], "value", None)):
                return  # written into this very module
            self._runtime.add((f"{self._layout.core}.{self._module.name}", name))
            return
        origin = self._module.imports.get(name)
        if origin is None:
            if hasattr(builtins, name):
                return
            if name == "overload":
                origin = Import("typing", name, for_types_only=False)
            else:
                raise GenerateError(f"{self._module.name}: the name {name} comes from nowhere")
        place = self._typing if origin.for_types_only and not at_runtime else self._runtime
        place.add(self._from(origin))

    def _from(self, origin: Import) -> tuple[str, str]:
        """Where the facade imports a name from that the core imports from `origin`."""
        if origin.name == PAGER:
            return f"{RUNTIME}.lazy", LIST
        if origin.name in self._clients:
            return f"{self._layout.facade}.{self._clients[origin.name]}", sync_name(origin.name)
        package, _, module = origin.module.rpartition(".")
        if package == self._layout.core and module.startswith("_"):
            raise GenerateError(f"{self._module.name}: {origin.name} is internal to the core, but is in its interface")
        if package == self._layout.core and module in self._values:
            return f"{self._layout.facade}.{module}", origin.name
        if package == self._layout.core and module in self._clients.values():
            return f"{self._layout.facade}.{module}", sync_name(origin.name)
        return origin.module, origin.name

    def _mentions_client(self, node: ast.expr | None) -> bool:
        if node is None:
            return False
        for name in _names(_without_quotes(node)):
            if name in self._clients or name == PAGER or name == "Self":
                return True
            origin = self._module.imports.get(name)
            if origin is not None and origin.module.rpartition(".")[2] in self._clients.values():
                return True  # an alias of clients; values of such a module pass through unharmed
            alias = self._module.defined.get(name)
            if isinstance(alias, ast.Assign) and self._mentions_client(alias.value):
                return True
        return False

    def _is_internal(self, annotation: ast.expr) -> bool:
        origins = [self._module.imports.get(name) for name in _names(_without_quotes(annotation))]
        prefix = f"{self._layout.core}._"
        return any(origin is not None and origin.module.startswith(prefix) for origin in origins)

    def _imports(self) -> list[str]:
        runtime = self._runtime
        typing = self._typing - runtime
        if typing:
            runtime = runtime | {("typing", "TYPE_CHECKING")}
        ours = {package.partition(".")[0] for package in (RUNTIME, self._layout.facade)}
        lines = _import_lines(runtime, ours, "")
        if typing:
            lines += ["", "if TYPE_CHECKING:", *_import_lines(typing, ours, "    ")]
        return lines

    def _error(self, owner: ast.ClassDef, node: ast.AST, why: str) -> GenerateError:
        what = getattr(node, "name", None) or f"line {getattr(node, 'lineno', '?')}"
        return GenerateError(f"{self._module.name}.{owner.name}.{what}: {why}")


def sync_name(name: str) -> str:
    """`AsyncX` -> `X`."""
    if name == PAGER:
        return LIST
    if name in RENAMED:
        return RENAMED[name]
    return name.removeprefix("Async") if re.match("Async[A-Z]", name) else name


def _parameters(node: Function) -> list[ast.arg]:
    arguments = node.args
    optional = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *optional]


def _passed_on(node: Function, *, skip: int = 1) -> list[str]:
    """The arguments of the call that hands every parameter on; `skip` leaves out self or cls."""
    arguments = node.args
    passed = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][skip:]
    if arguments.vararg is not None:
        passed.append(f"*{arguments.vararg.arg}")
    passed += [f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        passed.append(f"**{arguments.kwarg.arg}")
    return passed


def _follows_overload(owner: ast.ClassDef, node: Function) -> bool:
    index = owner.body.index(node)
    before = owner.body[index - 1] if index else None
    return (
        isinstance(before, (ast.FunctionDef, ast.AsyncFunctionDef))
        and before.name == node.name
        and any(ast.unparse(decorator) == "overload" for decorator in before.decorator_list)
    )


def _without_quotes(annotation: ast.expr) -> ast.expr:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


def _names(node: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]


def _source(node: ast.expr) -> str:
    """The expression as text, strings in double quotes where that needs no more escapes."""
    text = ast.unparse(node)
    pieces = []
    position = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING and token.string.startswith("'") and '"' not in token.string:
            pieces += [text[position : token.start[1]], f'"{token.string[1:-1]}"']
            position = token.end[1]
    return "".join([*pieces, text[position:]])


def _docstring(text: str, indent: str) -> list[str]:
    lines = f'"""{text}'.splitlines()
    lines = lines[:1] + [textwrap.indent(line, indent) for line in lines[1:]]
    closing = '"""'
    if len(lines) > 1:
        return [indent + lines[0], *lines[1:], indent + closing]
    return [f"{indent}{lines[0]}{closing}"]


def _laid_out(indent: str, head: str, items: list[str], tail: str) -> list[str]:
    """`head items tail` on one line, else the items on a line of their own, else one line for each."""
    joined = ", ".join(items)
    if len(f"{indent}{head}{joined}{tail}") <= WIDTH:
        return [f"{indent}{head}{joined}{tail}"]
    inner = f"{indent}    "
    if len(inner + joined) <= WIDTH and head.endswith("("):
        return [indent + head, inner + joined, indent + tail]
    return [indent + head, *(f"{inner}{item}," for item in items), indent + tail]


def _import_lines(imports: Iterable[tuple[str, str]], ours: set[str], indent: str) -> list[str]:
    """Import statements in the order of isort: standard library, others, this package."""
    sections: list[dict[str, list[str]]] = [{}, {}, {}]
    for module, name in sorted(imports):
        root = module.partition(".")[0]
        section = 0 if root in sys.stdlib_module_names else 2 if root in ours else 1
        sections[section].setdefault(module, []).append(name)
    lines: list[str] = []
    for modules in filter(None, sections):
        lines += [""] if lines else []
        for module, names in modules.items():
            names.sort(key=_by_kind)
            one = f"{indent}from {module} import {', '.join(names)}"
            if len(one) <= WIDTH:
                lines.append(one)
            else:
                inner = [f"{indent}    {name}," for name in names]
                lines += [f"{indent}from {module} import (", *inner, f"{indent})"]
    return lines


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as isort and ruff sort names."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name


def check(layout: Layout) -> list[str]:
    """What is wrong with the facade on disk, in words; nothing if it is what would be written."""
    problems = []
    folder = layout.folder(layout.facade)
    expected = generate(layout, layout.sources())
    for name, text in expected.items():
        path = folder / name
        if not path.exists():
            problems.append(f"{path} is missing")
        elif path.read_bytes() != text.encode():
            problems.append(f"{path} is not what the generator writes")
    for path in sorted(folder.glob("*.py")):
        if path.name not in expected and _IS_GENERATED.match(path.read_text(encoding="utf-8")):
            problems.append(f"{path} says it is generated, but has no source")
    return problems


def write(layout: Layout) -> None:
    folder = layout.folder(layout.facade)
    texts = generate(layout, layout.sources())
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tensorbay.client._generate", description="Write the facade.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    options = parser.parse_args(arguments)
    package = __name__ if __name__ != "__main__" else "tensorbay.client._generate"
    root = Path(__file__).parents[len(package.split(".")) - 1]
    layout = Layout(core="tensorbay.aio", facade="tensorbay.client", root=root)
    if not options.check:
        write(layout)
        return 0
    problems = check(layout)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if problems:
        print("Run `python -m tensorbay.client._generate`", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
