"""The canvas at 500 and 2,000 nodes, beside a bare graphics scene of the same size."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

SIZES = (500, 2000)
VIEW = (1600, 1000)  # pixels
COLUMNS, COLUMN, ROW = 25, 224, 160
ROUNDS = 15


def run() -> dict[str, Any]:
    """Milliseconds, medians: build, repaint, pan, drag, and an edit until its shapes are seen."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from builder.theme import ThemeManager

    app = QApplication.instance() or QApplication([])
    theme = ThemeManager(app, "light").theme
    figures, peers = {}, {}
    for size in SIZES:
        figures[f"{size}"] = _netloom(size, theme)
        peers[f"bare scene {size}"] = _bare(size)
    ratios = {
        size: {name: round(value / bare[name], 2) for name, value in figures[size].items() if bare.get(name)}
        for size, bare in zip(figures, peers.values(), strict=True)
    }
    return {"figures": figures, "peers": peers, "ratios": ratios}


def _project(size: int) -> Any:
    """A long network of convolutions, norms and activations, in rows."""
    from graph.catalog import CATALOG
    from graph.document import Edge, Graph, Node, PortRef, Project

    nodes = [Node("n0", "Input", "image", {"shape": [3, 64, 64]}, (0.0, 0.0))]
    for index in range(1, size - 1):
        type_name = ("Conv2d", "BatchNorm2d", "ReLU")[index % 3]
        params = {"padding": 1} if type_name == "Conv2d" else {}
        place = (float(index % COLUMNS * COLUMN), float(index // COLUMNS * ROW))
        nodes.append(Node(f"n{index}", type_name, f"{CATALOG[type_name].stem}{index}", params, place))
    last = size - 1
    place = (float(last % COLUMNS * COLUMN), float(last // COLUMNS * ROW))
    nodes.append(Node(f"n{last}", "Output", "output", {}, place))
    edges = [Edge(PortRef(f"n{i}", "out"), PortRef(f"n{i + 1}", "in")) for i in range(size - 1)]
    return Project(graph=Graph(nodes, edges))


def _netloom(size: int, theme: Any) -> dict[str, float]:
    from PySide6.QtCore import QPoint, QPointF, Qt

    from builder.canvas.gestures import Move
    from builder.canvas.view import CanvasView
    from builder.session import Session
    from graph.document import Document
    from graph.edits import SetParams

    session = Session(Document(_project(size)))
    start = perf_counter()
    view = CanvasView(session, theme)
    built = (perf_counter() - start) * 1e3
    _show(view)
    view.fit_all()
    figures = {"build": round(built, 1), "repaint all": _timed(view.viewport().repaint)}
    filters = iter(range(33, 10_000))

    def edit(node_id: str) -> None:
        session.apply(SetParams(node_id, {"out_channels": next(filters)}))
        view.viewport().repaint()

    figures["edit, all visible"] = _timed(lambda: edit(f"n{size // 2 // 3 * 3}"))
    figures["edit first, all visible"] = _timed(lambda: edit("n3"))
    session.select(["n30"])
    move = Move(view.graph_scene, session, view.graph_scene.nodes["n30"].pos(), QPointF())
    steps = iter(range(1, 10_000))
    figures["drag, all visible"] = _timed(lambda: _step(lambda: move.move(QPointF(16.0 * next(steps), 8.0))))
    move.cancel()
    view.zoom_by(1 / view.zoom)
    view.centerOn(view.graph_scene.nodes["n30"].area.center())
    figures["repaint 1:1"] = _timed(view.viewport().repaint)
    figures["pan 1:1"] = _timed(lambda: _step(lambda: view.pan_by(QPoint(-7, -5))))
    figures["edit 1:1"] = _timed(lambda: edit("n3"))
    view.zoom_by(0.6)
    figures["repaint cards 0.6"] = _timed(view.viewport().repaint)
    view.hide()
    view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    view.close()
    return figures


def _bare(size: int) -> dict[str, float]:
    """As many rounded rectangles, texts and curves, drawn by Qt alone and with nothing behind them."""
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QPainter, QPainterPath
    from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

    start = perf_counter()
    scene = QGraphicsScene()
    for index in range(size):
        x, y = index % COLUMNS * COLUMN, index // COLUMNS * ROW
        card, curve = QPainterPath(), QPainterPath()
        card.addRoundedRect(QRectF(x, y, 152, 88), 7, 7)
        scene.addPath(card, brush=Qt.GlobalColor.white)
        scene.addSimpleText(f"conv{index}").setPos(x + 12, y + 8)
        curve.moveTo(x + 152, y + 76)
        curve.cubicTo(x + 184, y + 76, x + 192, y + 76, x + COLUMN, y + 76)
        scene.addPath(curve)
    view = QGraphicsView(scene)
    view.setRenderHint(QPainter.RenderHint.Antialiasing)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    built = (perf_counter() - start) * 1e3
    _show(view)
    view.fitInView(scene.itemsBoundingRect(), Qt.AspectRatioMode.KeepAspectRatio)
    figures = {"build": round(built, 1), "repaint all": _timed(view.viewport().repaint)}
    view.resetTransform()
    view.centerOn(5 * COLUMN, ROW)
    figures["repaint 1:1"] = _timed(view.viewport().repaint)
    bars = view.horizontalScrollBar(), view.verticalScrollBar()

    def pan() -> None:
        for bar, by in zip(bars, (7, 5), strict=True):
            bar.setValue(bar.value() + by)

    figures["pan 1:1"] = _timed(lambda: _step(pan))
    view.scale(0.6, 0.6)
    figures["repaint cards 0.6"] = _timed(view.viewport().repaint)
    view.close()
    return figures


def _show(view: Any) -> None:
    from PySide6.QtWidgets import QApplication

    view.resize(*VIEW)
    view.show()
    QApplication.processEvents()


def _step(change: Callable[[], None]) -> None:
    """A change, and the painting that Qt does for it by itself."""
    from PySide6.QtWidgets import QApplication

    change()
    QApplication.processEvents()


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds, the median of some rounds after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append((perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)
