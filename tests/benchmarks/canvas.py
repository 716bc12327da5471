"""The canvas at 500 to 100,000 nodes, beside a bare graphics scene of the same size."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from itertools import count, cycle
from time import perf_counter
from typing import Any

from tests.benchmarks._node_graph_qt import node_graph_qt

SIZES = (500, 2_000, 10_000, 100_000)
BARE = 10_000  # nodes, beyond which a bare scene takes minutes
EDITED = (500, 2_000, 100_000)  # nodes, with which edits are measured
LIMITS = {"edit": 100, "longest turn after it": 100, "1,000 nodes in a graph of 2,000": 200}  # milliseconds
MANY = 1_000  # nodes removed and pasted at once
VIEW = (1600, 1000)  # pixels
REST = 400  # milliseconds
COLUMN, ROW = 224, 160
ROUNDS = 25


def run() -> dict[str, Any]:
    """Milliseconds; where there are two, the median and the 95th percentile of the rounds."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from builder.theme import ThemeManager

    app = QApplication.instance() or QApplication([])
    theme = ThemeManager(app, "light").theme
    figures, peers = {}, {}
    for size in SIZES:
        figures[f"{size}"] = _netloom(size, theme)
        if size <= BARE:
            peers[f"{size}"] = _bare(size)
    ratios = {
        size: {
            "build": round(figures[size]["build"] / bare["build"], 2),
            "repaint all anew": round(
                figures[size]["all visible"]["repaint anew"][0] / bare["repaint all"], 2
            ),
            "pan 1:1": round(figures[size]["zoom 1.0"]["pan"][0] / bare["pan 1:1"], 2),
        }
        for size, bare in peers.items()
    }
    others = {"bare scene": peers, "NodeGraphQt": node_graph_qt()}
    return {"figures": figures, "limits": LIMITS, "peers": others, "ratios": ratios}


def _project(size: int) -> Any:
    """A long network of convolutions, norms and activations, in rows."""
    from graph.catalog import CATALOG
    from graph.document import Edge, Graph, Node, PortRef, Project

    columns = _columns(size)
    nodes = [Node("n0", "Input", "image", {"shape": [3, 64, 64]}, (0.0, 0.0))]
    for index in range(1, size - 1):
        type_name = ("Conv2d", "BatchNorm2d", "ReLU")[index % 3]
        params = {"padding": 1} if type_name == "Conv2d" else {}
        place = (float(index % columns * COLUMN), float(index // columns * ROW))
        nodes.append(Node(f"n{index}", type_name, f"{CATALOG[type_name].stem}{index}", params, place))
    last = size - 1
    place = (float(last % columns * COLUMN), float(last // columns * ROW))
    nodes.append(Node(f"n{last}", "Output", "output", {}, place))
    edges = [Edge(PortRef(f"n{i}", "out"), PortRef(f"n{i + 1}", "in")) for i in range(size - 1)]
    return Project(graph=Graph(nodes, edges))


def _netloom(size: int, theme: Any) -> dict[str, Any]:
    from PySide6.QtCore import Qt

    from builder.canvas.view import CanvasView
    from builder.session import Session
    from graph.document import Document

    session = Session(Document(_project(size)))
    start = perf_counter()
    view = CanvasView(session, theme)
    built = (perf_counter() - start) * 1e3
    _show(view)
    _settle(view)
    view.fit_all()
    _settle(view)
    figures: dict[str, Any] = {"build": round(built, 1), "all visible": _at_this_zoom(view, session)}
    if size in EDITED:
        figures["all visible"] |= _edits(view, session, size)
    for zoom in (1.0, 0.6, 0.3):
        view.zoom_by(zoom / view.zoom)
        view.centerOn(view.graph_scene.bounds().center())
        _settle(view)
        figures[f"zoom {zoom}"] = _at_this_zoom(view, session)
    view.hide()
    view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    view.close()
    return figures


def _at_this_zoom(view: Any, session: Any) -> dict[str, Any]:
    """Repaints with and without anything kept; steps of a pan, a zoom and a drag with what Qt then does."""
    from PySide6.QtCore import QPoint, QPointF

    from builder.canvas.gestures import Move

    def anew() -> None:
        view.content_changed()
        view.viewport().repaint()

    turns = cycle((1.1, 1 / 1.1))
    steps = count(1)
    figures = {"repaint anew": _spread(anew)}
    _settle(view)
    figures["repaint"] = _spread(view.viewport().repaint)
    figures["pan"] = _spread(lambda: _step(lambda: view.pan_by(QPoint(-7, -5))))
    _settle(view)
    figures["zoom"] = _spread(lambda: _step(lambda: view.zoom_by(next(turns))))
    _settle(view)
    seen = view.graph_scene.nodes_in(view.visible_area)
    dragged = seen[len(seen) // 2]
    session.select([dragged])
    move = Move(view.graph_scene, session, view.graph_scene.nodes[dragged].pos(), QPointF(), lambda *_: None)
    figures["drag"] = _spread(lambda: _step(lambda: move.move(QPointF(8.0 * next(steps), 8.0))))
    move.cancel()
    return figures


def _edits(view: Any, session: Any, size: int) -> dict[str, Any]:
    """An edit until its shapes are seen; and the removal of many nodes, its undo, and their paste.

    Of these last ones also the longest turn of the event loop until all that follows from them is known.
    """
    import graph.schema  # noqa: F401  which the window loads behind its start
    from builder.canvas import clipboard
    from graph.edits import RemoveNodes, SetParams

    filters = count(33)

    def edit(node_id: str) -> None:
        session.apply(SetParams(node_id, {"out_channels": next(filters)}))
        view.viewport().repaint()

    figures: dict[str, Any] = {"edit": _spread(lambda: edit(f"n{size // 2 // 3 * 3}"))}
    figures["longest turn after an edit"] = _longest_turn(view, session)
    if size <= BARE:
        figures["edit first"] = _spread(lambda: edit("n3"))
    many = list(session.graph.nodes)[1 : 1 + min(MANY, size // 2)]
    session.select(many)
    clipboard.copy(session)
    for name, work in (
        (f"delete {len(many)}", lambda: session.apply(RemoveNodes(tuple(many)))),
        (f"undo that of {len(many)}", session.undo),
        (f"paste {len(many)}", view.paste),
        (f"undo the paste of {len(many)}", session.undo),
    ):
        start = perf_counter()
        _step(work)
        figures[name] = round((perf_counter() - start) * 1e3, 1)
        figures[f"longest turn after {name}"] = _longest_turn(view, session)
    return figures


def _longest_turn(view: Any, session: Any) -> float:
    """Milliseconds of the longest turn of the event loop until an edit is followed everywhere."""
    from PySide6.QtCore import QEventLoop, QTimer

    times, last = [0.0], [perf_counter()]

    def note() -> None:
        times.append(perf_counter() - last[0])
        last[0] = perf_counter()
        if not (session.checking.is_due or view.graph_scene.is_loading):
            loop.quit()

    loop, clock = QEventLoop(), QTimer(interval=0)
    clock.timeout.connect(note)
    clock.start()
    loop.exec()
    return round(max(times) * 1e3, 1)


def _bare(size: int) -> dict[str, float]:
    """As many rounded rectangles, texts and curves, drawn by Qt alone and with nothing behind them."""
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QPainter, QPainterPath
    from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

    columns = _columns(size)
    start = perf_counter()
    scene = QGraphicsScene()
    for index in range(size):
        x, y = index % columns * COLUMN, index // columns * ROW
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
    return _spread(work)[0]


def _spread(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds, the median and the 95th percentile of some rounds after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append((perf_counter() - start) * 1e3)
    times.sort()
    return round(statistics.median(times), 2), round(times[int(0.95 * len(times))], 2)


def _settle(view: Any) -> None:
    """Lets a view come to rest: everything placed, and a picture of it made."""
    from PySide6.QtCore import QEventLoop, QTimer

    while view.graph_scene.is_loading:
        _step(lambda: None)
    loop = QEventLoop()
    QTimer.singleShot(REST, loop.quit)
    loop.exec()


def _columns(size: int) -> int:
    """As many as make the whole about as wide as it is high."""
    return max(25, round((size * ROW / COLUMN) ** 0.5))
