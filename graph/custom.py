"""What can be said about the source of a custom layer without running it: read, never executed."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.problems import did_you_mean, shown

MAX_CHARACTERS = 50_000
STANDARD_NAMES = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
RESERVED_NAMES = {**STANDARD_NAMES, "models": "torchvision.models", "ops": "torchvision.ops"}
_BUILTINS = frozenset(dir(builtins))
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")  # Unicode's categories of what a reader cannot see


class CodeFault(Exception):
    """Something is wrong with a source.

    Args:
        what: in a sentence without a full stop.
        line: counted from 1; None for the source as a whole.
    """

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what if line is None else f"line {line}: {what}")
        self.what = what
        self.line = line


@dataclass(frozen=True)
class Import:
    """A name that the source imports.

    Args:
        statement: with this one name only.
        name: what it is called in the source.
        target: what the name stands for, by its full name.
        line: counted from 1.
    """

    statement: str
    name: str
    target: str
    line: int

    @property
    def is_standard(self) -> bool:
        """Whether it is a line that generated files have anyway."""
        # `import torch.utils.data` also binds torch, but brings more with it.
        brings_more = self.statement.startswith("import ") and self.statement.split()[1] != self.target
        return STANDARD_NAMES.get(self.name) == self.target and not brings_more


@dataclass(frozen=True)
class CustomClass:
    """A class of a source.

    Args:
        name: its name.
        line: counted from 1.
        has_base: whether it derives from anything.
        has_forward: whether it defines `forward` itself.
        arguments: what its constructor takes, each with whether it must be given; None if that shows only
            when it runs.
    """

    name: str
    line: int
    has_base: bool
    has_forward: bool
    arguments: Mapping[str, bool] | None


@dataclass(frozen=True)
class CustomSource:
    """A source that can be read.

    Args:
        body: its lines without the imports that go to the top of the file.
        imports: in the order of the source.
        definitions: the names that its top level defines, each with its line.
        used: every name that occurs in it.
        classes: by name.
    """

    body: tuple[str, ...]
    imports: tuple[Import, ...]
    definitions: Mapping[str, int]
    used: frozenset[str]
    classes: Mapping[str, CustomClass]

    def layer(self, class_name: str) -> CustomClass:
        """The class that is the layer.

        Args:
            class_name: which one; the only one with `forward` if empty.

        Raises:
            CodeFault: there is no such class, or it cannot be told which is meant.
        """
        found = self._named(class_name) if class_name else self._only()
        if not found.has_base:
            raise CodeFault(f"class {found.name} does not derive from nn.Module", found.line)
        return found

    def _named(self, name: str) -> CustomClass:
        if name not in self.classes:
            known = f"It has {', '.join(self.classes)}" if self.classes else "It has no class"
            raise CodeFault(f"there is no class {shown(name)}. {did_you_mean(name, self.classes) or known}")
        return self.classes[name]

    def _only(self) -> CustomClass:
        candidates = [each for each in self.classes.values() if each.has_forward]
        if not candidates:
            raise CodeFault("it has no class with a method forward")
        if len(candidates) > 1:
            names = ", ".join(each.name for each in candidates[:5])
            raise CodeFault(f"several classes have a method forward: {names}. Set class_name to one of them")
        return candidates[0]


def read(text: str) -> CustomSource:
    """What a source says of itself.

    Raises:
        CodeFault: it cannot be read, or would not do as a part of a file.
    """
    found = _read(text)
    if isinstance(found, CodeFault):
        raise CodeFault(found.what, found.line)
    return found


def is_from_library(statement: str) -> bool:
    """Whether an import statement brings something of Python's standard library."""
    return statement.split()[1].partition(".")[0] in sys.stdlib_module_names


def lines_of(text: str) -> list[str]:
    """The lines of a source as Python counts them."""
    return _LINE_BREAK.split(text)


@lru_cache(maxsize=64)
def _read(text: str) -> CustomSource | CodeFault:
    try:
        _require_readable(text)
        tree = _parsed(text)
        imports = tuple(each for node in tree.body for each in _imports(node))
        definitions = dict(each for node in tree.body for each in _definitions(node))
        for name, line in [*definitions.items(), *((each.name, each.line) for each in imports)]:
            _require_free(name, line)
        _require_standard(definitions, imports)
    except CodeFault as fault:
        return fault
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return CustomSource(
        body=_body(lines_of(text), tree.body),
        imports=imports,
        definitions=definitions,
        used=frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)),
        classes={name: _class(node, classes) for name, node in classes.items()},
    )


def _require_readable(text: str) -> None:
    """Refuses what is too long to look at, and characters that make a reader see something else."""
    if not text.strip():
        raise CodeFault("it is empty")
    if len(text) > MAX_CHARACTERS:
        raise CodeFault(f"it has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    unseen = {each for each in set(text) - {"\t", "\n", "\r"} if unicodedata.category(each) in _UNSEEN}
    if unseen:
        lines = enumerate(lines_of(text), start=1)
        line, character = next((n, c) for n, content in lines for c in content if c in unseen)
        raise CodeFault(f"it has the character U+{ord(character):04X}, which cannot be seen", line)


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as for "\d"; they come when the code is run
            return ast.parse(text)
    except SyntaxError as error:
        raise CodeFault(error.msg[:120], error.lineno) from None
    except (RecursionError, MemoryError):
        raise CodeFault("it is nested too deeply to be read") from None
    except ValueError as error:
        raise CodeFault(str(error)) from None


def _imports(node: ast.stmt) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            statement = ast.unparse(ast.Import([alias]))
            name = alias.asname or alias.name.partition(".")[0]
            yield Import(statement, name, alias.name if alias.asname else name, node.lineno)
    elif isinstance(node, ast.ImportFrom):
        if node.level or node.module is None:
            raise CodeFault("an import that begins with a dot finds nothing in a project", node.lineno)
        if node.module == "__future__":
            raise CodeFault("an import from __future__ would change the whole file. Remove it", node.lineno)
        for alias in node.names:
            if alias.name == "*":
                raise CodeFault("import * hides which names it brings. Name them", node.lineno)
            statement = ast.unparse(ast.ImportFrom(node.module, [alias], 0))
            yield Import(statement, alias.asname or alias.name, f"{node.module}.{alias.name}", node.lineno)


def _definitions(node: ast.stmt) -> Iterator[tuple[str, int]]:
    """The names that a statement of the top level defines, with their line."""
    match node:
        case ast.ClassDef() | ast.FunctionDef():
            yield node.name, node.lineno
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if not isinstance(target, ast.Name):
                    raise CodeFault("only a plain name can be set outside of a class", node.lineno)
                yield target.id, node.lineno
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
            pass
        case _:
            raise CodeFault(
                "outside of classes and functions only imports and constants can stand", node.lineno
            )


def _require_free(name: str, line: int) -> None:
    """Refuses names that mean something else in the rest of the file."""
    if name in _BUILTINS:
        raise CodeFault(f"{name} is a name of Python itself. Choose another", line)
    if name.startswith("__"):
        raise CodeFault(f"{name} would speak for the whole file. Remove it", line)


def _require_standard(definitions: Mapping[str, int], imports: Sequence[Import]) -> None:
    """Refuses another meaning for the names that generated files use."""
    meanings = [(each.name, each.target, each.line) for each in imports]
    meanings += [(name, "", line) for name, line in definitions.items()]
    for name, target, line in meanings:
        wanted = RESERVED_NAMES.get(name, target)
        if target != wanted:
            raise CodeFault(f"{name} stands for {wanted} in exported files. Choose another name", line)


def _class(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> CustomClass:
    return CustomClass(
        name=node.name,
        line=node.lineno,
        has_base=bool(node.bases),
        has_forward=_method(node, "forward") is not None,
        arguments=_arguments(node, classes),
    )


def _arguments(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Mapping[str, bool] | None:
    """What the constructor takes, as far as the text tells."""
    constructor = _method(node, "__init__")
    if node.decorator_list or node.keywords:
        return None
    if constructor is None:
        return {} if [ast.unparse(base) for base in node.bases] == ["nn.Module"] else None
    given = constructor.args
    if given.vararg or given.kwarg or given.posonlyargs or constructor.decorator_list:
        return None
    names = [argument.arg for argument in given.args[1:]]
    required = len(names) - len(given.defaults)
    found = {name: index < required for index, name in enumerate(names)}
    keyword_only = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return found | {argument.arg: default is None for argument, default in keyword_only}


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    methods = (each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == name)
    return next(methods, None)


def _body(lines: list[str], statements: Sequence[ast.stmt]) -> tuple[str, ...]:
    """The lines without imports; one that shares its line with something else stays as well."""
    shared = Counter(line for node in statements for line in range(node.lineno, (node.end_lineno or 0) + 1))
    gone: set[int] = set()
    for node in statements:
        own = range(node.lineno, (node.end_lineno or 0) + 1)
        if isinstance(node, ast.Import | ast.ImportFrom) and all(shared[line] == 1 for line in own):
            gone.update(own)
    kept = [line.rstrip() if not line.strip() else line for n, line in enumerate(lines, 1) if n not in gone]
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)
