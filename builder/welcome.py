"""The welcome page: begin a project, open one, or go on with a recent one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from builder.icons import icon
from builder.recent import RecentProjects
from builder.theme import GRID, Theme, font
from builder.thumbnail import paint_thumbnail
from graph.document import Project

CARD_SIZE = QSize(264, 168)  # pixels
PICTURE_HEIGHT = 88  # pixels
SIDE_WIDTH = 264  # pixels
COLUMNS = 3


class WelcomePage(QScrollArea):
    """What is seen while no project is open.

    Signals:
        new_asked(): an empty project is wanted.
        open_asked(): a file is to be chosen.
        path_chosen(Path): a recent project was clicked.
        template_chosen(Project): a template was clicked; a fresh project made from it.
    """

    new_asked = Signal()
    open_asked = Signal()
    path_chosen = Signal(object)
    template_chosen = Signal(object)

    def __init__(self, recent: RecentProjects, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent, self._theme = recent, theme
        self.cards: list[TemplateCard] = []
        self.recent_buttons: list[QPushButton] = []
        self._side, self._recent_list, self._gallery = QVBoxLayout(), QVBoxLayout(), QGridLayout()
        self.new_button = QPushButton(icon("new"), "New project", self)
        self.open_button = QPushButton(icon("open"), "Open project...", self)
        self.new_button.clicked.connect(self.new_asked)
        self.open_button.clicked.connect(self.open_asked)
        self._lay_out()
        recent.changed.connect(self.show_recent)
        self.show_recent()

    def show_templates(self) -> None:
        """Fills the gallery; reading the templates takes longer than showing the page, so it comes after."""
        from graph.templates import templates

        if self.cards:
            return
        for index, template in enumerate(templates()):
            card = TemplateCard(template.project(), template.description, self._theme)
            card.clicked.connect(
                lambda _checked=False, make=template.project: self.template_chosen.emit(make())
            )
            self._gallery.addWidget(card, index // COLUMNS, index % COLUMNS)
            self.cards.append(card)

    @Slot()
    def show_recent(self) -> None:
        """Reads the list of recent projects anew."""
        for button in self.recent_buttons:
            button.hide()
            button.deleteLater()
        self.recent_buttons = [self._recent_button(path) for path in self._recent.paths]
        for button in self.recent_buttons:
            self._recent_list.addWidget(button)
        self._no_recent.setVisible(not self.recent_buttons)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    def _recent_button(self, path: Path) -> QPushButton:
        button = QPushButton(path.stem, self)
        button.setProperty("role", "link")
        button.setToolTip(str(path))
        button.clicked.connect(lambda: self.path_chosen.emit(path))
        return button

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(4 * GRID, 6 * GRID, 4 * GRID, 4 * GRID)
        columns.setSpacing(6 * GRID)
        columns.addStretch(1)
        columns.addWidget(self._side_column())
        columns.addWidget(self._gallery_column())
        columns.addStretch(1)
        self.setWidget(page)

    def _side_column(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self._no_recent = _muted("Projects you open or save appear here.")
        column.addWidget(_titled("Netloom", "heading"))
        column.addWidget(_muted("Draw a neural network, watch it learn, take the code with you."))
        column.addSpacing(2 * GRID)
        column.addWidget(self.new_button)
        column.addWidget(self.open_button)
        column.addSpacing(3 * GRID)
        column.addWidget(_titled("Recent", "title"))
        column.addWidget(self._no_recent)
        self._recent_list.setSpacing(0)
        column.addLayout(self._recent_list)
        column.addStretch(1)
        return side

    def _gallery_column(self) -> QWidget:
        column_widget = QWidget()
        column_widget.setMinimumWidth(COLUMNS * CARD_SIZE.width() + 2 * GRID)
        column_widget.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(column_widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(_titled("Start from a template", "title"))
        column.addWidget(
            _muted("Each one opens as a valid network, to train, to change and to take as code.")
        )
        column.addSpacing(GRID)
        self._gallery.setSpacing(2 * GRID)
        column.addLayout(self._gallery)
        column.addStretch(1)
        return column_widget


class TemplateCard(QAbstractButton):
    """A template: its picture, its name and one line about it."""

    def __init__(
        self, project: Project, description: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._description, self._theme = project, description, theme
        self.setText(project.name)
        self.setAccessibleDescription(description)
        self.setToolTip(f"Start a project from {project.name}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(CARD_SIZE)

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return CARD_SIZE

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        area = QRectF(self.rect()).adjusted(GRID, GRID, -GRID, -GRID)
        picture = QRectF(area.left(), area.top(), area.width(), PICTURE_HEIGHT - GRID)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("canvas"))
        painter.drawRoundedRect(picture, 4, 4)
        paint_thumbnail(painter, picture, self._project.graph, self._theme)
        self._paint_text(painter, area.adjusted(GRID / 2, PICTURE_HEIGHT, -GRID / 2, 0))

    def _paint_frame(self, painter: QPainter) -> None:
        lit = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(self._theme.color("accent" if lit else "border"), 2 if self.hasFocus() else 1))
        painter.setBrush(self._theme.color("hover" if self.isDown() else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_text(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(self._theme.color("text"))
        painter.setFont(font("strong"))
        name_height = painter.fontMetrics().height()
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, self.text())
        painter.setPen(self._theme.color("text_muted"))
        painter.setFont(font("caption"))
        below = area.adjusted(0, name_height + GRID / 2, 0, 0)
        painter.drawText(below, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, self._description)


def _titled(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setFont(font(role))  # type: ignore[arg-type]
    return label


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
