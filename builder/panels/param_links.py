"""Inside a block: a parameter of a layer takes its value from one of the block."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QMenu, QWidget

from builder.session import Session
from builder.texts import later, tr
from graph.block_edits import InBlock, SetBlockParams
from graph.block_params import REPEAT, param_faults
from graph.blocks import identifier
from graph.catalog.params import ParamSpec, Value
from graph.document import Block, BlockParam, Node
from graph.edits import Batch, SetParams
from graph.expressions import MARK

KIND_OF: Mapping[type, str] = {bool: "bool", int: "int", float: "float", str: "str"}


def link_menu(session: Session, node_id: str, name: str, parent: QWidget) -> QMenu | None:
    """What can be done with a parameter of a layer inside a block; None outside of one.

    Args:
        session: whose graph holds the layer.
        node_id: the layer.
        name: of its parameter.
        parent: owns the menu.
    """
    node = session.graph.nodes[node_id]
    spec = session.graph.catalog.get(node.type)
    param = spec.param(name) if spec else None
    if session.block is None or param is None or not param.is_computed:
        return None
    block = session.project.blocks[session.block]
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for each in block.params:
        edit = SetParams(node_id, {name: f"{MARK}{each.name}"})
        menu.addAction(tr("Take {name} of the block", name=each.name), lambda edit=edit: session.apply(edit))
    menu.addSeparator()
    new = _exposed(block, param, _value(session, node, param))
    action = menu.addAction(tr("Make it a parameter of the block"))
    action.setEnabled(new is not None)
    action.setToolTip(tr("Every instance can then set it") if new else tr("It has no single value yet"))
    if new is not None:
        action.triggered.connect(lambda: _expose(session, block, new, node_id, name))
    return menu


def _expose(session: Session, block: Block, new: BlockParam, node_id: str, name: str) -> None:
    edits = [
        SetBlockParams(block.name, (*block.params, new)),
        InBlock(block.name, SetParams(node_id, {name: f"{MARK}{new.name}"})),
    ]
    session.apply_to_project(Batch(later(f"Make {new.name} a parameter of {block.name}"), edits))


def _value(session: Session, node: Node, param: ParamSpec) -> Value:
    """What the parameter is now, also where it is left out."""
    known = session.result(node.id).params
    if known is not None and param.inferred is None:
        return known[param.name]
    return node.params.get(param.name, param.default)


def _exposed(block: Block, param: ParamSpec, value: Value) -> BlockParam | None:
    """The parameter that the block gets; None for a value that none can have."""
    kind = KIND_OF.get(type(value))
    if kind is None:
        return None
    taken = {each.name for each in block.params} | {REPEAT}
    stem = identifier(param.name, "value")
    names = (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3)))
    new = BlockParam(next(name for name in names if name not in taken), kind, value, param.help)
    return None if any(param_faults([new])) else new
