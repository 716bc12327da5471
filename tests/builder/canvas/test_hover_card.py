"""Resting the mouse on a node tells about it, until something is done."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtTest import QTest

from builder.canvas.page import CanvasPage
from builder.session import Session
from builder.theme import dark, light
from graph.document import Document
from graph.edits import SetParams
from graph.node_flags import SetPinned
from graph.templates import template
from tests.builder.canvas.driver import CHAIN, Driver, chain
from tests.builder.canvas.test_navigating import wheel


@pytest.fixture
def open_page(qtbot):
    """Gives a function that shows a project, with cards that come at once."""

    def show(project=None):
        session = Session(Document(project or chain(*CHAIN, conv1={"out_channels": 48, "kernel_size": 5})))
        page = CanvasPage(session, light())
        qtbot.addWidget(page)
        page.hover.rest.setInterval(0)
        page.resize(1200, 700)
        with qtbot.waitExposed(page):
            page.show()
        page.activateWindow()
        page.canvas.setFocus()
        qtbot.waitUntil(page.canvas.hasFocus)
        page.canvas.fit_all()
        return Desk(page, session, qtbot)

    return show


@pytest.fixture
def desk(open_page):
    return open_page()


class Desk(Driver):
    def __init__(self, page, session, qtbot):
        super().__init__(page.canvas, session)
        self.page, self.card, self.qtbot = page, page.hover, qtbot

    def rest(self, at):
        """Moves the mouse somewhere and lets it lie until nothing more is to be expected."""
        QTest.mouseMove(self.view.viewport(), self.at(at) - QPoint(9, 7))
        QTest.mouseMove(self.view.viewport(), self.at(at))
        self.qtbot.waitUntil(lambda: not self.card.rest.isActive())

    @property
    def text(self):
        return QTextDocumentFragment.fromHtml(self.card.html).toPlainText()


def test_it_tells_name_type_help_parameters_shapes_and_cost(desk):
    desk.session.settle()
    desk.rest(desk.body("conv1"))
    lines = desk.text
    assert lines.startswith("conv1")
    for part in (
        "Conv2d",
        "Learned filters that slide over H, W.",
        "out_channels",
        "48",
        "5×5",
        "Input",
        "Output",
        "float32",
        "Parameters",
        "FLOP",
    ):
        assert part in lines, part
    assert "stride" not in lines  # it has its default


def test_it_tells_what_is_wrong(desk):
    desk.session.apply(SetParams(desk.id("conv1"), {"kernel_size": 99}))
    desk.session.settle()
    desk.rest(desk.body("conv1"))
    assert desk.session.problems_of(desk.id("conv1"))[0].message in desk.text


def test_before_the_mouse_has_rested_there_is_none(desk):
    desk.card.rest.setInterval(3_600_000)
    desk.move(desk.body("conv1"))
    assert desk.card.rest.isActive()
    assert not desk.card.isVisible()
    desk.key(Qt.Key.Key_Escape)
    assert not desk.card.rest.isActive()


@pytest.mark.parametrize("end", ["move", "press", "key", "wheel", "edit", "enter"])
def test_it_goes_away_with_the_next_thing(desk, end):
    desk.rest(desk.body("conv1"))
    assert desk.card.isVisible()
    at = desk.at(desk.body("conv1"))
    if end == "move":
        QTest.mouseMove(desk.view.viewport(), at + QPoint(1, 1))
        assert desk.card.isVisible()  # a hand trembles
        desk.card.rest.setInterval(3_600_000)
        QTest.mouseMove(desk.view.viewport(), at + QPoint(12, 0))
    elif end == "press":
        desk.click(desk.body("conv1"))
    elif end == "key":
        desk.key(Qt.Key.Key_P)
    elif end == "wheel":
        wheel(desk, at, 120)
    elif end == "edit":
        desk.session.apply(SetPinned((desk.id("conv1"),), True))
    else:
        desk.session.load(Document(chain(*CHAIN)))
    assert not desk.card.isVisible()


def test_on_nothing_on_an_edge_and_on_a_port_there_is_none(desk):
    for at in (
        desk.body("conv1") + QPointF(0, 220),
        desk.edge_item("conv1", "relu1").path.pointAtPercent(0.5),
        desk.port("conv1", "out"),
    ):
        desk.rest(at)
        assert not desk.card.isVisible()


def test_while_something_is_dragged_there_is_none(desk):
    desk.press(desk.body("conv1"))
    desk.move(desk.body("conv1") + QPointF(0, 90))
    assert not desk.card.rest.isActive()
    assert not desk.card.isVisible()
    desk.release(desk.body("conv1") + QPointF(0, 90))


def test_far_out_it_is_how_a_node_is_read(open_page):
    desk = open_page(template("ResNet18").project())
    desk.view.zoom_by(0.12 / desk.view.zoom)
    desk.rest(desk.scene.bounds([desk.id("stage1")]).center())
    assert desk.text.startswith("stage1")


def test_it_is_seen_whole_at_the_border_and_takes_the_theme_of_the_moment(desk):
    desk.view.set_theme(dark())
    desk.view.pan_by(desk.view.viewport().rect().bottomRight() - desk.at(desk.body("conv1")) - QPoint(8, 8))
    desk.rest(desk.body("conv1"))
    assert desk.view.rect().contains(desk.card.geometry())
    assert dark().text_muted in desk.card.html
