"""The generated source once more, with a look at what every node gives: the same operations in one order.

A module's hooks would see layers alone; the source knows functions, sums and reshapes too. So the expression
that a node wrote, `F.relu(x)`, becomes `left(entered("n3"), F.relu(x))`, at the same place in the file: a
traceback still leads to the node.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

from codegen.source import GeneratedSource

ENTERED, LEFT = "__entered__", "__left__"  # what the code calls; no name of a node can be one of these
_PLAIN = (ast.Name, ast.Attribute, ast.Constant)  # expressions that compute nothing


@dataclass(frozen=True)
class ProbedClass:
    """A class of the source.

    Args:
        forward: defines `forward`, run with `ENTERED` and `LEFT` among its globals. `ENTERED` is given a node
            before its call; `LEFT` what that gave and the call's result, which it gives back.
        nodes: by the attributes that `__init__` makes.
    """

    forward: CodeType
    nodes: Mapping[str, str]


def probed_classes(source: GeneratedSource, filename: str) -> dict[str, ProbedClass]:
    """The classes that nodes wrote, by name; nodes go by their names in `source.spans`.

    Args:
        source: of a live module.
        filename: what tracebacks call its file.
    """
    places = _Places(source)
    found = {}
    for statement in ast.parse(source.text).body:
        if isinstance(statement, ast.ClassDef) and statement.lineno not in source.custom_lines:
            methods = {each.name: each for each in statement.body if isinstance(each, ast.FunctionDef)}
            made = methods.get("__init__")
            nodes = dict(_attributes(made, places)) if made is not None else {}
            forward = _Prober(places).visit(methods["forward"])
            module = ast.fix_missing_locations(ast.Module([forward], []))
            found[statement.name] = ProbedClass(compile(module, filename, "exec"), nodes)
    return found


class _Places:
    """Which node wrote a piece of syntax."""

    def __init__(self, source: GeneratedSource) -> None:
        self._source, self._lines = source, source.text.splitlines()

    def node_of(self, syntax: ast.expr | ast.stmt) -> str | None:
        end_line, end = syntax.end_lineno, syntax.end_col_offset
        assert end_line is not None, "parsed from text"
        assert end is not None, "parsed from text"
        start = self._characters(syntax.lineno, syntax.col_offset)
        return self._source.node_at(syntax.lineno, start, end_line, self._characters(end_line, end))

    def _characters(self, line: int, num_bytes: int) -> int:
        """A column in characters; Python counts the bytes of the UTF-8 form."""
        return len(self._lines[line - 1].encode()[:num_bytes].decode(errors="ignore"))


class _Prober(ast.NodeTransformer):
    """Puts a probe around the expression of every node."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._outer: str | None = None

    def visit_Assign(self, statement: ast.Assign) -> ast.Assign:
        self._outer = self._places.node_of(statement)
        value = self.visit(statement.value)
        if self._outer is not None and not isinstance(statement.value, _PLAIN):
            value = _probed(self._outer, value)
        statement.value = value
        return statement

    def visit_Return(self, statement: ast.Return) -> ast.Return:
        self._outer = self._places.node_of(statement)
        assert statement.value is not None, "forward gives something"
        statement.value = self.visit(statement.value)
        return statement

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, ast.expr) or isinstance(node, _PLAIN):
            return super().generic_visit(node)
        outer, self._outer = self._outer, self._places.node_of(node)
        inner = self._outer
        visited = super().generic_visit(node)
        self._outer = outer
        if inner is None or inner == outer:
            return visited
        assert isinstance(visited, ast.expr)
        return _probed(inner, visited)


def _probed(node: str, value: ast.expr) -> ast.Call:
    """`left(entered(node), value)`: arguments are worked out from left to right."""
    entered = ast.Call(ast.Name(ENTERED, ast.Load()), [ast.Constant(node)], [])
    call = ast.Call(ast.Name(LEFT, ast.Load()), [entered, value], [])
    return ast.copy_location(call, value)


def _attributes(made: ast.FunctionDef, places: _Places) -> Iterator[tuple[str, str]]:
    """Attributes of a module and the nodes that they belong to."""
    for statement in made.body:
        node = places.node_of(statement)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if node is not None and isinstance(target, ast.Attribute):
            yield target.attr, node
