"""Random edits of a project with blocks: most suit it, some do not."""

from __future__ import annotations

from hypothesis import strategies as st

from graph.block_edits import AddBlock, InBlock, RemoveBlock, RenameBlock, SetBlockParams
from graph.document import Block, BlockParam, Edit, Graph, Project
from graph.edits import AddNodes, Batch, RenameNode, SetParams
from graph.packing import Pack
from graph.replacing import ReplaceType
from graph.unpacking import Unpack
from tests.graph.block_drawings import in_a_row
from tests.graph.builders import node
from tests.graph.random_edits import Draw, random_edit

NAMES = ("Residual", "Pair", "Fresh", "Linear", "Typo", " ")
SPARE = Block("Fresh", in_a_row(("Linear", {"out_features": "=size"})), (BlockParam("size", "int", 4),))
VALUES = st.sampled_from([
    8, "=width", "=width * 2", "=2 +", "=unknown", {"each": [8, "=4 * 2"]}, {"each": []}, ["=width"], None,
])  # fmt: skip


def random_project_edit(draw: Draw, project: Project, depth: int = 1) -> Edit:
    """An edit that may or may not suit the project, of its main graph or inside a block."""
    scope = draw(st.sampled_from([None, *project.blocks]))
    graph = project.graph_of(scope)
    makers = [_inside, _inside, _set, _instance, _rename_end, _pack, _unpack, _blocks, _params]
    if draw(st.booleans()) and depth:
        edits = tuple(random_project_edit(draw, project, depth=0) for _ in range(draw(st.integers(1, 3))))
        return Batch("Several", edits)
    edit = draw(st.sampled_from(makers))(draw, project, graph)
    return edit if scope is None else InBlock(scope, edit)


def _some_id(draw: Draw, graph: Graph) -> str:
    return draw(st.sampled_from([*graph.nodes, "missing"]))


def _inside(draw: Draw, project: Project, graph: Graph) -> Edit:
    return random_edit(draw, graph)


def _set(draw: Draw, project: Project, graph: Graph) -> Edit:
    name = draw(st.sampled_from(["width", "repeat", "size", "out_features"]))
    return SetParams(_some_id(draw, graph), {name: draw(VALUES | st.integers(0, 3))})


def _instance(draw: Draw, project: Project, graph: Graph) -> Edit:
    type_name = draw(st.sampled_from(NAMES))
    if draw(st.booleans()):
        return ReplaceType(_some_id(draw, graph), type_name, {})
    new_id = next(graph.new_ids())
    return AddNodes((node(new_id, type_name, graph.new_name("block")),))


def _rename_end(draw: Draw, project: Project, graph: Graph) -> Edit:
    ends = [each.id for each in graph.nodes.values() if each.type in ("Input", "Output")]
    return RenameNode(draw(st.sampled_from(ends or ["missing"])), draw(st.sampled_from(["x", "y", "tokens"])))


def _pack(draw: Draw, project: Project, graph: Graph) -> Edit:
    chosen = draw(st.sets(st.sampled_from([*graph.nodes, "missing"]), max_size=3))
    return Pack(tuple(sorted(chosen)), draw(st.sampled_from(NAMES)))


def _unpack(draw: Draw, project: Project, graph: Graph) -> Edit:
    return Unpack(_some_id(draw, graph))


def _blocks(draw: Draw, project: Project, graph: Graph) -> Edit:
    name = draw(st.sampled_from([*project.blocks, "Nowhere"]))
    return draw(
        st.sampled_from(
            [AddBlock(SPARE), RemoveBlock(name), RenameBlock(name, "Other"), RenameBlock(name, "Typo")]
        )
    )


def _params(draw: Draw, project: Project, graph: Graph) -> Edit:
    name = draw(st.sampled_from([*project.blocks, "Nowhere"]))
    params = draw(
        st.sampled_from([
            (),
            (BlockParam("width", "int", 4),),
            (BlockParam("width", "str", "x"),),
            (BlockParam("size", "float", 0.5), BlockParam("width", "int", 8)),
            (BlockParam("repeat", "int", 8),),
        ])
    )  # fmt: skip
    return SetBlockParams(name, params)
