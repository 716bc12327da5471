"""Frames and notes as they are drawn and hit: frames below everything, notes below the cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTextOption

from builder.canvas.grid_index import Box, overlap, united
from builder.canvas.style import CORNER, DETAIL_SCALE, mixed
from builder.texts import tr
from graph.annotations import Frame
from graph.document import Note, Position

if TYPE_CHECKING:
    from builder.canvas.scene import CanvasScene

TITLE_HEIGHT = 28.0  # canvas units of the bar that a frame is moved by
HANDLE = 14.0  # canvas units of the corner that a frame or note is resized by
MARGIN = 10.0
TITLE_SIZE = 13  # pixels; on the screen where the bar is too small to be read
MIN_LABELLED = 40.0  # pixels on the screen, of a frame that says its title from afar
LABEL_ROOM = 24.0  # pixels that the title of a frame stands above it from afar
AGAIN = 640.0  # pixels on the screen from a title to where it is written again, in sight of a small canvas
FILL, BAR, LINE = 0.07, 0.20, 0.55  # how much of its colour a part of a frame has
PAPER, PAPER_LINE = 0.12, 0.45

Part = Literal["body", "corner"]
Annotation = Frame | Note


@dataclass(frozen=True, slots=True)
class AnnotationHit:
    """A frame or a note under the mouse, and where it was taken."""

    id: str
    part: Part


class AnnotationLayer:
    """The frames and notes of the graph that a scene shows."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._shown: dict[str, Annotation] = {}
        self.hovered: str | None = None

    def __contains__(self, item_id: object) -> bool:
        graph = self._scene.session.graph
        return item_id in graph.frames or item_id in graph.notes

    def get(self, item_id: str) -> Annotation:
        """A frame or a note as it is shown now."""
        graph = self._scene.session.graph
        if item_id in self._shown:
            return self._shown[item_id]
        return graph.frames[item_id] if item_id in graph.frames else graph.notes[item_id]

    def show_as(self, items: Iterable[Annotation]) -> None:
        """Shows these, and no others, otherwise than the document has them."""
        self._shown = {item.id: item for item in items}

    def show_at(self, positions: Mapping[str, Position]) -> bool:
        """Likewise, where only the place is another; returns whether anything is then to be drawn anew."""
        shown = {each: at for each, at in positions.items() if each in self}
        changes, self._shown = bool(shown or self._shown), {}
        self.show_as([replace(self.get(each), position=at) for each, at in shown.items()])
        return changes

    @property
    def is_empty(self) -> bool:
        graph = self._scene.session.graph
        return not graph.frames and not graph.notes

    @property
    def ids(self) -> list[str]:
        """All of them, from the lowest to the one on top: large frames, small ones, notes."""
        graph = self._scene.session.graph
        frames = sorted(graph.frames, key=lambda each: -_area(self.get(each)))
        return [*frames, *graph.notes]

    def bounds(self, ids: Iterable[str] | None = None) -> Box | None:
        """The box around some of them, or around all."""
        return united(_box(self.get(each)) for each in (self.ids if ids is None else ids))

    def rect(self, item_id: str) -> QRectF:
        """Where one is shown, in scene coordinates."""
        item = self.get(item_id)
        return QRectF(*item.position, *item.size)

    def hit_note(self, at: QPointF, reach: float) -> AnnotationHit | None:
        """The note at a scene position; arguments as of `hit_frame`."""
        return self._hit(reversed(list(self._scene.session.graph.notes)), at, reach)

    def hit_frame(self, at: QPointF, reach: float) -> AnnotationHit | None:
        """The frame whose bar or corner is at a scene position; its inside is as empty as the canvas.

        Args:
            at: the position.
            reach: how many canvas units are enough to be met.
        """
        frames = self._scene.session.graph.frames
        return self._hit((each for each in reversed(self.ids) if each in frames), at, reach)

    def _hit(self, ids: Iterable[str], at: QPointF, reach: float) -> AnnotationHit | None:
        for item_id in ids:
            rect, item = self.rect(item_id), self.get(item_id)
            corner, bar = max(HANDLE, reach), min(max(TITLE_HEIGHT, reach), rect.height() / 2)
            if not rect.adjusted(-2, -2, 2, 2).contains(at):
                continue
            if at.x() > rect.right() - corner and at.y() > rect.bottom() - corner:
                return AnnotationHit(item_id, "corner")
            if isinstance(item, Note) or at.y() < rect.top() + bar:
                return AnnotationHit(item_id, "body")
        return None

    def touched(self, area: QRectF) -> list[str]:
        """Notes that a rectangle touches, and frames that lie in it whole."""
        notes = self._scene.session.graph.notes
        return [
            each
            for each in self.ids
            if (area.intersects(self.rect(each)) if each in notes else area.contains(self.rect(each)))
        ]

    def paint_frames(self, painter: QPainter, area: Box, scale: float) -> None:
        """Draws the frames that an area shows, in scene coordinates; edges come between them and titles."""
        for frame in self._frames_in(area, scale):
            self._paint_frame(painter, frame, scale)

    def paint_titles(self, painter: QPainter, area: Box, scale: float, *, once: bool = False) -> None:
        """Writes the titles of the frames that an area shows, upon the edges that run through them.

        Args:
            painter: with scene coordinates.
            area: where.
            scale: pixels of the screen to a canvas unit.
            once: whether long frames say theirs at the left only, as all of them is seen.
        """
        again = float("inf") if once else AGAIN / scale
        for frame in self._frames_in(area, scale):
            rect = self.rect(frame.id)
            if scale < DETAIL_SCALE:  # a bar would hold no letters: it stands above, as large as it reads
                self._paint_label(painter, frame, rect, scale, again)
            else:
                bar = QRectF(rect.topLeft(), QPointF(rect.right(), rect.top() + TITLE_HEIGHT))
                place = bar.adjusted(MARGIN, 0, -MARGIN, 0)
                font, ground = self._title_font(1.0), self._bar_color(frame)
                self._paint_title(painter, frame.title, place, font, ground, again)

    def _frames_in(self, area: Box, scale: float) -> Iterator[Frame]:
        room = LABEL_ROOM / scale
        around = (area[0] - room, area[1] - room, area[2] + room, area[3] + room)
        for item in map(self.get, self.ids if self._scene.session.graph.frames else ()):
            if isinstance(item, Frame) and overlap(_box(item), around):
                yield item

    def paint_notes(self, painter: QPainter, area: Box, scale: float) -> None:
        """Draws the notes that an area shows, in scene coordinates."""
        for item in map(self.get, self.ids):
            if isinstance(item, Note) and overlap(_box(item), area):
                self._paint_note(painter, item, scale)

    def _paint_frame(self, painter: QPainter, frame: Frame, scale: float) -> None:
        theme, rect = self._scene.style_.theme, self.rect(frame.id)
        hue, canvas = theme.color(theme.frame[frame.color]), theme.color("canvas")
        painter.setPen(self._line(frame.id, mixed(hue, canvas, LINE), scale))
        painter.setBrush(mixed(hue, canvas, FILL))
        painter.drawRoundedRect(rect, CORNER, CORNER)
        if scale < DETAIL_SCALE:
            return
        bar = QRectF(rect.topLeft(), QPointF(rect.right(), rect.top() + TITLE_HEIGHT))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._bar_color(frame))
        painter.drawRoundedRect(bar.adjusted(1, 1, -1, 0), CORNER - 1, CORNER - 1)
        self._paint_handle(painter, frame.id, rect)

    def _bar_color(self, frame: Frame) -> QColor:
        theme = self._scene.style_.theme
        return mixed(theme.color(theme.frame[frame.color]), theme.color("canvas"), BAR)

    def _paint_label(self, painter: QPainter, frame: Frame, rect: QRectF, scale: float, again: float) -> None:
        if min(rect.width(), rect.height()) * scale < MIN_LABELLED:
            return
        font = self._title_font(1 / scale)
        height = QFontMetricsF(font).height()
        place = QRectF(rect.left(), rect.top() - height - 2 / scale, rect.width(), height)
        self._paint_title(painter, frame.title, place, font, self._scene.style_.canvas, again)

    def _paint_title(
        self, painter: QPainter, text: str, place: QRectF, font: QFont, ground: QColor, again: float
    ) -> None:
        """Writes a title in one line, on a ground of its own where edges run; again and again in a long one.

        So it is read too where only the middle or the end of a frame is in sight. It stands at places of its
        own and does not follow the view: what is scrolled is shifted, not drawn anew.
        """
        metrics = QFontMetricsF(font)
        fitted = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        width, gap = metrics.horizontalAdvance(fitted), metrics.height() / 4
        painter.setFont(font)
        painter.setPen(self._scene.style_.text)
        left = place.left()
        while width and left + width <= place.right() + 1:
            here = QRectF(left, place.top(), width, place.height())
            painter.fillRect(here.adjusted(-gap, 2, gap, -2), ground)
            painter.drawText(
                here.adjusted(0, 0, gap, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                fitted,
            )
            left += max(again, 2 * width)

    def _paint_note(self, painter: QPainter, note: Note, scale: float) -> None:
        style, rect = self._scene.style_, self.rect(note.id)
        hue, fill = style.theme.color(style.theme.frame["yellow"]), style.theme.color("node_fill")
        painter.setPen(self._line(note.id, mixed(hue, fill, PAPER_LINE), scale))
        painter.setBrush(mixed(hue, fill, PAPER))
        painter.drawRoundedRect(rect, CORNER / 2, CORNER / 2)
        if scale < DETAIL_SCALE:
            return
        inside = note_text_rect(rect)
        painter.save()
        painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
        painter.setFont(style.fonts["note"])
        empty = not note.text
        painter.setPen(style.muted if empty else style.text)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter.drawText(inside, tr("Double-click to write") if empty else note.text, option)
        painter.restore()
        self._paint_handle(painter, note.id, rect)

    def _paint_handle(self, painter: QPainter, item_id: str, rect: QRectF) -> None:
        """The corner to pull at, where the mouse is or what is selected."""
        if item_id != self.hovered and not self.is_selected(item_id):
            return
        painter.setPen(QPen(self._scene.style_.muted.color(), 1.25))
        corner = rect.bottomRight()
        for length in (4.0, 8.0):
            painter.drawLine(corner + QPointF(-3 - length, -3), corner + QPointF(-3, -3 - length))

    def _line(self, item_id: str, color: QColor, scale: float) -> QPen:
        theme = self._scene.style_.theme
        if self.is_selected(item_id):
            return QPen(theme.color("node_selected"), max(2.0, 1.5 / scale))
        width = max(1.5 if item_id == self.hovered else 1.0, 1.0 / scale)
        return QPen(color, width)

    def _title_font(self, factor: float) -> QFont:
        font = QFont(self._scene.style_.fonts["name"])
        font.setPixelSize(max(round(TITLE_SIZE * factor), TITLE_SIZE))
        return font

    def is_selected(self, item_id: str) -> bool:
        """Whether one is drawn as selected."""
        return item_id in self._scene.session.selected_annotations


def note_text_rect(rect: QRectF) -> QRectF:
    """Where the text of a note in a rectangle stands."""
    return rect.adjusted(MARGIN, MARGIN - 2, -MARGIN, -MARGIN + 2)


def _box(item: Annotation) -> Box:
    (x, y), (width, height) = item.position, item.size
    return (x, y, x + width, y + height)


def _area(item: Annotation) -> float:
    return item.size[0] * item.size[1]
