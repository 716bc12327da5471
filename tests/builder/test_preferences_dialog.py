"""The preferences as somebody changes them, with real keys and clicks; and what they do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton

from builder.preferences import UI_SCALES, Preferences, Values
from builder.ui_scale import VARIABLE, scaled
from graph.document import Node
from graph.edits import AddNodes
from graph.storage import save
from graph.templates import template
from tests.builder.canvas.driver import Driver

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dialog(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Comma, CONTROL)
    dialog = window.tools.preferences_dialog
    qtbot.waitUntil(dialog.isActiveWindow)
    yield dialog
    dialog.close()


def choose(field, text):
    """Goes through the choices of a closed list with the arrow keys."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Home)
    for _ in range(field.findText(text)):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.currentText() == text


def test_ctrl_comma_shows_what_is_preferred(dialog, window):
    assert dialog.theme.currentText() == "As the system"
    assert dialog.ui_scale.currentText() == "100 %"
    assert dialog.motion.currentText() == "As the system"
    assert dialog.snap_to_grid.isChecked()
    assert dialog.recovery_interval.currentText() == "every 4 seconds"
    assert not dialog.restart_button.isVisible()


def test_the_theme_changes_at_once_and_is_kept(dialog, window, settings):
    choose(dialog.theme, "Dark")
    assert window.themes.theme.is_dark
    assert window.actions_["view.theme_dark"].isChecked()
    assert Preferences(settings).theme == "dark"


def test_the_theme_of_the_menu_is_followed(dialog, window):
    window.actions_["view.theme_light"].trigger()
    assert dialog.theme.currentText() == "Light"


def test_a_size_counts_from_the_next_start_which_is_offered(dialog, settings):
    choose(dialog.ui_scale, "150 %")
    assert Preferences(settings).ui_scale == 150
    assert dialog.restart_button.isVisible()
    choose(dialog.ui_scale, "100 %")
    assert not dialog.restart_button.isVisible()


def test_keys_alone_change_a_choice(dialog, settings):
    assert dialog.theme.hasFocus()
    QTest.keyClick(dialog.theme, Qt.Key.Key_Down)
    assert dialog.theme.currentText() == "Light"
    assert Preferences(settings).theme == "light"
    QTest.keyClick(dialog.theme, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_grid_is_a_tick(dialog, settings):
    QTest.mouseClick(dialog.snap_to_grid, LEFT, pos=QPoint(8, dialog.snap_to_grid.height() // 2))
    assert not Preferences(settings).snap_to_grid


def test_nodes_snap_to_the_grid_only_while_that_is_preferred(dialog, window):
    window.files.new_project(template("SmallCNN").project())
    window.canvas.zoom_by(1 / window.canvas.zoom)
    hands = Driver(window.canvas, window.session)
    window.canvas.centerOn(hands.body("conv1"))

    def moved(by):
        hands.drag(hands.body("conv1"), hands.body("conv1") + by)
        return window.session.graph.by_name("conv1").position

    assert [each % 8 for each in moved(QPointF(13, 21))] == [0, 0]
    before = moved(QPointF(8, 8))
    QTest.mouseClick(dialog.snap_to_grid, LEFT, pos=QPoint(8, dialog.snap_to_grid.height() // 2))
    assert moved(QPointF(13, 21)) == (before[0] + 13, before[1] + 21)


def test_unsaved_work_is_kept_as_often_as_preferred(dialog, window, monkeypatch):
    """A change that came 1.5 seconds after the first waits a second for rest, but not beyond the interval."""
    waits = []
    monkeypatch.setattr(window.recovery._timer, "start", waits.append)
    monkeypatch.setattr(window.recovery._waiting, "elapsed", lambda: 1500)
    window.files.new_project(template("SmallCNN").project())
    for number, text in enumerate(("every 2 seconds", "every 60 seconds")):
        choose(dialog.recovery_interval, text)
        window.session.apply(AddNodes([Node(f"late{number}", "ReLU", f"late{number}")]))
    assert waits == [500, 1000]


def test_reduced_motion_stills_the_panels(dialog, window):
    choose(dialog.motion, "Full")
    assert window.isAnimated()
    choose(dialog.motion, "Reduced")
    assert not window.isAnimated()


def test_reset_takes_all_back(dialog, window, settings):
    assert not dialog.reset_button.isEnabled()
    assert dialog.reset_button.toolTip() == "Nothing was changed."
    choose(dialog.theme, "Dark")
    choose(dialog.ui_scale, "300 %")
    QTest.mouseClick(dialog.reset_button, LEFT)
    assert Preferences(settings).values == Values()
    assert dialog.ui_scale.currentText() == "100 %"


def test_the_way_to_the_shortcuts(dialog, window):
    QTest.mouseClick(dialog.shortcuts_button, LEFT)
    assert window.tools.shortcut_dialog.isVisible()
    window.tools.shortcut_dialog.close()


def test_everything_in_it_has_a_name(dialog):
    for field in (*dialog.findChildren(QComboBox), *dialog.findChildren(QPushButton)):
        assert field.accessibleName() or field.text()


def test_a_size_set_in_the_environment_cannot_be_chosen_here(window, monkeypatch):
    monkeypatch.setenv(VARIABLE, "2")
    dialog = window.tools.preferences_dialog
    assert not dialog.ui_scale.isEnabled()
    assert VARIABLE in dialog.ui_scale.toolTip()


# -- the size of everything


def run_python(code):
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_the_application_starts_in_the_preferred_size_and_no_child_inherits_it(settings):
    code = """
import os
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from builder import app
from builder.preferences import Preferences
from PySide6.QtCore import QSettings
app.name_application()
Preferences(QSettings()).change(ui_scale=150)
make = app.MainWindow
def made(*args, **kwargs):
    print(QApplication.primaryScreen().devicePixelRatio(), os.environ.get("QT_SCALE_FACTOR"))
    QTimer.singleShot(0, QApplication.quit)
    return make(*args, **kwargs)
app.MainWindow = made
app.open_window()
"""
    answer = run_python(code)
    assert answer.stdout.split() == ["1.5", "None"], answer.stderr


def test_a_factor_that_stands_in_the_environment_counts():
    environment = {VARIABLE: "2"}
    with scaled(150, environment):
        assert environment == {VARIABLE: "2"}
    environment = {}
    with scaled(100, environment):
        assert environment == {}
    with scaled(250, environment):
        assert environment == {VARIABLE: "2.5"}
    assert environment == {}


@pytest.mark.parametrize("percent", UI_SCALES)
def test_every_size_is_a_factor_for_qt(percent):
    with scaled(percent, environment := {}):
        assert float(environment.get(VARIABLE, 1)) == percent / 100


# -- starting again


def test_restart_closes_the_windows_and_says_what_to_open(dialog, window, tmp_path):
    path = tmp_path / "net.netloom"
    save(template("SmallCNN").project(), path)
    window.files.open_project(path)
    choose(dialog.ui_scale, "200 %")
    QTest.mouseClick(dialog.restart_button, LEFT)
    assert not window.isVisible()
    assert window.windows.restart_paths == [path]


def test_restart_asks_about_unsaved_work_first(dialog, window, answers):
    window.files.new_project(template("SmallCNN").project())
    window.session.apply(AddNodes([Node("n99", "ReLU", "late")]))
    choose(dialog.ui_scale, "200 %")
    QTest.mouseClick(dialog.restart_button, LEFT)
    assert answers.asked == ["keep SmallCNN"]
    assert window.isVisible()
    assert window.windows.restart_paths is None


def test_after_a_restart_a_new_process_opens_the_same_projects(tmp_path):
    code = f"""
from pathlib import Path
from PySide6.QtCore import QProcess, QTimer
from builder import app
started = []
class Starter:
    @staticmethod
    def startDetached(*arguments):
        started.append(arguments)
        return True, 1
app.QProcess = Starter
make = app.Windows
def made(*args, **kwargs):
    windows = make(*args, **kwargs)
    QTimer.singleShot(300, windows.restart)
    return windows
app.Windows = made
path = Path({str(tmp_path / "net.netloom")!r})
from graph.storage import save
from graph.templates import template
from tests.builder.canvas.driver import Driver
save(template("MLP").project(), path)
assert app.open_window([path]) == 0
((python, arguments, folder),) = started
assert arguments == ["-m", "builder.cli", "open", str(path)], arguments
assert (Path(folder) / "builder" / "cli.py").is_file()
"""
    answer = run_python(code)
    assert answer.returncode == 0, answer.stderr


def test_several_projects_open_in_a_window_each(tmp_path):
    code = f"""
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from builder import app
from graph.storage import save
from graph.templates import template
from tests.builder.canvas.driver import Driver
paths = [Path({str(tmp_path)!r}) / name for name in ("one.netloom", "two.netloom")]
for path in paths:
    save(template("MLP").project(), path)
make = app.Windows
def look(windows):
    print(*sorted(window.files.name for window in windows))
    windows.quit()
def made(*args, **kwargs):
    windows = make(*args, **kwargs)
    QTimer.singleShot(300, lambda: look(windows))
    return windows
app.Windows = made
app.open_window(paths)
"""
    answer = run_python(code)
    assert answer.stdout.split() == ["one", "two"], answer.stderr
