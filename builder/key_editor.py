"""Changes the keys of one action: take some away, press others, take over what another action has."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QKeySequenceEdit, QLabel, QPushButton, QVBoxLayout, QWidget

from builder.icons import icon
from builder.panels.flow import FlowLayout
from builder.shortcuts import NATIVE, Shortcuts
from builder.texts import later, tr
from builder.theme import GRID, font

NOTHING = later("Choose an action above to change its keys.")
FIXED = later("This belongs to the mouse or to the canvas and stays as it is.")
FIELD_WIDTH = 160  # pixels


class KeyEditor(QFrame):
    """The keys of an action, each with a button that takes it away, and a field that waits for others."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._shortcuts = shortcuts
        self._action_id = ""
        self._offered: QKeySequence | None = None
        self.title, self.message = QLabel(self), QLabel(self, wordWrap=True)
        self.title.setFont(font("strong"))
        self.field = QKeySequenceEdit(self, maximumSequenceLength=1, clearButtonEnabled=False)
        self.field.setFixedWidth(FIELD_WIDTH)
        self.reset_button = QPushButton(tr("Reset"), self, autoDefault=False)
        self.take_over_button = QPushButton(tr("Take it over"), self, autoDefault=False)
        self.key_buttons: list[QPushButton] = []
        self._keys = QWidget(self)
        self._row = FlowLayout(self._keys)
        self._lay_out()
        self.field.keySequenceChanged.connect(self._offer)
        self.reset_button.clicked.connect(self._reset)
        self.take_over_button.clicked.connect(self._take_over)
        shortcuts.changed.connect(self._follow)
        self.show_nothing(tr(NOTHING))

    @property
    def action_id(self) -> str:
        """The action whose keys are shown; empty for none."""
        return self._action_id

    def show_action(self, action_id: str) -> None:
        """Shows the keys of an action."""
        self._action_id = action_id
        spec = self._shortcuts.specs[action_id]
        self.title.setText(spec.title)
        self._say(tr(spec.tooltip))
        self.field.setAccessibleName(tr("New key for {title}: press it", title=spec.title))
        self.field.setToolTip(tr("Click here, then press the keys."))
        self._refresh()

    def show_nothing(self, text: str) -> None:
        """Shows why there is nothing to change."""
        self._action_id = ""
        self.title.setText("")
        self._say(text)
        self._refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.title, 1)
        head.addWidget(self.field)
        head.addWidget(self.reset_button)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self.message, 1)
        foot.addWidget(self.take_over_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(head)
        layout.addWidget(self._keys)
        layout.addLayout(foot)

    def _refresh(self) -> None:
        for button in self.key_buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        keys = self._shortcuts.keys(self._action_id) if self._action_id else ()
        self.key_buttons = [self._key_button(key) for key in keys]
        for button in self.key_buttons:
            self._row.addWidget(button)
            button.show()
        self._keys.setVisible(bool(keys))
        self._keys.updateGeometry()
        self.field.setEnabled(bool(self._action_id))
        if not self._action_id:
            self.field.setToolTip(tr(NOTHING))
        is_changed = bool(self._action_id) and self._shortcuts.is_changed(self._action_id)
        self.reset_button.setEnabled(is_changed)
        why_not = tr("These are the keys it came with.") if self._action_id else tr(NOTHING)
        self.reset_button.setToolTip(tr("Gives it the keys that it came with.") if is_changed else why_not)
        self._withdraw()

    def _key_button(self, key: QKeySequence) -> QPushButton:
        text = key.toString(NATIVE)
        button = QPushButton(icon("close"), text.replace("&", "&&"), self._keys, autoDefault=False)
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross behind the key
        button.setAccessibleName(tr("Take {text} away", text=text))
        button.setToolTip(tr("Take {text} away", text=text))
        button.clicked.connect(lambda: self._remove(key))
        return button

    def _say(self, text: str, role: str = "muted") -> None:
        self.message.setText(text)
        self.message.setProperty("role", role)
        self.message.style().polish(self.message)

    def _withdraw(self) -> None:
        self._offered = None
        self.take_over_button.hide()

    @Slot(QKeySequence)
    def _offer(self, key: QKeySequence) -> None:
        """Gives the action the pressed key, or says what stands in the way."""
        if key.isEmpty() or not self._action_id:
            return
        self._withdraw()
        self.field.clear()
        name, title = key.toString(NATIVE), self._shortcuts.specs[self._action_id].title
        fault, rivals = self._shortcuts.fault(self._action_id, key), self._rivals(key)
        if fault:
            self._say(fault, "error")
        elif key in self._shortcuts.keys(self._action_id):
            self._say(tr("{name} is a key of {title} already.", name=name, title=title))
        elif rivals:
            self._say(tr("{name} is a key of {rivals} now.", name=name, rivals=rivals), "warning")
            self._offered = key
            self.take_over_button.show()
            self.take_over_button.setFocus()
        else:
            self._shortcuts.add(self._action_id, key)
            self._say(tr("{name} is now a key of {title}.", name=name, title=title), "success")

    def _rivals(self, key: QKeySequence) -> str:
        rivals = self._shortcuts.rivals(self._action_id, key)
        return " and ".join(self._shortcuts.specs[rival].title for rival in rivals)

    @Slot()
    def _take_over(self) -> None:
        key = self._offered
        if key is None:
            return
        rivals = self._rivals(key)
        self._shortcuts.add(self._action_id, key)
        name, title = key.toString(NATIVE), self.title.text()
        self._say(
            tr(
                "{name} is now a key of {title}, and no longer of {rivals}.",
                name=name,
                title=title,
                rivals=rivals,
            ),
            "success",
        )
        self.field.setFocus()

    def _remove(self, key: QKeySequence) -> None:
        self._shortcuts.remove(self._action_id, key)
        self._say(tr("{name} does nothing now.", name=key.toString(NATIVE)))
        self.field.setFocus()

    @Slot()
    def _reset(self) -> None:
        self._shortcuts.reset(self._action_id)
        self._say(tr("{title} has the keys it came with.", title=self.title.text()), "success")
        self.field.setFocus()

    @Slot(str)
    def _follow(self, action_id: str) -> None:
        if action_id == self._action_id:
            self._refresh()
