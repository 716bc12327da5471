"""Names and texts edited in their place on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFont

from builder.canvas.annotation_layer import TITLE_HEIGHT
from builder.canvas.inline_name import InlineName
from builder.canvas.note_editor import NoteEditor
from builder.canvas.ports import CARD_WIDTH
from builder.session import Session
from builder.texts import tr, tr_made
from graph.annotation_edits import SetFrame, SetNote
from graph.annotations import MAX_TITLE_LENGTH
from graph.document import Edit, EditError
from graph.edits import MAX_NAME_LENGTH, RenameNode

if TYPE_CHECKING:
    from builder.canvas.view import CanvasView

NAME_HEIGHT = 28  # pixels of the field that renames


class TextFields(QObject):
    """The fields that open over a node's name, a frame's title, or a note.

    Args:
        canvas: where they open.
        session: what is edited.
    """

    def __init__(self, canvas: CanvasView, session: Session) -> None:
        super().__init__(canvas)
        self._canvas, self._session = canvas, session
        self.name, self.note = InlineName(canvas), NoteEditor(canvas)
        self.name.entered.connect(self._rename)
        self.name.cancelled.connect(self._call_off)
        self.note.entered.connect(self._write)

    def edit(self, item_id: str) -> None:
        """Opens the field of a node, a frame or a note, which is brought into sight."""
        graph, scene = self._session.graph, self._canvas.graph_scene
        self._canvas.reveal(item_id)
        place = self._on_view(scene.bounds([item_id]))
        if item_id in graph.notes:
            font = QFont(scene.style_.fonts["note"])
            font.setPixelSize(max(round(font.pixelSize() * self._canvas.zoom), font.pixelSize()))
            self.note.edit(item_id, graph.notes[item_id].text, place, font)
            return
        is_frame = item_id in graph.frames
        text = graph.frames[item_id].title if is_frame else graph.nodes[item_id].name
        height = max(round(TITLE_HEIGHT * self._canvas.zoom), NAME_HEIGHT) if is_frame else NAME_HEIGHT
        self.name.setMaxLength(MAX_TITLE_LENGTH if is_frame else MAX_NAME_LENGTH)
        self.name.setPlaceholderText(tr("Title of the frame") if is_frame else "")
        size = QSize(max(place.width(), CARD_WIDTH), height)
        self.name.edit(item_id, text, QRect(place.topLeft(), size))

    def leave(self) -> None:
        """Closes whatever is open, without a word."""
        self._canvas.note.hide()
        self.name.leave()
        self.note.leave()

    def _on_view(self, area: QRectF) -> QRect:
        return self._canvas.mapFromScene(area).boundingRect()

    @Slot(str, str)
    def _rename(self, item_id: str, text: str) -> None:
        graph = self._session.graph
        edit: Edit | None = None
        if item_id in graph.nodes and text.strip() != graph.nodes[item_id].name:
            edit = RenameNode(item_id, text)
        elif item_id in graph.frames and text.strip() != graph.frames[item_id].title:
            edit = SetFrame(item_id, title=text.strip())
        if edit is not None and (reason := self._refusal(edit)):
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)  # what was typed stays to be mended
            self._canvas.note.tell((reason,), self.name.geometry().bottomLeft(), "error-card")
            return
        self._canvas.note.hide()
        self.name.leave()
        self._take_focus()

    def _refusal(self, edit: Edit) -> str:
        """Makes an edit; why it was refused, or nothing."""
        try:
            self._session.submit(edit)
        except EditError as error:
            reason = tr_made(str(error))
            self._session.message.emit(reason)
            return reason
        return ""

    @Slot(str, str)
    def _write(self, note_id: str, text: str) -> None:
        note = self._session.graph.notes.get(note_id)
        if note is not None and text != note.text:
            self._session.apply(SetNote(note_id, text=text))
        self._take_focus()

    @Slot()
    def _call_off(self) -> None:
        self._canvas.note.hide()
        self._take_focus()

    @Slot()
    def _take_focus(self) -> None:
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
