"""The list of all keys, in which they are changed."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from builder.dialogs import Dialogs
from builder.key_editor import FIXED, NOTHING, KeyEditor
from builder.shortcuts import Shortcuts
from builder.texts import later, tr
from builder.theme import GRID, font

SCOPES = {"window": "everywhere", "canvas": "on the canvas"}
FIXED_TITLE = "Mouse and canvas"
GESTURES = (
    (later("Search for a layer and add it"), later("Double-click")),
    (later("Connect; in the empty, add a layer that fits"), later("Drag from a port")),
    (later("Move the view"), later("Middle drag, or Space and drag")),
    (later("Zoom at the cursor"), later("Wheel")),
    (later("Put a point into an edge"), later("Alt and double-click")),
    (later("Select"), later("Drag on the canvas; Ctrl toggles, Shift adds")),
    (later("Select edges"), later("Drag across nothing else")),
    (later("Cut edges"), later("Alt and drag across them")),
    (later("Reach what is out of sight"), later("Drag to the border of the canvas")),
    (later("Call a drag off"), later("Right button, or Esc")),
    (later("Move the selection, or the view"), later("Arrow keys; with Shift farther")),
    (
        later("Change a number in the inspector"),
        later("Drag its parameter's name; Shift finer, Ctrl coarser"),
    ),
    (later("Break off, select nothing, leave the block"), later("Esc")),
)
ROW_HEIGHT = 3 * GRID  # pixels
ID_ROLE = Qt.ItemDataRole.UserRole


class ShortcutDialog(QDialog):
    """Every action with its keys, by category; below, the keys of the chosen one to change.

    Args:
        shortcuts: the keys that are changed.
        dialogs: asks before all is reset.
        parent: the window that they belong to.
    """

    FIRST_SIZE = QSize(720, 640)

    def __init__(self, shortcuts: Shortcuts, dialogs: Dialogs, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self._shortcuts, self._dialogs = shortcuts, dialogs
        self.search = QLineEdit(self, clearButtonEnabled=True)
        self.search.setPlaceholderText(tr("Search by name or key: “zoom”, “Ctrl+G”"))
        self.search.setAccessibleName(tr("Search shortcuts"))
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(tr("Shortcuts"))
        self.editor = KeyEditor(shortcuts, self)
        self.reset_all_button = QPushButton(tr("Reset all..."), self, autoDefault=False)
        self.close_button = QPushButton(tr("Close"), self, autoDefault=False)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._fill()
        self._lay_out()
        self.search.textChanged.connect(self._filter)
        self.tree.currentItemChanged.connect(self._choose)
        self.tree.itemActivated.connect(self._edit)
        self.reset_all_button.clicked.connect(self._reset_all)
        self.close_button.clicked.connect(self.close)
        shortcuts.changed.connect(self._refresh)
        self._refresh_reset()

    @property
    def listed(self) -> list[str]:
        """Ids of the actions that are seen, from top to bottom."""
        return [action_id for action_id, item in self._items.items() if not item.isHidden()]

    def choose(self, action_id: str) -> None:
        """Shows the keys of an action."""
        self.tree.setCurrentItem(self._items[action_id])

    def open_again(self) -> None:
        """Comes to the front, ready for a search."""
        room = self.screen().availableSize() - QSize(4 * GRID, 8 * GRID)
        if not self.isVisible():
            self.resize(self.FIRST_SIZE.boundedTo(room))
        self.show()
        self.raise_()
        self.activateWindow()
        self.search.setFocus()
        self.search.selectAll()

    def _fill(self) -> None:
        self.tree.setHeaderLabels((tr("Action"), tr("Keys"), tr("Where")))
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        specs = self._shortcuts.specs.values()
        for category in dict.fromkeys(spec.category for spec in specs):
            group = self._group(tr(category))
            for spec in (spec for spec in specs if spec.category == category):
                texts = [spec.title, self._shortcuts.text(spec.id), tr(SCOPES[spec.scope])]
                item = QTreeWidgetItem(group, texts)
                item.setData(0, ID_ROLE, spec.id)
                item.setToolTip(0, tr(spec.tooltip))
                self._items[spec.id] = item
        group = self._group(tr(FIXED_TITLE))
        for text, gesture in GESTURES:
            QTreeWidgetItem(group, [tr(text), tr(gesture), tr(SCOPES["canvas"])])
        self.tree.expandAll()

    def _group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFont(0, font("strong"))
        group.setFirstColumnSpanned(True)
        group.setSizeHint(0, QSize(0, ROW_HEIGHT))  # all rows are as high as the first
        return group

    def _lay_out(self) -> None:
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        foot = QHBoxLayout()
        foot.addWidget(self.reset_all_button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.editor)
        layout.addLayout(foot)

    @Slot(str)
    def _filter(self, query: str) -> None:
        """Hides what a word of the query does not fit."""
        words = query.casefold().split()
        for index in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(index)
            rows = [group.child(row) for row in range(group.childCount())]
            for item in rows:
                item.setHidden(not _fits(words, (group.text(0), item.text(0), item.text(1))))
            group.setHidden(all(item.isHidden() for item in rows))
        first = next(iter(self.listed), None)
        current = self.tree.currentItem()
        if first is not None and words and (current is None or current.isHidden()):
            self.choose(first)

    @Slot()
    def _choose(self) -> None:
        item = self.tree.currentItem()
        action_id = item.data(0, ID_ROLE) if item is not None else None
        if action_id:
            self.editor.show_action(action_id)
        else:
            self.editor.show_nothing(tr(NOTHING if item is None else FIXED))

    @Slot()
    def _edit(self) -> None:
        if self.editor.action_id:
            self.editor.field.setFocus()

    @Slot(str)
    def _refresh(self, action_id: str) -> None:
        self._items[action_id].setText(1, self._shortcuts.text(action_id))
        self._refresh_reset()

    def _refresh_reset(self) -> None:
        is_changed = any(map(self._shortcuts.is_changed, self._shortcuts.specs))
        self.reset_all_button.setEnabled(is_changed)
        self.reset_all_button.setToolTip(
            tr("Gives every action the keys that it came with.") if is_changed else tr("No key was changed.")
        )

    @Slot()
    def _reset_all(self) -> None:
        text = tr("Every action gets the keys that it came with. Those that you chose are forgotten.")
        if self._dialogs.confirm(tr("Reset all shortcuts?"), text, tr("Reset all")):
            self._shortcuts.reset_all()


def _fits(words: Iterable[str], texts: Iterable[str]) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words)
