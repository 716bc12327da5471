"""Opening 500 to 100,000 nodes beside bare boxes and a peer, and saving as many."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks._children import run_child
from tests.benchmarks._node_graph_qt import node_graph_qt

ROUNDS = 3
SIZES = (500, 2_000, 10_000)
LARGEST = 100_000  # nodes, opened once, with an eye on how long the window does not answer
STALLS = {
    f"longest stalls{when}": 100  # milliseconds
    for when in ("", " in place of another", " while it is saved", " while its window is closed")
}
LIMITS = {"2000": {"open": 500}, "10000": {"open": 2000}, f"{LARGEST}": STALLS}

CODE = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView
from shiboken6 import delete
from builder.app import make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from graph.catalog import CATALOG
from graph.document import Edge, Graph, Node, PortRef, Project
from graph.storage import load, save

size, path = int(sys.argv[2]), Path("long.netloom")
nodes = [Node("n0", "Input", "image", {"shape": [3, 64, 64]}, (0.0, 0.0))]
for index in range(1, size):
    name = ("Conv2d", "BatchNorm2d", "ReLU")[index % 3] if index < size - 1 else "Output"
    params = {"padding": 1} if name == "Conv2d" else {}
    nodes.append(Node(f"n{index}", name, f"layer{index}", params, (index % 25 * 224.0, index // 25 * 160.0)))
edges = [Edge(PortRef(f"n{index}", "out"), PortRef(f"n{index + 1}", "in")) for index in range(size - 1)]
save(Project("Long", Graph(nodes, edges)), path)

app = make_application()
window = MainWindow(ThemeManager(app, "light"), QSettings())
window.loader.start = lambda: None
window.resize(1600, 1000)
window.show()
window.workspace  # which is made once the welcome page is seen
app.processEvents()

def painted(widget):
    app.processEvents()
    widget.repaint()

figures = {}
start = time.perf_counter()
window.files.open_project(path)
painted(window.canvas.viewport())
figures["open"] = time.perf_counter() - start
assert not window.session.errors
start = time.perf_counter()
load(path)
figures["of that, read and check the file"] = time.perf_counter() - start
start = time.perf_counter()
window.session.inference.rebuild()
figures["of that, shapes"] = time.perf_counter() - start

start = time.perf_counter()
content = json.loads(path.read_text())
scene = QGraphicsScene()
for node in content["graph"]["nodes"]:
    x, y = node["position"]
    scene.addRect(x, y, 152, 88)
    scene.addSimpleText(node["name"]).setPos(x + 8, y + 8)
for edge in content["graph"]["edges"]:
    scene.addLine(0, 0, 224, 0)
view = QGraphicsView(scene)
view.resize(1200, 600)
view.show()
view.fitInView(scene.itemsBoundingRect())
painted(view.viewport())
figures["floor"] = time.perf_counter() - start
window.close()
delete(view)
delete(window)
print(json.dumps(figures))
"""


LATENESS = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QSettings, Qt, QTimer
from builder.app import make_application
from builder.main_window import MainWindow
from builder.theme import ThemeManager
from graph.edits import MoveNodes
from graph.storage import save
from tests.benchmarks.canvas import _project

path = Path("large.netloom")
save(_project(int(sys.argv[2])), path)
app = make_application()
window = MainWindow(ThemeManager(app, "light"), QSettings())
window.loader.start = lambda: None
window.resize(1600, 1000)
window.show()
window.workspace
late, last = [], [0.0]

def tick():
    now = time.perf_counter()
    late.append(now - last[0])
    last[0] = now

def longest():
    three = sorted(late)[:-4:-1]
    late.clear()
    return three

timer = QTimer(interval=4, timerType=Qt.TimerType.PreciseTimer)
timer.timeout.connect(tick)

def rest(seconds=0.5):
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or window.canvas.graph_scene.is_loading:
        app.processEvents()

rest()  # the welcome page has its templates
timer.start()
start = last[0] = time.perf_counter()
window.files.open_project(path)
shown = time.perf_counter() - start
while window.canvas.graph_scene.is_loading:
    app.processEvents()
placed = time.perf_counter() - start
rest()
figures = {"open": shown, "all placed": placed, "longest stalls": longest()}
second = path.with_name("second.netloom")
save(window.session.project, second)
last[0] = time.perf_counter()
window.files.open_project(second)
rest()
figures["longest stalls in place of another"] = longest()
first = next(iter(window.session.graph.nodes))
window.session.apply(MoveNodes({first: (-500.0, 0.0)}))
last[0] = start = time.perf_counter()
window.files.save_project()
figures["save"] = time.perf_counter() - start
figures["longest stalls while it is saved"] = longest()
window.delete_when_closed()
last[0] = time.perf_counter()
window.close()
until = time.perf_counter() + 1
while time.perf_counter() < until:
    app.processEvents()
figures["longest stalls while its window is closed"] = longest()
print(json.dumps(figures))
"""


def run() -> dict[str, Any]:
    """Milliseconds, medians, the window being open already."""
    figures, floors, ratios = {}, {}, {}
    for size in SIZES:
        rounds = [run_child(CODE, str(size)) for _ in range(ROUNDS)]
        figures[f"{size}"] = {name: round(1e3 * median(r[name] for r in rounds), 1) for name in rounds[0]}
        floor = floors[f"{size}"] = figures[f"{size}"].pop("floor")
        ratios[f"{size}"] = round(figures[f"{size}"]["open"] / floor, 1)
    large = run_child(LATENESS, str(LARGEST))
    figures[f"{LARGEST}"] = {
        name: [round(1e3 * each) for each in value] if isinstance(value, list) else round(1e3 * value)
        for name, value in large.items()
    }
    bare: dict[str, Any] = {"JSON parsed and drawn as bare boxes": floors}
    peers = {**bare, "NodeGraphQt": node_graph_qt()}
    return {"figures": figures, "limits": LIMITS, "peers": peers, "ratios": ratios}
