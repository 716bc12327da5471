"""Runs the design rules inside blocks, each looked into at one of its instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graph.block_edits import InBlock
from graph.catalog.code import BlockCode
from graph.document import Graph, Project
from graph.inference import Inference
from graph.lint.check import lint
from graph.lint.context import LintContext
from graph.problems import Fix, Problem
from graph.silence import is_silenced


def lint_blocks(project: Project, inference: Inference) -> list[Problem]:
    """What the design rules find inside blocks, told at the first instance that leads there.

    Fixes change the block, and so all instances. What is silenced inside the block, or at that instance,
    is left out.

    Args:
        project: read, never written.
        inference: of its main graph.
    """
    graph, seen = project.graph_of(None), set[str]()
    found: list[Problem] = []
    for node_id in graph.nodes:
        for block, problem in _inside(project, graph, inference, node_id, seen):
            told = replace(_told_outside(block, problem), node=node_id)
            found += [] if is_silenced(graph, told) else [told]
    return found


def _inside(
    project: Project, graph: Graph, inference: Inference, node_id: str, seen: set[str]
) -> Iterator[tuple[str, Problem]]:
    """Findings inside an instance, each with its block; none where its block was looked into before."""
    block, result = graph.nodes[node_id].type, inference.result(node_id)
    spec = graph.catalog.get(block)
    if spec is None or not isinstance(spec.code, BlockCode) or result.params is None or block in seen:
        return
    if result.passes is not None:
        return
    seen.add(block)
    inner, body = project.blocks[block].graph, spec.code.bodies(result.call())[0].inference
    yield from ((block, problem) for problem in lint(LintContext(inner, body)))
    for inner_id in inner.nodes:
        yield from _inside(project, inner, body, inner_id, seen)


def _told_outside(block: str, problem: Problem) -> Problem:
    """A finding inside a block with its place and its fixes as seen from outside."""
    fixes = tuple(Fix(fix.label, tuple(InBlock(block, edit) for edit in fix.edits)) for fix in problem.fixes)
    return replace(problem, port=None, param=None, message=f"{block}, {problem.message}", fixes=fixes)
