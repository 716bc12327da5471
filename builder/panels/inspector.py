"""The inspector: the selected nodes' parameters and figures, else those of the block shown or the project."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from builder.panels.block_page import BlockPage
from builder.panels.help_strip import HelpStrip
from builder.panels.node_page import NodePage
from builder.panels.project_page import ProjectPage
from builder.panels.several_page import SeveralPage
from builder.session import Session
from builder.texts import tr
from builder.theme import Theme
from graph.document import Change

ROOM_FOR_HELP = 400  # pixels; in a lower inspector the strip is there only while it explains something


class Inspector(QWidget):
    """Follows the session's selection.

    Signals:
        left(): Escape was pressed where it had nothing to take back.
    """

    left = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.node_page = NodePage(session, theme)
        self.project_page, self.block_page = ProjectPage(session), BlockPage(session)
        self.several_page = SeveralPage(session)
        self._stack = QStackedWidget(self)
        self._scrolls = {
            page: _Scroll(page)
            for page in (self.node_page, self.project_page, self.block_page, self.several_page)
        }
        for scroll in self._scrolls.values():
            self._stack.addWidget(scroll)
        self.help = HelpStrip(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.help)
        self.help.turned.connect(self._place_help)
        session.selection_changed.connect(self._select)
        session.changed.connect(self._follow)
        session.inferring.advanced.connect(self._advance)
        session.problems_changed.connect(self._follow_problems)
        session.document_replaced.connect(self._reload)
        session.scope_changed.connect(self._reload)
        session.forecast.ready.connect(self._refresh)
        self._reload()

    @property
    def page(self) -> QWidget:
        """The page that is shown."""
        return next(page for page, scroll in self._scrolls.items() if scroll is self._stack.currentWidget())

    def name_block(self) -> None:
        """Puts the cursor into the name of the selected instance's block, if that is seen."""
        line = self.node_page.block.name.line
        if line.isVisible():
            line.setFocus(Qt.FocusReason.OtherFocusReason)
            line.selectAll()

    def focus_first(self) -> None:
        """Puts the focus into the first parameter of the selected node, or into its name without any."""
        self.node_page.first_field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_help()

    @Slot(object)
    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self.node_page.set_theme(theme)

    def _show(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(self._scrolls[page])
        self._place_help()

    @Slot()
    def _place_help(self) -> None:
        has_form = self.page in (self.node_page, self.several_page)
        self.help.setVisible(has_form and (self.height() >= ROOM_FOR_HELP or not self.help.is_idle))

    @Slot(object)
    def _select(self, node_ids: tuple[str, ...]) -> None:
        self.several_page.leave()
        if len(node_ids) == 1:
            self.node_page.show_node(node_ids[0])
            self._show(self.node_page)
        else:
            overview = self.project_page if self._session.block is None else self.block_page
            page = self.several_page if node_ids else overview
            page.refresh()
            self._show(page)

    @Slot(object, object)
    def _follow(self, change: Change, touched: frozenset[str]) -> None:
        page = self.page
        if page is self.node_page:
            node_id = self._session.selection[0]
            is_touched = node_id in touched or node_id in change.updated or "training" in change.fields
            is_touched = is_touched or self._session.inferring.is_due or change == Change()
            if node_id in self._session.graph.nodes and (is_touched or self._session.is_instance(node_id)):
                self.node_page.refresh()  # of a block it is also shown how often it is used
        else:
            page.refresh()

    @Slot()
    def _follow_problems(self) -> None:
        """Reads the page anew, unless it has been since these problems came up."""
        page = self.page
        if page is self.node_page and self._session.selection[0] not in self._session.graph.nodes:
            return
        if page not in (self.node_page, self.project_page) or not page.tells_problems:
            page.refresh()

    @Slot()
    def _advance(self) -> None:
        """Shows what is known by now of a layer, while very many still follow an edit."""
        if self.page is self.node_page:
            self._refresh()

    @Slot()
    def _refresh(self) -> None:
        if self.page is not self.node_page or self._session.selection[0] in self._session.graph.nodes:
            self.page.refresh()

    @Slot()
    def _reload(self) -> None:
        self._select(self._session.selection)


class _Scroll(QScrollArea):
    """A page with as much of its height in view as there is room for."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(accessibleName=tr("Facts and parameters"))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        focus = QApplication.focusWidget()
        if focus is not None and self.widget().isAncestorOf(focus):
            self.ensureWidgetVisible(focus)  # the strip that explains it must not hide it
