"""Text as `ruff format` and its import sorting would leave it."""

from __future__ import annotations

import ast
import io
import sys
import textwrap
import tokenize
from collections.abc import Iterable

WIDTH = 120


def source_of(node: ast.expr) -> str:
    """The expression as text, strings in double quotes where that needs no more escapes."""
    text = ast.unparse(node)
    pieces = []
    position = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING and token.string.startswith("'") and '"' not in token.string:
            pieces += [text[position : token.start[1]], f'"{token.string[1:-1]}"']
            position = token.end[1]
    return "".join([*pieces, text[position:]])


def docstring_lines(text: str, indent: str) -> list[str]:
    lines = f'"""{text}'.splitlines()
    lines = lines[:1] + [textwrap.indent(line, indent) for line in lines[1:]]
    closing = '"""'
    if len(lines) > 1:
        return [indent + lines[0], *lines[1:], indent + closing]
    return [f"{indent}{lines[0]}{closing}"]


def laid_out(indent: str, head: str, items: list[str], tail: str) -> list[str]:
    """`head items tail` on one line, else the items on a line of their own, else one line for each."""
    joined = ", ".join(items)
    if len(f"{indent}{head}{joined}{tail}") <= WIDTH:
        return [f"{indent}{head}{joined}{tail}"]
    inner = f"{indent}    "
    if len(inner + joined) <= WIDTH and head.endswith("("):
        return [indent + head, inner + joined, indent + tail]
    return [indent + head, *(f"{inner}{item}," for item in items), indent + tail]


def import_lines(imports: Iterable[tuple[str, str]], ours: set[str], indent: str) -> list[str]:
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
            names.sort(key=by_kind)
            one = f"{indent}from {module} import {', '.join(names)}"
            if len(one) <= WIDTH:
                lines.append(one)
            else:
                inner = [f"{indent}    {name}," for name in names]
                lines += [f"{indent}from {module} import (", *inner, f"{indent})"]
    return lines


def by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as isort and ruff sort names."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name
