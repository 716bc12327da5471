"""Files dragged over a window and dropped on it."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from builder.drops import MAX_PROJECTS, read_drop
from builder.layer_list import MIME_TYPE
from graph.document import Node
from graph.edits import AddNodes
from graph.storage import save
from graph.templates import template

EDIT = AddNodes((Node("x1", "ReLU", "extra"),))


@pytest.fixture
def project(tmp_path):
    """Writes a project under a name."""

    def write(name):
        path = tmp_path / name
        save(template("MLP").project(), path)
        return path

    return write


@pytest.fixture
def window(window, answers, monkeypatch):
    """The window; others that a drop opens ask the same stand-in, and go with it."""
    monkeypatch.setattr("builder.main_window.Dialogs", lambda _window: answers)
    yield window
    for other in others(window):
        other.close()


def others(window):
    return [each for each in window.windows if each is not window]


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


class Drag:
    """Drags something over a widget, as Qt tells it of the system's drag."""

    def __init__(self, widget, data):
        self.widget, self.data = widget, data
        self.at = widget.rect().center()

    def send(self, event):
        QApplication.sendEvent(self.widget, event)
        return event.isAccepted()

    def enter(self):
        return self.send(QDragEnterEvent(self.at, *self._what()))

    def move(self):
        return self.send(QDragMoveEvent(self.at + QPoint(3, 3), *self._what()))

    def leave(self):
        self.send(QDragLeaveEvent())

    def drop(self):
        return self.send(QDropEvent(QPointF(self.at), *self._what()))

    def _what(self):
        return Qt.DropAction.CopyAction, self.data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def test_a_project_dropped_on_the_welcome_page_opens_there(window, project):
    path = project("dropped.netloom")
    drag = Drag(window.welcome.gallery.search, files(path))
    assert drag.enter()
    assert drag.move()
    overlay = window.drops.overlay
    assert overlay.isVisible()
    assert overlay.title == "Open dropped here"
    assert overlay.geometry() == window.rect()
    assert drag.drop()
    assert not overlay.isVisible()
    assert window.session.document.path == path
    assert others(window) == []


def test_a_project_dropped_on_the_canvas_beside_another_gets_a_window(window, project):
    window.files.new_project(template("SmallCNN").project())
    window.session.apply(EDIT)
    path = project("dropped.netloom")
    drag = Drag(window.canvas.viewport(), files(path))
    assert drag.enter()
    assert window.drops.overlay.title == "Open dropped in a new window"
    drag.drop()
    (other,) = others(window)
    assert other.session.document.path == path
    assert window.session.project.name == "SmallCNN"
    assert window.isWindowModified()


def test_the_text_of_a_project_may_be_called_json(window, project):
    path = project("text.json")
    drag = Drag(window, files(path))
    drag.enter()
    drag.drop()
    assert window.session.document.path == path


def test_json_that_is_no_project_is_explained(window, answers, tmp_path):
    path = tmp_path / "other.json"
    path.write_text('{"a": 1}')
    drag = Drag(window, files(path))
    drag.enter()
    drag.drop()
    assert "Cannot open the project" in answers.errors[0]
    assert window.welcome.isVisible()


def test_several_projects_open_in_a_window_each_and_the_rest_is_told(window, answers, project, tmp_path):
    paths = [project("one.netloom"), project("two.netloom")]
    picture = tmp_path / "cat.jpg"
    picture.touch()
    drag = Drag(window, files(*paths, picture))
    drag.enter()
    assert window.drops.overlay.title == "Open 2 projects, a window each"
    assert window.drops.overlay.text == "Left out: cat.jpg"
    drag.drop()
    assert [each.files.name for each in window.windows] == ["one", "two"]
    (told,) = answers.informed
    assert "cat.jpg: To have it predicted, train a network on pictures first." in told
    assert told.startswith("Some files were left out: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model.py", "A Custom layer takes a class as text"),
        ("model.onnx", "cannot be imported yet"),
        ("model.pt2", "cannot be imported yet"),
        ("weights.pth", "pickles may run any code"),
        ("table.csv", "Training tab"),
        ("images", "Training tab"),
        ("letter.doc", "is not a file that Netloom opens"),
    ],
)
def test_what_cannot_be_opened_says_so_before_and_after_it_is_let_go(window, answers, tmp_path, name, text):
    path = tmp_path / name
    path.touch() if "." in name else path.mkdir()
    drag = Drag(window, files(path))
    assert drag.enter(), "refused by the system's cursor alone it would be let go without a word"
    overlay = window.drops.overlay
    assert overlay.is_refused
    assert overlay.title == "This cannot be opened"
    for told in (overlay.text, overlay.accessibleDescription()):
        assert text in told
        assert "Drop a Netloom project instead" in told
    drag.drop()
    assert text in answers.informed[0]
    assert "Drop a Netloom project instead" in answers.informed[0]
    assert window.welcome.isVisible()


def test_a_drag_that_leaves_changes_nothing(window, project):
    drag = Drag(window, files(project("dropped.netloom")))
    drag.enter()
    drag.leave()
    assert not window.drops.overlay.isVisible()
    assert window.welcome.isVisible()


def test_text_and_layers_are_none_of_the_windows_business(window):
    window.files.new_project(template("SmallCNN").project())
    text, layer = QMimeData(), QMimeData()
    text.setText("hello")
    layer.setData(MIME_TYPE, b"ReLU")
    assert not Drag(window, text).enter()
    assert not Drag(window, layer).enter()
    assert Drag(window.canvas.viewport(), layer).enter()
    assert not window.drops.overlay.isVisible()


def test_a_project_that_is_open_already_is_brought_forward(window, project, qtbot):
    path = project("mine.netloom")
    for _ in range(2):
        drag = Drag(window, files(path))
        drag.enter()
        drag.drop()
    assert window.session.document.path == path
    assert others(window) == []


def test_a_drop_opens_no_more_windows_than_a_screen_holds(project):
    paths = [project(f"{n}.netloom") for n in range(MAX_PROJECTS + 2)]
    drop = read_drop(files(*paths))
    assert len(drop.projects) == MAX_PROJECTS
    assert len(drop.refused) == 2
    assert "drop it again" in drop.explanation
