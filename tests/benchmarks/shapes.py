"""From an edit to new shapes in networks of like and unlike layers, beside torch's own shape computation."""

from __future__ import annotations

from typing import Any

import torch

from codegen.live import build
from graph.document import Document, Graph, Project
from graph.edits import RemoveNodes, SetParams
from graph.inference import Inference
from tests.benchmarks._children import run_child
from tests.benchmarks._networks import CHANNELS, mixed, project, unlike
from tests.benchmarks._timing import best, rounded

NODES, MANY = 2_000, 20_000
IMPORT = """
import json, time
start = time.perf_counter()
import MODULE
print(json.dumps({"ms": (time.perf_counter() - start) * 1e3}))
"""


def run() -> dict[str, Any]:
    """Milliseconds, and how often the peers' time they take; per node for both sizes."""
    figures, many = _figures(NODES, 15), _figures(MANY, 3)
    figures["import_graph_ms"] = _imported("graph.inference, graph.edits, graph.storage")
    peers = _peers()
    ratios = {
        "whole_vs_torch_build": figures["whole_ms"] / peers["torch_meta_build_ms"],
        "edit_at_root_vs_torch_forward": figures["edit_at_root_ms"] / peers["torch_meta_forward_ms"],
        "edit_at_root_vs_bare_walk": figures["edit_at_root_ms"] / peers["bare_walk_ms"],
        "import_vs_json_and_typing": figures["import_graph_ms"] / peers["import_json_and_typing_ms"],
        **{f"{name}_per_node_{MANY}_vs_{NODES}": many[name] / figures[name] * NODES / MANY for name in many},
    }
    return {
        "figures": {"nodes": NODES, **rounded(figures)},
        "peers": rounded(peers),
        "ratios": rounded(ratios),
    }


def _figures(num_nodes: int, rounds: int) -> dict[str, float]:
    document = Document(project(num_nodes))
    inference = Inference(document.graph)
    leaf, strangers = f"n{num_nodes - 1}", Document(Project("Unlike", unlike(num_nodes)))
    unlike_inference = Inference(strangers.graph)

    def followed(edit: Any) -> None:
        inference.update(document.apply(edit))

    def enlarged(number: int) -> SetParams:
        return SetParams("n1", {"shape": [CHANNELS, 65 + number, 64]})

    return {
        "whole_ms": best(lambda number: Inference(document.graph), rounds),
        "whole_of_unlike_layers_ms": best(lambda number: Inference(strangers.graph), rounds),
        "edit_at_root_ms": best(lambda number: followed(enlarged(number)), rounds),
        "edit_at_root_of_unlike_layers_ms": best(
            lambda number: unlike_inference.update(strangers.apply(enlarged(number))), rounds
        ),
        "edit_at_leaf_ms": best(lambda number: followed(SetParams(leaf, {"p": 0.1 + number / 100})), rounds),
        "edit_of_structure_ms": best(
            lambda number: followed(RemoveNodes((f"n{num_nodes - 2 - number}",))), rounds
        ),
        "problems_ms": best(lambda number: inference.problems(), rounds),
    }


def _peers() -> dict[str, float]:
    """The same network built and run by torch without numbers, and every node visited once for nothing."""
    live = build(project(NODES), device="meta")
    batch = torch.empty(2, CHANNELS, 64, 64, device="meta")
    graph = mixed(NODES)
    return {
        "torch_meta_build_ms": best(lambda number: type(live.module)(), 3),
        "torch_meta_forward_ms": best(lambda number: live.module(batch), 3),
        "bare_walk_ms": best(lambda number: _walk(graph)),
        "import_json_and_typing_ms": _imported("json, typing, dataclasses, re, collections.abc"),
    }


def _walk(graph: Graph) -> int:
    """The floor: every node visited once along its edges, nothing computed."""
    return len(graph.reachable("n1"))


def _imported(modules: str) -> float:
    return min(float(run_child(IMPORT.replace("MODULE", modules))["ms"]) for _ in range(5))
