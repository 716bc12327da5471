"""The corner of the canvas that says what an overlay's colours mean, and the overlay's way to the scene."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QSettings, QSize, Qt, Signal, Slot
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from builder.canvas.heat import Heat, ramp_color
from builder.canvas.view import CanvasView
from builder.icons import icon
from builder.node_watch import NodeWatch
from builder.overlays import OverlaySpec, Scale
from builder.session import Session
from builder.texts import tr
from builder.theme import GRID, Theme, font

RAMP_WIDTH, RAMP_HEIGHT = 15 * GRID, GRID  # pixels
MARGIN = 2 * GRID  # pixels around the legend
FOLD_ICON = QSize(12, 12)  # pixels
FOLDED_KEY = "canvas/legend_folded"
_STOPS = 9


class _Ramp(QWidget):
    """The colours from faint to strong."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setFixedSize(RAMP_WIDTH, RAMP_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        gradient = QLinearGradient(0, 0, self.width(), 0)
        for index in range(_STOPS):
            at = index / (_STOPS - 1)
            gradient.setColorAt(at, ramp_color(self.theme, at))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(self.rect()), RAMP_HEIGHT / 2, RAMP_HEIGHT / 2)
        painter.end()


class Legend(QFrame):
    """Title, colours and the ends of the scale; says what to do while there are no figures.

    A click on the title folds the rest away, which is remembered.

    Signals:
        folded(): it was folded, or unfolded, and has another size.
    """

    folded = Signal()

    def __init__(self, theme: Theme, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setObjectName("legend")
        self.setProperty("role", "card")
        self.title, self.note = QToolButton(self), QLabel(self)
        self.low, self.high = QLabel(self), QLabel(self)
        self._ramp = _Ramp(theme, self)
        self._scale: Scale | None = None
        self.title.setFont(font("strong"))
        self.title.setProperty("role", "fold")
        self.title.setCheckable(True)
        self.title.setChecked(not settings.value(FOLDED_KEY, False, type=bool))
        self.title.setIconSize(FOLD_ICON)
        self.title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.title.toggled.connect(self._fold)
        for label in (self.note, self.low, self.high):
            label.setFont(font("caption"))
            label.setProperty("role", "muted")
        scale = QHBoxLayout()
        scale.setSpacing(GRID)
        for widget in (self.low, self._ramp, self.high):
            scale.addWidget(widget)
        scale.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self.title)
        column.addLayout(scale)
        column.addWidget(self.note)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._ramp.theme = theme
        self._ramp.update()

    def show_scale(self, spec: OverlaySpec, scale: Scale | None, note: str) -> None:
        """Shows what the colours mean; without a scale only what is to be said."""
        self._scale = scale
        self.title.setText(tr(spec.title))
        if scale is not None:
            self.low.setText(spec.end_text(scale.low))
            self.high.setText(spec.end_text(scale.high))
        self.note.setText(note)
        self.setAccessibleName(tr("Overlay: {title}", title=tr(spec.title)))
        self.setAccessibleDescription(note)
        self.show()
        self._fit()
        self.raise_()

    @Slot(bool)
    def _fold(self, is_open: bool) -> None:
        self._settings.setValue(FOLDED_KEY, not is_open)
        self._fit()
        self.folded.emit()

    def _fit(self) -> None:
        """Is as large as what it says."""
        is_open = self.title.isChecked()
        self.title.setIcon(icon("chevron-down" if is_open else "chevron-right"))
        self.title.setToolTip(tr("Fold the legend") if is_open else tr("Unfold the legend"))
        self.note.setVisible(is_open)
        for widget in (self.low, self._ramp, self.high):
            widget.setVisible(is_open and self._scale is not None)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.adjustSize()


class CanvasOverlay(QObject):
    """Shows on the canvas what the watch knows of the nodes."""

    def __init__(
        self, session: Session, canvas: CanvasView, watch: NodeWatch, theme: Theme, settings: QSettings
    ) -> None:
        super().__init__(canvas)
        self._session, self._canvas, self._watch = session, canvas, watch
        self.legend = Legend(theme, settings, canvas)
        self.legend.folded.connect(self._place)
        self._corner = 0
        canvas.looked_elsewhere.connect(self._place)
        watch.changed.connect(self.refresh)
        session.scope_changed.connect(self.refresh)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme; the canvas has it already."""
        self.legend.set_theme(theme)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Marks the nodes anew."""
        spec, scene = self._watch.overlay, self._canvas.graph_scene
        if spec is None:
            scene.show_heat(None)
            self.legend.hide()
            return
        heat = Heat(self._watch, self._session.graph.nodes, self._canvas.look)
        scene.show_heat(heat)
        self.legend.show_scale(spec, heat.scale if heat.node_ids else None, self._note(bool(heat.node_ids)))
        self._place()

    @Slot()
    def _place(self) -> None:
        """Puts the legend where it covers fewest layers; it stays where it is while no corner is better."""
        if self.legend.isHidden():
            return
        places = self._places()
        order = [self._corner, *(index for index in range(len(places)) if index != self._corner)]
        self._corner = min(order, key=lambda index: self._covered(places[index]))
        self.legend.move(places[self._corner].topLeft())

    def _places(self) -> list[QRect]:
        """The corners, the best first; the minimap has the last one of them to itself."""
        room = self._canvas.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        size = self.legend.size()
        right, bottom = room.right() + 1 - size.width(), room.bottom() + 1 - size.height()
        corners = ((room.left(), room.top()), (right, room.top()), (room.left(), bottom))
        return [QRect(QPoint(*corner), size) for corner in corners]

    def _covered(self, place: QRect) -> int:
        """How many layers lie under a place of the canvas."""
        seen = place.translated(-self._canvas.viewport().pos())
        return len(self._canvas.graph_scene.nodes_in(self._canvas.mapToScene(seen).boundingRect()))

    def _note(self, has_figures: bool) -> str:
        if has_figures:
            return tr("step {step:,}", step=self._watch.step)
        if not self._watch.is_training:
            return tr("Press Train (Ctrl+Enter) to see it.")
        return (
            tr("Nothing here has such a figure.")
            if self._watch.step
            else tr("Waiting for the first steps...")
        )
