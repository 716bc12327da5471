"""Texts that stand in the code: which go through the translation layer, and which do not."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TRANSLATING = ("tr", "later", "tr_count")
# Arguments of these are names, styles or for whoever reads the log: nobody sees them in the window.
SILENT = frozenset(
    ["setObjectName", "setStyleSheet", "setProperty", "TypeVar", "Job", "reveal", "visit", "menu", "getattr"]
)
_WORDS = re.compile(r"[A-Za-z]{2,}[^A-Za-z{}<>=/_.:]* [^{}<>=]*[A-Za-z]{2,}|[A-Z][a-z]+\b")
_TECHNICAL = re.compile(
    r"://|\.html|[{}<>|\\#]|; border|^\w+/|^[\w-]+\.[\w-]+$|^\w*[a-z][A-Z]\w*$|^[A-Z]\w*[A-Z0-9]\w*$"
)


@dataclass(frozen=True)
class Text:
    """A text of the code.

    Attributes:
        text: as catalogues have it; the values of an f-string are `{0}`, `{1}`, ...
        line: where it stands.
        has_forms: whether it has one form for each kind of number.
    """

    text: str
    line: int
    has_forms: bool = False


@dataclass
class Reading:
    """What modules say.

    Attributes:
        translated: what goes through the translation layer.
        others: what reads like English and does not, by module.
    """

    translated: list[Text] = field(default_factory=list)
    others: dict[Path, list[Text]] = field(default_factory=dict)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def read_modules(paths: Iterable[Path]) -> Reading:
    """Reads modules; a constant of one that another translates goes through the translation layer."""
    reading, seen = Reading(), set[int]()
    modules = {path: tree_of(path) for path in paths}
    for tree in modules.values():
        for call, scope in _calls(tree, _imported(tree)):
            for node, has_forms in _arguments(call):
                for each in _texts_in(node, scope):
                    seen.add(id(each))
                    reading.translated.append(Text(pattern(each), each.lineno, has_forms))
            seen |= {id(each) for argument in call.args for each in ast.walk(argument)}
    reading.others = {path: list(prose(tree, seen)) for path, tree in modules.items()}
    return reading


def _arguments(call: ast.Call) -> Iterator[tuple[ast.expr, bool]]:
    """The arguments that are texts, and whether these have forms for numbers."""
    assert isinstance(call.func, ast.Name)
    if call.func.id == "tr_count":
        yield call.args[1], True
    else:
        yield call.args[0], False


def prose(tree: ast.Module, seen: set[int]) -> Iterator[Text]:
    """What reads like English in a module, but for docstrings, the log, and the errors of programmers."""
    left_out = {id(each) for node in ast.walk(tree) if _is_silent(node) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in left_out or id(node) in seen:
            continue
        if isinstance(node, ast.JoinedStr) or isinstance(node.value, str):
            fixed = _fixed(node)
            if _WORDS.search(fixed) and not _TECHNICAL.search(fixed):
                yield Text(pattern(node), node.lineno)


def pattern(node: ast.expr) -> str:
    """A literal as catalogues have it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    parts, place = [], 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(f"{{{place}}}")
            place += 1
    return "".join(parts)


def _fixed(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Raise):
        return isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") in dir(builtins)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)  # a docstring
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in SILENT or getattr(getattr(node.func, "value", None), "id", "") == "_log"


Scope = Mapping[str, list[ast.expr]]


def _calls(tree: ast.AST, scope: Scope) -> Iterator[tuple[ast.Call, Scope]]:
    """Every call of the translation layer, with what names stand for where it is made."""
    own = dict(scope)
    for node in _own_nodes(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                own.update(_assigned(target, node.value))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            own[node.target.id] = [node.value]
    for node in _own_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATING:
            yield node, own
    for node in _own_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _calls(node, own)


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module or a function without those of the functions in it."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef):
            yield from _own_nodes(node)


def _assigned(target: ast.expr, value: ast.expr) -> dict[str, list[ast.expr]]:
    if isinstance(target, ast.Name):
        return {target.id: [value]}
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return {name.id: [each] for name, each in pairs if isinstance(name, ast.Name)}
    return {}


def _imported(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """The constants that a module takes from others of the window."""
    found: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("builder"):
            path = ROOT.joinpath(*node.module.split(".")).with_suffix(".py")
            names = {each.name for each in node.names if each.name.isupper()}
            if path.is_file() and names:
                for each in tree_of(path).body:
                    if isinstance(each, ast.Assign):
                        assigned = _assigned(each.targets[0], each.value)
                        found |= {name: value for name, value in assigned.items() if name in names}
    return found


def _texts_in(node: ast.expr, scope: Scope) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The literals that an expression can give; a name gives those that it stands for."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    elif isinstance(node, ast.Name):
        inner = {name: value for name, value in scope.items() if name != node.id}
        for each in scope.get(node.id, []):
            yield from _texts_in(each, inner)
    elif isinstance(node, ast.IfExp):
        yield from _texts_in(node.body, scope)
        yield from _texts_in(node.orelse, scope)
    elif isinstance(node, ast.Subscript):
        yield from _texts_in(node.value, scope)
    elif isinstance(node, ast.Call):
        for argument in [*([node.func.value] if isinstance(node.func, ast.Attribute) else []), *node.args]:
            yield from _texts_in(argument, scope)
    else:
        parts = node.values if isinstance(node, ast.Dict | ast.BoolOp) else getattr(node, "elts", [])
        for part in parts:
            yield from _texts_in(part, scope)
