"""A module of the facade, written."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence

from tensorbay.client._generate._core import (
    LIST,
    PAGER,
    Function,
    GenerateError,
    Import,
    Module,
    follows_overload,
    names_in,
    parameters_of,
    passed_on,
    sync_name,
    without_quotes,
)
from tensorbay.client._generate._text import by_kind, docstring_lines, import_lines, laid_out, source_of

HEADER = "# Generated from {} by `python -m tensorbay.client._generate`. Do not edit."

# What every facade is made of, also that of a sample core.
RUNTIME = "tensorbay.client"
# Special methods that the facade's base class has, or that are Python's own business.
INHERITED = {"__repr__", "__init_subclass__"}
TWINS = {"__aenter__": "__enter__", "__aexit__": "__exit__", "aclose": "close"}


class Writer:
    """Writes the facade's twin of one core module."""

    def __init__(
        self,
        core: str,
        facade: str,
        module: Module,
        clients: Mapping[str, str],
        values: set[str],
        *,
        also: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._core = core
        self._facade = facade
        self._module = module
        self._clients = clients
        self._values = values
        self._also = also
        self._runtime: set[tuple[str, str]] = set(also)
        self._typing: set[tuple[str, str]] = set()

    def text(self) -> str:
        body: list[str] = []
        for name in self._module.exported:
            if name not in self._module.defined:
                self._need(name, at_runtime=True)
        for node in self._module.tree.body:
            body += self._statement(node, is_first=not body)
        names = [*(sync_name(name) for name in self._module.exported), *(name for _, name in self._also)]
        names.sort(key=by_kind)
        parts = [HEADER.format(f"{self._core}.{self._module.name}"), ""]
        if docstring := ast.get_docstring(self._module.tree):
            parts += [*docstring_lines(self._prose(docstring), ""), ""]
        parts += ["from __future__ import annotations", "", *self._imports(), ""]
        parts += laid_out("", "__all__ = [", [f'"{name}"' for name in names], "]")
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
        self._runtime.add((f"{self._core}.{self._module.name}", names[0]))
        return []

    # --- classes ---

    def _class(self, node: ast.ClassDef) -> list[str]:
        self._runtime.add((f"{self._core}.{self._module.name}", node.name))
        bases = [ast.unparse(base) for base in node.bases]
        parents = [sync_name(base) for base in bases if base in self._clients]
        for base in bases:
            if base in self._clients:
                self._need(base, at_runtime=True)
        if not parents:
            self._runtime.add((f"{RUNTIME}._facade", "Facade"))
            parents = ["Facade"]
        lines = laid_out("", f"class {sync_name(node.name)}(", [*parents, f"core={node.name}"], "):")
        if docstring := ast.get_docstring(node):
            lines += [*docstring_lines(self._prose(docstring), "    "), ""]
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
            yield [*([] if follows_overload(owner, node) else [""]), *lines]
            yield self._signature(name, node, " ...")
            return
        lines += self._signature(name, node, "")
        if docstring := ast.get_docstring(node):
            lines += docstring_lines(self._prose(docstring), "        ")
        lines += self._body(owner, node, decorators)
        yield [*([] if follows_overload(owner, node) else [""]), *lines]

    def _constructor(self, owner: ast.ClassDef, node: Function) -> Iterator[list[str]]:
        """Only of clients that users make; others take objects that only the core has."""
        arguments = [argument for argument in parameters_of(node) if argument.annotation is not None]
        if not any(self._is_internal(argument.annotation) for argument in arguments if argument.annotation):
            yield [
                "",
                *self._signature("__init__", node, ""),
                *laid_out("        ", "self._construct(", [owner.name, *passed_on(node)], ")"),
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
        return laid_out("    ", f"def {name}(", self._declared(node), f") -> {returns}:{tail}")

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
        for name in names_in(default):
            self._need(name, at_runtime=True)
        return f"{annotated}{' = ' if argument.annotation is not None else '='}{source_of(default)}"

    def _body(self, owner: ast.ClassDef, node: Function, decorators: list[str]) -> list[str]:
        is_async = isinstance(node, ast.AsyncFunctionDef)
        returns = node.returns if node.returns is not None else ast.Constant(None)
        if "property" in decorators:
            if is_async:
                raise self._error(owner, node, "a property can't be awaited")
            return [f"        return {self._result(returns, f'self._core.{node.name}')}"]
        if any(decorator.endswith(".setter") for decorator in decorators):
            return [f"        self._core.{node.name} = {parameters_of(node)[1].arg}"]
        if "classmethod" in decorators:
            passed = [f"{owner.name}.{node.name}", *passed_on(node)]
            return laid_out("        ", "return cls._made_by(", passed, ")")
        if "staticmethod" in decorators:
            if is_async or self._mentions_client(returns):
                raise self._error(owner, node, "make it a classmethod")
            return laid_out("        ", f"return {owner.name}.{node.name}(", passed_on(node, skip=0), ")")
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
        return laid_out("        ", head, [*first, *passed_on(node)], ")")

    def _result(self, annotation: ast.expr, value: str) -> str:
        return f"self._wrap({value})" if self._mentions_client(annotation) else value

    # --- names ---

    def _type(self, annotation: ast.expr, *, at_runtime: bool = False) -> str:
        """An annotation in words of the facade; what it names will be imported."""
        annotation = without_quotes(annotation)
        for name in names_in(annotation):
            self._need(name, at_runtime=at_runtime)
        return self._rename(source_of(annotation))

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
            self._runtime.add((f"{self._core}.{self._module.name}", name))
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
            return f"{self._facade}.{self._clients[origin.name]}", sync_name(origin.name)
        package, _, module = origin.module.rpartition(".")
        if package == self._core and module.startswith("_"):
            raise GenerateError(f"{self._module.name}: {origin.name} is internal to the core, but is in its interface")
        if package == self._core and module in self._values:
            return f"{self._facade}.{module}", origin.name
        if package == self._core and module in self._clients.values():
            return f"{self._facade}.{module}", sync_name(origin.name)
        return origin.module, origin.name

    def _mentions_client(self, node: ast.expr | None) -> bool:
        if node is None:
            return False
        for name in names_in(without_quotes(node)):
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
        origins = [self._module.imports.get(name) for name in names_in(without_quotes(annotation))]
        prefix = f"{self._core}._"
        return any(origin is not None and origin.module.startswith(prefix) for origin in origins)

    def _imports(self) -> list[str]:
        runtime = self._runtime
        typing = self._typing - runtime
        if typing:
            runtime = runtime | {("typing", "TYPE_CHECKING")}
        ours = {package.partition(".")[0] for package in (RUNTIME, self._facade)}
        lines = import_lines(runtime, ours, "")
        if typing:
            lines += ["", "if TYPE_CHECKING:", *import_lines(typing, ours, "    ")]
        return lines

    def _error(self, owner: ast.ClassDef, node: ast.AST, why: str) -> GenerateError:
        what = getattr(node, "name", None) or f"line {getattr(node, 'lineno', '?')}"
        return GenerateError(f"{self._module.name}.{owner.name}.{what}: {why}")
