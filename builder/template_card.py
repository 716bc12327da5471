"""A template on the welcome page: its picture, its name, and what there is to know before it is opened."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from builder.gallery import GalleryEntry
from builder.icons import icon
from builder.texts import tr, tr_count, tr_made
from builder.theme import GRID, Theme, font
from builder.thumbnails import Thumbnails

WIDTH = 34 * GRID  # pixels
PICTURE_HEIGHT = 13 * GRID  # pixels
LINES = 3  # of the description
RADIUS = 6.0  # pixels


class TemplateCard(QAbstractButton):
    """A button as large as what it shows.

    Args:
        entry: the template.
        pictures: draws it.
    """

    def __init__(
        self, entry: GalleryEntry, pictures: Thumbnails, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.entry, self._pictures, self._theme = entry, pictures, theme
        self.setText(entry.template.name)
        self.setAccessibleDescription(f"{tr_made(entry.template.description)} {self.facts}. {self.data}")
        self.setToolTip(tr("Start a project from {name}", name=entry.template.name))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(self.sizeHint())

    @property
    def facts(self) -> str:
        """How large the network is."""
        return tr_count("{count} parameter", "{count} parameters", self.entry.parameters)

    @property
    def data(self) -> str:
        """What it learns from."""
        return tr(
            "Learns from {data}, included" if self.entry.is_ready else "Learns from {data}",
            data=self.entry.data,
        )

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        name, caption = QFontMetricsF(font("strong")), QFontMetricsF(font("caption"))
        text = name.height() + (LINES + 1) * caption.lineSpacing()
        return QSize(WIDTH, round(PICTURE_HEIGHT + text + 4.5 * GRID))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        area = QRectF(self.rect()).adjusted(GRID, GRID, -GRID, -GRID)
        picture = QRectF(area.left(), area.top(), area.width(), PICTURE_HEIGHT)
        self._paint_picture(painter, picture)
        self._paint_text(painter, area.adjusted(GRID / 2, PICTURE_HEIGHT + GRID, -GRID / 2, 0))
        painter.end()

    def _paint_frame(self, painter: QPainter) -> None:
        lit = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(self._theme.color("accent" if lit else "border"), 2 if self.hasFocus() else 1))
        painter.setBrush(self._theme.color("hover" if self.isDown() else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("canvas"))
        painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        picture = self._pictures.picture(
            self.text(), self.entry.project, area.size().toSize(), self._theme, self.devicePixelRatioF()
        )
        if picture is not None:
            painter.drawPixmap(area.topLeft(), picture)

    def _paint_text(self, painter: QPainter, area: QRectF) -> None:
        self._paint_line(painter, area, "caption", "text_muted", self.facts, Qt.AlignmentFlag.AlignRight)
        top = self._paint_line(painter, area, "strong", "text", self.text())
        below = QRectF(area.left(), top + GRID / 2, area.width(), area.bottom() - top)
        self._paint_line(
            painter,
            below,
            "caption",
            "text_muted",
            tr_made(self.entry.template.description),
            Qt.TextFlag.TextWordWrap,
        )
        height = QFontMetricsF(font("caption")).height()
        last = QRectF(area.left(), area.bottom() - height, area.width(), height)
        color = self._theme.text_muted
        icon("data", color).paint(painter, QRectF(last.left(), last.top(), height, height).toRect())
        self._paint_line(
            painter, last.adjusted(height + GRID / 2, 0, 0, 0), "caption", "text_muted", self.data
        )

    def _paint_line(
        self, painter: QPainter, area: QRectF, role: str, token: str, text: str, how: int = 0
    ) -> float:
        """Writes a text at the top of an area; returns where its first line ends."""
        painter.setFont(font(role))  # type: ignore[arg-type]
        painter.setPen(self._theme.color(token))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTop) | int(how), text)
        return area.top() + painter.fontMetrics().height()
