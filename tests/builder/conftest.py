"""What the tests of the window share: dialogs that answer by themselves, own settings, the window."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from builder.fix_planning import FixPlanning
from builder.main_window import MainWindow
from builder.theme import Theme, ThemeManager
from graph.document import Document
from graph.edits import SetParams
from graph.storage import save
from graph.templates import template
from runtime.comparing import Comparison
from runtime.run_summary import RunSummary
from tests.builder.block_hands import Hands
from tests.builder.dashboards import hurried
from tests.builder.earlier_runs import CHILD, PATIENCE, change_about, trained
from tests.builder.person import Person
from tests.builder.small_networks import spirals
from tests.builder.window_hands import let_go
from tests.graph.block_drawings import deep
from tests.literals import ROOT
from tests.runtime.training import spiral_project

Elsewhere = tuple[Path, Path, "subprocess.Popen[str]"]  # the project, its run, the process that trains


class Answers:
    """Stands in for the dialogs: gives the answers it was told to, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.informed: list[str] = []
        self.open_answer: Path | None = None
        self.save_answer: Path | None = None
        self.keep_answer = "cancel"
        self.could_stay = False
        self.weights_answer = "cancel"
        self.recover_answer = False
        self.skip_answer: frozenset[str] | None = frozenset()
        self.confirm_answer = False
        self.review_answer = False
        self.version_answer = "cancel"
        self.changes: tuple[str, ...] = ()
        self.compared: list[Comparison] = []
        self.restore_answer: int | None = None
        self.reviewed: list[str] = []

    def open_path(self, folder: Path) -> Path | None:
        self.asked.append("open")
        return self.open_answer

    def save_path(self, title: str, suggestion: Path, kinds: str = "") -> Path | None:
        self.asked.append(f"save {suggestion.name}")
        return self.save_answer

    def keep_changes(self, name: str, reason: str, *, can_stay: bool = False) -> str:
        self.asked.append(f"keep {name}")
        self.could_stay = can_stay
        return self.keep_answer

    def choose_weights(self, run: str) -> str:
        self.asked.append(f"weights {run}")
        return self.weights_answer

    def review_code(self, names: Sequence[str], source: str, theme: Theme) -> bool:
        self.asked.append(f"review {', '.join(names)}")
        self.reviewed.append(source)
        return self.review_answer

    def choose_fixes(self, planning: FixPlanning) -> frozenset[str] | None:
        plan = planning.plan()
        assert plan is not None
        self.asked.append(f"fix {', '.join(fix.label for fix in plan.fixes)}")
        return self.skip_answer

    def choose_version(self, run: str, changes: Sequence[str]) -> str:
        self.asked.append(f"version of {run}")
        self.changes = tuple(changes)
        return self.version_answer

    def show_comparison(self, comparison: Comparison) -> RunSummary | None:
        self.compared.append(comparison)
        runs = (comparison.first, comparison.second)
        return None if self.restore_answer is None else runs[self.restore_answer]

    def recover(self, name: str, when: str) -> bool:
        self.asked.append(f"recover {name}")
        return self.recover_answer

    def confirm(self, title: str, text: str, verb: str) -> bool:
        self.asked.append(f"confirm {title}")
        return self.confirm_answer

    def error(self, title: str, text: str, details: str = "") -> None:
        self.errors.append(f"{title}: {text}")

    def inform(self, title: str, text: str) -> None:
        self.informed.append(f"{title}: {text}")


@pytest.fixture(autouse=True)
def _nothing_is_held() -> Iterator[None]:
    """Leaves no key and no button pressed for the next test."""
    yield
    if QGuiApplication.instance() is not None:
        let_go()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def themes(qapp: QApplication) -> Iterator[ThemeManager]:
    """A theme that does not stay for the next test."""
    palette = qapp.palette()
    manager = ThemeManager(qapp, "light")
    yield manager
    delete(manager)
    qapp.setStyleSheet("")
    qapp.setPalette(palette)


@pytest.fixture
def window(
    qtbot: object,
    themes: ThemeManager,
    settings: QSettings,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    """The window, shown, on its welcome page; PyTorch is loaded by the tests that need it."""
    monkeypatch.setattr(QMessageBox, "exec", _unexpected)
    main_window = MainWindow(themes, settings, answers)
    monkeypatch.setattr(main_window.loader, "start", lambda: None)
    hurried(main_window.training.dashboard)  # with it comes all that would be made behind the page
    main_window.resize(1280, 800)
    main_window.show()
    qtbot.waitExposed(main_window)
    yield main_window
    main_window.session.document.mark_saved()
    main_window.close()
    delete(main_window)


@pytest.fixture
def person(window: MainWindow, qtbot: object) -> Person:
    """Somebody at the window, on the welcome page with its templates."""
    window.resize(1600, 1000)
    person = Person(window, qtbot)
    person.wait(lambda: bool(window.welcome.cards))
    return person


def _unexpected(box: QMessageBox) -> int:
    raise AssertionError(f"an unexpected dialog: {box.text()}")


@pytest.fixture
def installed(qapp: QApplication) -> Iterator[Callable[[QTranslator], None]]:
    """Installs languages that are gone after the test."""
    there: list[QTranslator] = []

    def install(catalog: QTranslator) -> None:
        there.append(catalog)
        QCoreApplication.installTranslator(catalog)

    yield install
    for catalog in there:
        QCoreApplication.removeTranslator(catalog)


@pytest.fixture
def hands(window: MainWindow, qtbot: object) -> Hands:
    """The window with image -> Residual -> Pair (of two Residuals) -> logits."""
    window.files.new_project(template("SmallCNN").project())
    window.session.load(Document(deep()))
    window.session.apply(SetParams("n2", {"width": 8}))
    for number, node_id in enumerate(("n1", "n2", "n3", "n4")):
        window.session.graph.replace_node(
            window.session.graph.nodes[node_id].with_(position=(224.0 * number, 0.0))
        )
    window.session.load(Document(window.session.project))
    return Hands(window, qtbot)


@pytest.fixture
def cnn(window: MainWindow) -> MainWindow:
    """The window with SmallCNN open."""
    window.files.new_project(template("SmallCNN").project())
    return window


@pytest.fixture
def small(window: MainWindow, tmp_path: Path) -> MainWindow:
    """The window with a network open that trains within a second."""
    path = tmp_path / "spirals.netloom"
    save(spirals().project, path)
    window.files.open_project(path)
    return window


@pytest.fixture
def trained_project(tmp_path: Path) -> Path:
    """A project with a finished run of 2 epochs, and a stopped one of 4."""
    path = tmp_path / "spirals.netloom"
    save(spiral_project(epochs=4), path)
    trained(tmp_path / "spirals.runs" / "0001")
    trained(tmp_path / "spirals.runs" / "0002", stop_after=2, epochs=4)
    for name, day in (("0001", 1), ("0002", 2)):  # both began within a second
        change_about(tmp_path / "spirals.runs" / name, started=f"2024-01-0{day}T00:00:00+00:00")
    return path


@pytest.fixture
def opened(window: MainWindow, trained_project: Path, qtbot: QtBot) -> MainWindow:
    """The window with that project, its Runs tab in front."""
    window.files.open_project(trained_project)
    window.actions_["run.runs"].trigger()
    qtbot.waitUntil(lambda: len(window.run_table.model.runs) == 2, timeout=PATIENCE)
    return window


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    """A run in another process, which waits after its third epoch; gives the project, its folder, a kill."""
    path, folder = tmp_path / "far.netloom", tmp_path / "far.runs" / "0001"
    save(spiral_project(epochs=6), path)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD, str(folder), "6"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stdin=pipe, text=True) as process:
        process.stdout.readline()
        yield path, folder, process
        process.kill()
