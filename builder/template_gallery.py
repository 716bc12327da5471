"""All templates in groups, found by a few letters, chosen with the mouse or the arrow keys."""

from __future__ import annotations

import logging
from itertools import groupby

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from builder.background import Job
from builder.gallery import GalleryEntry, gallery
from builder.icons import icon
from builder.panels.flow import FlowLayout
from builder.template_card import TemplateCard
from builder.texts import tr, tr_made
from builder.theme import GRID, Theme, font
from builder.thumbnails import Thumbnails

_log = logging.getLogger(__name__)

SEARCH_WIDTH = 40 * GRID  # pixels
NOTHING = "No template has all of these words. Try the name of a layer, or of the data."
ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class TemplateGallery(QWidget):
    """Reads the templates in a thread once asked to; the page is long there by then.

    Signals:
        chosen(Project): a template was clicked; a fresh project made from it.
        settled(): the templates are there, or why they cannot be.
    """

    chosen = Signal(object)
    settled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._job: Job | None = None
        self._sections: list[_Section] = []
        self.pictures = Thumbnails(self)
        self.pictures.ready.connect(self._repaint)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search templates, layers, data"))
        self.search.setAccessibleName(tr("Search templates"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setMaximumWidth(SEARCH_WIDTH)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.nothing = QLabel(tr(NOTHING), self)
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        self._scroll, self._column = QScrollArea(self), QVBoxLayout()
        self._lay_out()

    @property
    def cards(self) -> list[TemplateCard]:
        """The templates, as they stand there, also those that a search hides."""
        return [card for section in self._sections for card in section.cards]

    @property
    def shown_cards(self) -> list[TemplateCard]:
        """What the search has left of them."""
        return [card for card in self.cards if not card.isHidden()]

    def start(self) -> None:
        """Begins to read the templates; does nothing the second time."""
        if self._job is None:
            self._job = Job(gallery, "gallery", self)
            self._job.done.connect(self._fill)
            self._job.failed.connect(self._explain)
            self._job.start()

    def wait(self) -> None:
        """Returns when nothing is read any more; a thread must not outlive the window."""
        if self._job is not None:
            self._job.wait()

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        key = Qt.Key(event.key())
        if watched is self.search:
            return self._search_key(key)
        if isinstance(watched, TemplateCard) and key in ARROWS and not event.modifiers():
            self._go(watched, key)
            return True
        return super().eventFilter(watched, event)

    @Slot(object)
    def _fill(self, entries: list[GalleryEntry]) -> None:
        for title, members in groupby(entries, lambda entry: entry.template.group):
            section = _Section(tr_made(title), [self._card(entry) for entry in members], self)
            self._column.insertWidget(self._column.count() - 1, section)
            self._sections.append(section)
        self._filter(self.search.text())
        self.settled.emit()

    @Slot(object)
    def _explain(self, error: Exception) -> None:
        _log.error("the templates cannot be read: %s", error)
        self.nothing.setText(
            tr("The templates cannot be read: {error}. A blank canvas can be drawn on as ever.", error=error)
        )
        self.nothing.show()
        self.settled.emit()

    def _card(self, entry: GalleryEntry) -> TemplateCard:
        card = TemplateCard(entry, self.pictures, self._theme)
        card.clicked.connect(lambda: self.chosen.emit(entry.template.project()))
        card.installEventFilter(self)
        return card

    @Slot(str)
    def _filter(self, text: str) -> None:
        for section in self._sections:
            section.show_fitting(text)
        self.nothing.setVisible(bool(self._sections) and not self.shown_cards)

    @Slot(str)
    def _repaint(self, name: str) -> None:
        for card in self.cards:
            if card.text() == name:
                card.update()

    def _search_key(self, key: Qt.Key) -> bool:
        """Down goes to the templates, Enter takes the first, Escape ends the search."""
        shown = self.shown_cards
        if key == Qt.Key.Key_Escape:
            self.search.clear()
        elif key == Qt.Key.Key_Down and shown:
            self._focus(shown[0])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and shown and self.search.text().strip():
            shown[0].click()
        else:
            return False
        return True

    def _go(self, card: TemplateCard, key: Qt.Key) -> None:
        """Goes to the next card in reading order, or to the nearest in the row above or below."""
        shown = self.shown_cards
        at = shown.index(card)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            at += 1 if key == Qt.Key.Key_Right else -1
            if 0 <= at < len(shown):
                self._focus(shown[at])
            return
        here, sign = self._place(card), 1 if key == Qt.Key.Key_Down else -1
        beyond = [each for each in shown if sign * (self._place(each).y() - here.y()) > 0]
        if beyond:
            row = min((self._place(each).y() for each in beyond), key=lambda y: abs(y - here.y()))
            in_row = [each for each in beyond if self._place(each).y() == row]
            self._focus(min(in_row, key=lambda each: abs(self._place(each).x() - here.x())))
        elif sign < 0:
            self.search.setFocus(Qt.FocusReason.BacktabFocusReason)

    def _place(self, card: TemplateCard) -> QPoint:
        return card.mapTo(self._scroll.widget(), QPoint(0, 0))

    def _focus(self, card: TemplateCard) -> None:
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(card, 0, 6 * GRID)

    def _lay_out(self) -> None:
        page = QWidget()
        self._column.setContentsMargins(0, 4 * GRID, 4 * GRID, 4 * GRID)
        self._column.setSpacing(GRID)
        title = QLabel(tr("Start from a template"), page)
        title.setFont(font("title"))
        self._column.addWidget(title)
        text = QLabel(tr("Each one opens as a valid network, to train, to change and to take as code."), page)
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        self._column.addWidget(text)
        self._column.addWidget(self.search)
        self._column.addWidget(self.nothing)
        self._column.addStretch(1)
        page.setLayout(self._column)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)


class _Section(QWidget):
    """A heading with the templates that belong under it."""

    def __init__(self, title: str, cards: list[TemplateCard], parent: QWidget) -> None:
        super().__init__(parent)
        self.cards = cards
        heading = QLabel(title, self)
        heading.setFont(font("strong"))
        flow = FlowLayout()
        flow.setSpacing(2 * GRID)
        for card in cards:
            flow.addWidget(card)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addLayout(flow)

    def show_fitting(self, text: str) -> None:
        """Shows what a search finds; nothing at all, not even the heading, where that is nothing."""
        for card in self.cards:
            card.setVisible(card.entry.fits(text))
        self.setVisible(any(not card.isHidden() for card in self.cards))
