"""The clipboard: layers as the text of a project, across windows and into any editor."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from builder.canvas.placement import copies, snapped
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID
from graph.block_edits import AddBlock
from graph.document import Block, Graph, Position, Project
from graph.edits import Batch
from graph.frame_contents import piece, with_contents
from graph.storage import StorageError, fragment_to_json, from_bytes, to_bytes

CASCADE = 4 * GRID  # canvas units between pastes at one place


def copy(session: Session) -> bool:
    """Puts the selected layers and the edges among them on the clipboard; False if none is selected."""
    if not session.all_selected:
        session.message.emit(tr("Select what to copy first."))
        return False
    fragment = _selected_piece(session)
    QGuiApplication.clipboard().setText(fragment_to_json(fragment, session.project.blocks))
    return True


def paste(session: Session, centre: QPointF) -> None:
    """Adds the layers on the clipboard around a scene position, and selects them."""
    text = QGuiApplication.clipboard().text()
    try:
        project = from_bytes(text.encode(errors="surrogatepass"))
    except (StorageError, UnicodeError):
        session.message.emit(tr("The clipboard holds no layers. Copy some first."))
        return
    fragment = project.graph
    if not (fragment.nodes or fragment.frames or fragment.notes):
        session.message.emit(tr("The clipboard holds a project without layers."))
        return
    left, top, right, bottom = _extent(fragment)
    shift = snapped((centre.x() - (left + right) / 2, centre.y() - (top + bottom) / 2))
    _add(session, fragment, _clear_of(session.graph, fragment, shift), project.blocks)


def duplicate(session: Session, below: float) -> None:
    """Adds a copy of the selected layers below them, and selects it.

    Args:
        session: what is edited.
        below: height of the selection, in canvas units.
    """
    if not session.all_selected:
        session.message.emit(tr("Select what to duplicate first."))
        return
    fragment = _selected_piece(session)
    _add(session, fragment, _clear_of(session.graph, fragment, snapped((0, below + 3 * GRID))), {})


def _selected_piece(session: Session) -> Graph:
    """What is selected, with what stands in frames."""
    return piece(session.graph, with_contents(session.graph, session.all_selected))


def _add(session: Session, fragment: Graph, shift: Position, blocks: Mapping[str, Block]) -> None:
    """Adds layers, and of the blocks they may be of those that the project has not got."""
    known = dict(session.project.blocks)
    edit, ids = copies(session.graph, fragment, shift)
    new = [AddBlock(block) for name, block in blocks.items() if name not in known]
    if session.apply(Batch(edit.label, [*new, edit]) if new else edit):
        session.select(ids)
        others = [name for name, block in blocks.items() if name in known and not _same(known[name], block)]
        if others:
            session.message.emit(
                tr("{names} is not the same block here as where it was copied.", names=", ".join(others))
            )


def _same(one: Block, other: Block) -> bool:
    """Whether two blocks of one name would be saved alike."""
    texts = (
        to_bytes(Project(blocks={each.name: each.with_(graph=each.graph.copy())})) for each in (one, other)
    )
    return next(texts) == next(texts)


def _extent(fragment: Graph) -> tuple[float, float, float, float]:
    shelves = (fragment.nodes, fragment.frames, fragment.notes)
    xs, ys = zip(*(each.position for shelf in shelves for each in shelf.values()), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _clear_of(graph: Graph, fragment: Graph, shift: Position) -> Position:
    """The shift, or the next one down the diagonal where no copy hides a card exactly."""
    x, y = shift
    places = {(node.position[0] + x, node.position[1] + y) for node in fragment.nodes.values()}
    if places.isdisjoint(map(attrgetter("position"), graph.nodes.values())):
        return shift
    taken = {node.position for node in graph.nodes.values()}
    while any((node.position[0] + x, node.position[1] + y) in taken for node in fragment.nodes.values()):
        x, y = x + CASCADE, y + CASCADE
    return (x, y)
