"""A canvas to work on with real mouse and key events."""

import pytest
from PySide6.QtWidgets import QApplication

from builder.actions import ACTIONS, Actions
from builder.arrange_actions import ARRANGE_ACTIONS
from builder.arrange_commands import ArrangeCommands
from builder.canvas.view import CanvasView
from builder.session import Session
from builder.theme import light
from graph.document import Document, Project
from tests.builder.canvas.driver import CHAIN, Driver, chain


@pytest.fixture
def open_canvas(qtbot):
    """Gives a function that shows a project on a canvas with its actions."""

    def show(project=None, size=(1200, 700)):
        session = Session(Document(project or Project()))
        view = CanvasView(session, light())
        qtbot.addWidget(view)
        on_canvas = [spec for spec in ACTIONS if spec.scope == "canvas" or spec.handler in ("undo", "redo")]
        actions = Actions(view, [*on_canvas, *ARRANGE_ACTIONS])
        arrange = ArrangeCommands(session, view, actions, view)
        arrange.set_has_project(True)
        actions.bind(view, session, arrange)
        actions.install("window", view)
        actions.install("canvas", view)
        view.resize(*size)
        with qtbot.waitExposed(view):
            view.show()
        view.activateWindow()
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        view.fit_all()
        return Driver(view, session, actions)

    yield show
    QApplication.clipboard().clear()


@pytest.fixture
def canvas(open_canvas):
    """Input, Conv2d, ReLU, Flatten and Linear in a row, connected."""
    return open_canvas(chain(*CHAIN))


@pytest.fixture
def empty(open_canvas):
    """An empty canvas."""
    return open_canvas()
