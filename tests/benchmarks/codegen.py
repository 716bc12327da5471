"""From a network of many branches to its source, beside what Python needs to read and write such text."""

from __future__ import annotations

import ast
from typing import Any

from codegen.source import generate
from graph.inference import Inference
from tests.benchmarks._networks import project
from tests.benchmarks._timing import best, rounded

NODES, MANY = 2_000, 20_000


def run() -> dict[str, Any]:
    """Milliseconds, and how often the peers' time they take; per node for both sizes."""
    small, large = project(NODES), project(MANY)
    figures = {"source_ms": best(lambda number: generate(small), 9)}
    many = best(lambda number: generate(large), 2)
    text = generate(small).text
    tree = ast.parse(text)
    peers = {
        "shapes_ms": best(lambda number: Inference(small.graph), 9),
        "python_parses_the_text_ms": best(lambda number: ast.parse(text)),
        "python_writes_the_tree_ms": best(lambda number: ast.unparse(tree)),
    }
    ratios = {
        "source_vs_shapes": figures["source_ms"] / peers["shapes_ms"],
        "source_vs_parse_and_unparse": figures["source_ms"]
        / (peers["python_parses_the_text_ms"] + peers["python_writes_the_tree_ms"]),
        f"source_per_node_{MANY}_vs_{NODES}": many / figures["source_ms"] * NODES / MANY,
    }
    lines = {"nodes": NODES, "lines": text.count("\n")}
    return {"figures": {**lines, **rounded(figures)}, "peers": rounded(peers), "ratios": rounded(ratios)}
