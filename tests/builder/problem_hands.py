"""Networks with something wrong, and the panel that tells it."""

from itertools import pairwise

from builder.panels.problems import ProblemsPanel
from builder.session import Session
from builder.theme import light
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import Connect

IMAGE = Node("n1", "Input", "image", {"shape": [1, 28, 28]})
CONV = Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3})
LINEAR = Node("n3", "Linear", "linear1", {"out_features": 10})
LOGITS = Node("n4", "Output", "logits")


def connect(session, *ids):
    for source, target in pairwise(ids):
        session.apply(Connect(PortRef(source, "out"), PortRef(target, "in")))


def wrong_session():
    """Input -> Conv2d -> Linear -> Output, whose Linear does not fit."""
    session = Session(Document(Project("Demo", Graph((IMAGE, CONV, LINEAR, LOGITS)))))
    connect(session, "n1", "n2", "n3", "n4")
    return session


def shown_panel(qtbot, session):
    panel = ProblemsPanel(session, light())
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    qtbot.waitExposed(panel)
    return panel
