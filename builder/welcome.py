"""The welcome page: begin a project, open one, or go on with a recent one."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from builder.icons import icon
from builder.recent import RecentProjects
from builder.recent_list import RecentList
from builder.template_card import TemplateCard
from builder.template_gallery import TemplateGallery
from builder.texts import tr
from builder.theme import GRID, Theme, font

SIDE_WIDTH = 33 * GRID  # pixels


class WelcomePage(QWidget):
    """What is seen while no project is open.

    Args:
        links: actions that stand below as links: the way to help.

    Signals:
        new_asked(): an empty project is wanted.
        open_asked(): a file is to be chosen.
        path_chosen(Path): a recent project was clicked.
        elsewhere_asked(Path): a recent project is to be opened in a window of its own.
        template_chosen(Project): a template was clicked; a fresh project made from it.
    """

    new_asked = Signal()
    open_asked = Signal()
    path_chosen = Signal(object)
    elsewhere_asked = Signal(object)
    template_chosen = Signal(object)

    def __init__(
        self,
        recent: RecentProjects,
        theme: Theme,
        links: Iterable[QAction] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.new_button = QPushButton(icon("new"), tr("Blank canvas"), self)
        self.open_button = QPushButton(icon("open"), tr("Open project..."), self)
        self.recent = RecentList(recent, self)
        self.gallery = TemplateGallery(theme, self)
        self.new_button.setToolTip(tr("Start an empty project"))
        self.open_button.setToolTip(tr("Open a project from a file"))
        self.new_button.clicked.connect(self.new_asked)
        self.open_button.clicked.connect(self.open_asked)
        self.recent.chosen.connect(self.path_chosen)
        self.recent.elsewhere_asked.connect(self.elsewhere_asked)
        self.gallery.chosen.connect(self.template_chosen)
        self._lay_out([_link(action, self) for action in links])

    @property
    def cards(self) -> list[TemplateCard]:
        """The templates, as they stand there."""
        return self.gallery.cards

    @property
    def recent_buttons(self) -> list[QPushButton]:
        """The names of the recent projects."""
        return [row.button for row in self.recent.rows]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters that nothing else wants begin a search."""
        if event.text().isprintable() and event.text().strip():
            self.gallery.search.setFocus()
            self.gallery.search.insert(event.text())
        else:
            super().keyPressEvent(event)

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.gallery.set_theme(theme)

    def _lay_out(self, links: list[QPushButton]) -> None:
        columns = QHBoxLayout(self)
        columns.setContentsMargins(4 * GRID, 0, 0, 0)
        columns.setSpacing(5 * GRID)
        columns.addWidget(_scrolling(self._side(links)))
        columns.addWidget(self.gallery, 1)

    def _side(self, links: list[QPushButton]) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 4 * GRID, 0, 3 * GRID)
        column.setSpacing(GRID)
        column.addWidget(_titled("Netloom", "heading"))
        column.addWidget(_muted(tr("Draw a neural network, watch it learn, take the code with you.")))
        column.addSpacing(2 * GRID)
        column.addWidget(self.new_button)
        column.addWidget(self.open_button)
        column.addSpacing(3 * GRID)
        column.addWidget(_titled(tr("Recent"), "title"))
        column.addWidget(self.recent)
        column.addStretch(1)
        for link in links:
            column.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        return side


def _link(action: QAction, parent: QWidget) -> QPushButton:
    button = QPushButton(action.text().replace("&", "").removesuffix("..."), parent)
    button.setProperty("role", "link")
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    return button


def _scrolling(column: QWidget) -> QScrollArea:
    """A column that can be reached also where the window is lower than it."""
    area = QScrollArea(accessibleName=tr("Ways to begin"))
    area.setWidget(column)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFixedWidth(SIDE_WIDTH)
    return area


def _titled(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setFont(font(role))  # type: ignore[arg-type]
    return label


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
