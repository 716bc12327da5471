"""The rooms and their doors: who may import whom, and how big a piece may get."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("graph", "codegen", "runtime", "builder")  # an import may only point left
QT = {"PySide6", "shiboken6", "pyqtgraph"}
TORCH = {"torch", "torchvision", "onnx", "onnxruntime", "onnxscript", "safetensors", "numpy"}
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60

GRAPH_STANDS_ON = {*sys.stdlib_module_names, "networkx", "pydantic", "graph"}
TORCH_IN_CODEGEN = (
    "codegen/live.py",
    "codegen/compat.py",
    "codegen/export.py",
    "codegen/exporting/*",
    "codegen/importers/*",
)
WITHOUT_TORCH = ("runtime/plan.py", "runtime/events.py", "runtime/control.py")
QT_IN_RUNTIME = "runtime/thread.py"
MAY_PRINT = ("builder/cli.py", "builder/commands/*", "tests/benchmarks/*")


@dataclass(frozen=True)
class Import:
    """One imported module: its full name, and the line that names it."""

    module: str
    line: int

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def package_of(name: str) -> str:
    """Gives the package that a relative import in the file `name` starts from."""
    return ".".join(Path(name).parent.parts)


def imports_of(tree: ast.AST, package: str = "") -> Iterator[Import]:
    """Gives every import of a file, also those inside functions and `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            yield Import(".".join([*base, node.module or ""]).strip("."), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def refusal(name: str, imported: Import) -> str | None:
    """Says why the file `name` may not import something, or gives None where it may."""
    room, top = name.partition("/")[0], imported.top
    if top in {"builder", "tests", "bootstrap", *ROOMS[ROOMS.index(room) + 1 :]} - {room}:
        return f"{room} may not know {top}"
    if room == "graph" and top not in GRAPH_STANDS_ON:
        return "graph stands on the standard library, networkx and pydantic alone"
    if top in QT and room != "builder":
        if name != QT_IN_RUNTIME:
            return f"Qt outside builder belongs in {QT_IN_RUNTIME}"
        if not imported.module.startswith("PySide6.QtCore"):
            return f"{QT_IN_RUNTIME} may use QtCore only"
    if top in TORCH and room == "codegen" and not any(fnmatch(name, each) for each in TORCH_IN_CODEGEN):
        return f"in codegen, {top} belongs in {', '.join(TORCH_IN_CODEGEN)}"
    if top in TORCH and name in WITHOUT_TORCH:
        return f"{name} is data and may not need {top}"
    return None


def refusals(name: str, source: str) -> list[str]:
    """Lists the forbidden imports of one file as `file:line imports module: reason`."""
    found = []
    for imported in imports_of(ast.parse(source), package_of(name)):
        reason = refusal(name, imported)
        if reason:
            found.append(f"{name}:{imported.line} imports {imported.module}: {reason}")
    return found


def test_imports_point_left():
    found = [text for path in sources(*ROOMS) for text in refusals(relative(path), path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("graph/edits.py", "from codegen.source import generate", "graph may not know codegen"),
        ("graph/edits.py", "def f():\n    import torch", "graph stands on"),
        ("graph/edits.py", "import numpy as np", "graph stands on"),
        ("graph/edits.py", "import yaml", "graph stands on"),
        ("codegen/source.py", "import torch.nn", "in codegen, torch belongs in"),
        ("codegen/source.py", "from runtime import plan", "codegen may not know runtime"),
        ("codegen/live.py", "from PySide6 import QtCore", "Qt outside builder"),
        ("runtime/engine.py", "import builder", "runtime may not know builder"),
        ("runtime/engine.py", "from PySide6.QtCore import QThread", "Qt outside builder"),
        ("runtime/data/feed.py", "from ...builder import app", "runtime may not know builder"),
        ("runtime/thread.py", "from PySide6.QtWidgets import QWidget", "QtCore only"),
        ("runtime/thread.py", "from PySide6 import QtGui", "QtCore only"),
        ("runtime/plan.py", "if TYPE_CHECKING:\n    import torch", "is data"),
        ("builder/app.py", "from tests import helpers", "builder may not know tests"),
    ],
)
def test_a_forbidden_import_is_seen(name, source, reason):
    assert reason in " ".join(refusals(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "graph/edits.py",
            "import json\nimport networkx\nimport pydantic\nfrom .shapes import Dim",
        ),
        ("codegen/live.py", "import torch\nfrom graph.document import Project"),
        ("codegen/importers/fx.py", "import torch.fx\nfrom ..source import generate"),
        ("runtime/thread.py", "from PySide6.QtCore import QThread, Signal"),
        ("runtime/thread.py", "from PySide6 import QtCore"),
        ("runtime/engine.py", "import torch\nimport numpy\nfrom codegen import live"),
        ("builder/app.py", "from PySide6.QtWidgets import QWidget\nimport torch\nfrom runtime import thread"),
    ],
)
def test_an_allowed_import_passes(name, source):
    assert refusals(name, source) == []


def loaded_by(statement: str) -> set[str]:
    """Gives the modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    "module", ["graph", "codegen.source", "runtime.plan", "runtime.events", "runtime.control"]
)
def test_light_modules_load_neither_torch_nor_qt_nor_numpy(module):
    loaded = {name.partition(".")[0] for name in loaded_by(f"import {module}")}
    assert not loaded & (TORCH | QT)


@pytest.mark.parametrize("package", ROOMS)
def test_a_package_by_itself_loads_next_to_nothing(package):
    extra = loaded_by(f"import {package}") - loaded_by("")
    assert {name.partition(".")[0] for name in extra} <= {package}
    assert len(extra) <= 3


def test_the_command_line_loads_no_qt_and_no_torch():
    loaded = {name.partition(".")[0] for name in loaded_by("import builder.cli")}
    assert not loaded & {"PySide6", "torch", "pyqtgraph"}


def test_files_are_short():
    counts = {relative(path): len(path.read_text("utf-8").splitlines()) for path in sources(*ROOMS, "tests")}
    assert not {name: count for name, count in counts.items() if count > MAX_FILE_LINES}


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Gives every function of a file as its place and its length in lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{relative(path)}:{node.lineno} {node.name}", lines


def test_functions_are_short():
    lengths = dict(item for path in sources(*ROOMS) for item in functions_of(path))
    assert not {place: lines for place, lines in lengths.items() if lines > MAX_FUNCTION_LINES}


def prints_of(tree: ast.AST) -> Iterator[int]:
    """Gives the line of every call of print."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno


def test_a_print_is_seen():
    assert list(prints_of(ast.parse("x = 1\ndef f():\n    print(x)\n    log.print(x)"))) == [3]


def test_only_the_command_line_prints():
    found = [
        f"{relative(path)}:{line}"
        for path in sources(*ROOMS, "tests")
        for line in prints_of(ast.parse(path.read_text("utf-8")))
        if not any(fnmatch(relative(path), each) for each in MAY_PRINT)
    ]
    assert not found


PAINTERS = {"QPainter", "QStylePainter"}


def painters_left_active(tree: ast.AST) -> Iterator[int]:
    """Gives the line of every function that begins to paint, and leaves the end to whatever holds its frame.

    A painter that outlives the paint event, as a traceback can make it, crashes the next one. Whoever is
    given one by a function ends it.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and getattr(node.returns, "id", "") not in PAINTERS:
            managed = {item.context_expr for each in ast.walk(node) for item in getattr(each, "items", ())}
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
            made = [each for each in calls if getattr(each.func, "id", "") in PAINTERS and each.args]
            ended = sum(getattr(each.func, "attr", "") == "end" for each in calls)
            if len([each for each in made if each not in managed]) > ended:
                yield node.lineno


def test_a_painter_left_active_is_seen():
    left = "def f(w):\n    p = QPainter(w)\n    p.drawRect(r)"
    assert list(painters_left_active(ast.parse(left))) == [1]
    assert not list(painters_left_active(ast.parse(f"{left}\n    p.end()")))
    assert not list(
        painters_left_active(ast.parse("def f(w):\n    with QPainter(w) as p:\n        p.save()"))
    )


def test_every_painter_ends_where_it_begins():
    found = [
        f"{relative(path)}:{line}"
        for path in sources("builder")
        for line in painters_left_active(ast.parse(path.read_text("utf-8")))
    ]
    assert not found


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout tells its files from others")
def test_the_top_level_holds_what_the_design_names():
    command = ["git", "-c", "safe.directory=*", "ls-files"]  # CI may check out as another user
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    named = {*ROOMS, "resources", "tests", "pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE"}
    top = {line.partition("/")[0] for line in answer.stdout.splitlines()}
    assert top <= named | {"bootstrap.py", ".ci", ".gitignore"}
