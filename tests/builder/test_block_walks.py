"""Random walks through a project with blocks: what is seen is what is there, and undo restores the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QWidget

from builder.canvas.page import CanvasPage
from builder.panels.inspector import Inspector
from builder.panels.palette import Palette
from builder.panels.problems import ProblemsPanel
from builder.session import Session
from builder.theme import light
from graph.document import Document
from graph.packing import Pack
from graph.storage import to_bytes
from tests.graph.block_drawings import deep
from tests.graph.random_block_edits import random_project_edit

STEPS = 14


class Seen:
    """Everything that shows a session's blocks."""

    def __init__(self, qtbot):
        self.session = Session(Document(deep()))
        self.page = CanvasPage(self.session, light())
        self.palette = Palette(self.session, light())
        self.others: list[QWidget] = [
            Inspector(self.session, light()),
            ProblemsPanel(self.session, light()),
        ]
        for widget in (self.page, self.palette, *self.others):
            qtbot.addWidget(widget)

    def check(self):
        session, scene = self.session, self.page.canvas.graph_scene
        assert scene.nodes.keys() == session.graph.nodes.keys()
        assert scene.edges.keys() == set(session.graph.edges)
        assert len(self.page.breadcrumb.texts) == len(session.scope) + 1
        assert set(session.selection) <= session.graph.nodes.keys()
        assert session.project.blocks.keys() <= set(self.palette.rows)


@pytest.fixture
def seen(qtbot):
    return Seen(qtbot)


def walk(draw, session):
    """One step: somebody goes somewhere, selects, packs, edits, or takes something back."""
    nodes = list(session.graph.nodes) or ["missing"]
    step = draw(st.sampled_from(["enter", "leave", "select", "pack", "undo", "redo", "edit", "edit"]))
    if step == "enter":
        session.enter(draw(st.sampled_from(nodes)))
    elif step == "select":
        session.select(draw(st.lists(st.sampled_from(nodes), max_size=3)))
    elif step == "pack":
        session.apply(Pack(session.selection, f"Block{len(session.project.blocks)}"))
    elif step == "edit":
        session.apply_to_project(random_project_edit(draw, session.project))
    else:
        getattr(session, step)()


@given(data=st.data())
def test_whatever_is_done_what_is_seen_is_what_is_there(seen, data):
    session = seen.session
    session.load(Document(deep()))
    before = to_bytes(session.project)
    for _ in range(STEPS):
        walk(data.draw, session)
        seen.check()
    while session.document.undo_label:
        session.undo()
    seen.check()
    assert to_bytes(session.project) == before
