"""NodeGraphQt, the node editor most used with Qt for Python, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks._environment import installed, reason, run

SIZES = (500, 2_000)  # nodes; at 10,000 it takes minutes
PACKAGES = ("NodeGraphQt==0.6.44", "PySide6-Essentials>=6.8,<6.12", "setuptools<81")
MOST = 60  # seconds for each size, of which 2,000 nodes take about 45

CODE = """\
import json, os, statistics, sys, time
from PySide6.QtWidgets import QApplication
from NodeGraphQt import BaseNode, NodeGraph

class Layer(BaseNode):
    __identifier__, NODE_NAME = "netloom.bench", "Layer"
    def __init__(self):
        super().__init__()
        self.add_input("in")
        self.add_output("out")

def spread(work, rounds=25):
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    return [round(statistics.median(times), 2), round(times[int(0.95 * rounds)], 2)]

size, app = int(sys.argv[1]), QApplication([])
drawn = NodeGraph()
drawn.register_node(Layer)
nodes = []
for index in range(size):
    place = [index % 25 * 224.0, index // 25 * 160.0]
    name = f"layer{index}"
    nodes.append(drawn.create_node("netloom.bench.Layer", name, selected=False, pos=place, push_undo=False))
for before, after in zip(nodes, nodes[1:]):
    before.output(0).connect_to(after.input(0), push_undo=False, emit_signal=False)
drawn.save_session("peer.json")

graph = NodeGraph()
graph.register_node(Layer)
viewer = graph.viewer()
viewer.resize(1600, 1000)
viewer.show()
app.processEvents()
start = time.perf_counter()
graph.load_session("peer.json")
graph.fit_to_selection()  # without a selection to all
app.processEvents()
viewer.viewport().repaint()
figures = {"open": round(1e3 * (time.perf_counter() - start), 1)}
figures["repaint all"] = spread(viewer.viewport().repaint)
viewer.reset_zoom()
bars = viewer.horizontalScrollBar(), viewer.verticalScrollBar()
def pan():
    viewer._set_viewer_pan(-7, -5)
    app.processEvents()
def drag():
    item = graph.all_nodes()[0].view
    item.xy_pos = [item.xy_pos[0] + 8.0, item.xy_pos[1]]
    app.processEvents()
viewer.center_selection([graph.all_nodes()[0].view])
app.processEvents()
figures["pan 1:1"] = spread(pan)
viewer.center_selection([graph.all_nodes()[0].view])
figures["drag 1:1"] = spread(drag)
print(json.dumps(figures))
sys.stdout.flush()
os._exit(0)  # taking it down takes longer than all of this
"""


def node_graph_qt() -> dict[str, Any]:
    """Milliseconds by size: opening, then median and 95th percentile of repaints, pans and drags.

    Where it cannot be had, the reason.
    """
    try:
        python = installed("node-graph-qt", PACKAGES)
        return {f"{size}": _measured(python, size) for size in SIZES}
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return {"not measured": reason(error)}


def _measured(python: Path, size: int) -> dict[str, Any]:
    """The figures of a size, or that they took too long to wait for."""
    with tempfile.TemporaryDirectory(prefix="netloom-bench-") as folder:
        try:
            answer = run([str(python), "-c", CODE, str(size)], Path(folder), MOST)
        except subprocess.TimeoutExpired:
            return {"not measured": f"it took longer than {MOST} s"}
    return dict(json.loads(answer.splitlines()[-1]))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(node_graph_qt()) + "\n")
