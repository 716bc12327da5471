"""What instances of a block may set, as a form: one card for each parameter, and a button for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from builder.icons import icon
from builder.panels.field_text import UNSET
from builder.panels.fields import Field, FlagField, make_field, set_invalid
from builder.panels.name_field import NameField
from builder.panels.typed_text import leaves_history, next_burst
from builder.session import Session
from builder.texts import later, tr, tr_made
from builder.theme import GRID
from graph.block_edits import RemoveBlockParam, RenameBlockParam, SetBlockParams
from graph.block_params import KINDS, param_spec
from graph.catalog.params import Value
from graph.document import BlockParam, EditError

STEM = "value"
KIND_NAMES = {
    "int": later("integer"),
    "float": later("number"),
    "bool": later("yes or no"),
    "str": later("text"),
}
_EMPTY: Mapping[str, Value] = {"int": 1, "float": 0.0, "bool": False, "str": ""}
_NONE = (
    "None yet. Right-click the name of a layer's parameter to make it one of the block, or add one here"
    " and let layers read it as =name."
)


class BlockParamsForm(QWidget):
    """Edits the parameters of the block that is shown; every change is a step that can be undone."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._params: tuple[BlockParam, ...] = ()
        self.cards: list[ParamCard] = []
        self._hint = QLabel(tr(_NONE), self)
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self.add_button = QPushButton(icon("plus"), tr("Add parameter"), self)
        self.add_button.setToolTip(tr("Something that every instance can set by itself"))
        self.add_button.clicked.connect(self._add)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID)
        self._layout.addWidget(self._hint)
        self._layout.addWidget(self.add_button)

    def show_params(self, params: Sequence[BlockParam]) -> None:
        """Shows these parameters, without disturbing who is typing in one of them."""
        self._params = tuple(params)
        while len(self.cards) > len(params):
            card = self.cards.pop()
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(params):
            self._add_card()
        for card, param in zip(self.cards, params, strict=True):
            card.show_param(param)
        self._hint.setVisible(not params)

    def _add_card(self) -> None:
        card = ParamCard(self._session, len(self.cards), self)
        card.changed.connect(self._change)
        self._layout.insertWidget(len(self.cards) + 1, card)
        self.cards.append(card)

    @Slot()
    def _add(self) -> None:
        taken = {param.name for param in self._params}
        names = (STEM, *(f"{STEM}{number}" for number in range(2, len(taken) + 3)))
        new = BlockParam(next(name for name in names if name not in taken), "int", _EMPTY["int"])
        if self._session.apply(SetBlockParams(self._block, (*self._params, new))):
            line = self.cards[-1].name.line
            line.setFocus()
            line.selectAll()

    @Slot(int, object, object)
    def _change(self, index: int, param: BlockParam, key: object) -> None:
        """Puts a parameter in another's place; its card says why if that is refused."""
        params = (*self._params[:index], param, *self._params[index + 1 :])
        try:
            self._session.submit(SetBlockParams(self._block, params), key)
        except EditError as error:
            self.cards[index].refuse(tr_made(str(error)))
        else:
            self.cards[index].refuse("")

    @property
    def _block(self) -> str:
        return self._session.block or ""


class ParamCard(QFrame):
    """One parameter: name, kind, default and help.

    Signals:
        changed(index, BlockParam, key): it is to be another; edits with the same key are one step.
    """

    changed = Signal(int, object, object)

    def __init__(self, session: Session, index: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._index = session, index
        self._param = BlockParam("", "int", 0)
        self._burst = next_burst()
        self.setProperty("role", "card")
        self.name = NameField(session, self._rename, self)
        self.name.line.setAccessibleName(tr("Name of the parameter"))
        self.kind = QComboBox(self)
        for kind in KINDS:
            self.kind.addItem(tr(KIND_NAMES[kind]), kind)
        self.kind.setToolTip(tr("What kind of value it takes"))
        self.kind.setAccessibleName(tr("Kind of value"))
        self.kind.activated.connect(self._choose_kind)
        self.remove_button = QToolButton(self)
        self.remove_button.setIcon(icon("delete"))
        self.remove_button.setIconSize(QSize(2 * GRID, 2 * GRID))
        self.remove_button.setAccessibleName(tr("Remove the parameter"))
        self.remove_button.setToolTip(tr("Removes it; what reads it has its default from then on"))
        self.remove_button.clicked.connect(self._remove)
        self.help = QLineEdit(self)
        self.help.setPlaceholderText(tr("What it is for"))
        self.help.setAccessibleName(tr("What the parameter is for"))
        self.help.textEdited.connect(self._explain)
        self.help.editingFinished.connect(self._end_burst)
        self.help.installEventFilter(self)
        self.default: Field = make_field(param_spec(self._param), self)
        self._refusal = QLabel(self)
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self._lay_out()
        self._make_default(self._param)

    @property
    def refusal(self) -> str:
        """Why the default that was typed is not taken."""
        return self._refusal.text()

    def show_param(self, param: BlockParam) -> None:
        """Shows a parameter."""
        before, self._param = self._param, param
        if param.kind != before.kind:
            self._make_default(param)
        self.name.show_name(param.name)
        self.kind.setCurrentIndex(self.kind.findData(param.kind))
        self.default.show_value(param.default, "", param.default)
        if self.help.text() != param.help:
            self.help.setText(param.help)
            self.help.setCursorPosition(0)  # a long text shows its beginning
        if param.default != before.default:
            self.refuse("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return leaves_history(event)

    def refuse(self, reason: str) -> None:
        """Says why the default that was typed is not taken; an empty reason takes that back."""
        self._refusal.setText(reason)
        self._refusal.setVisible(bool(reason))
        set_invalid(self.default, bool(reason))

    def _make_default(self, param: BlockParam) -> None:
        old, self.default = self.default, make_field(param_spec(param), self)
        self.default.setAccessibleName(tr("Default"))
        self.default.setToolTip(tr("What an instance has that does not set it"))
        self.default.edited.connect(self._set_default)
        if not isinstance(self.default, FlagField):
            self.default.cancelled.connect(self._take_back)
        self._row.replaceWidget(old, self.default)
        old.hide()
        old.deleteLater()
        self.default.show()

    def _rename(self, name: str) -> RenameBlockParam:
        return RenameBlockParam(self._session.block or "", self._param.name, name)

    @Slot(int)
    def _choose_kind(self, index: int) -> None:
        kind = self.kind.itemData(index)
        if kind != self._param.kind:
            self._tell(replace(self._param, kind=kind, default=_as_kind(self._param.default, kind)))

    @Slot(object, int)
    def _set_default(self, value: Value, burst: int) -> None:
        default = _EMPTY[self._param.kind] if value is UNSET else value
        self._tell(replace(self._param, default=default), ("default", self._index, burst))

    @Slot(int)
    def _take_back(self, burst: int) -> None:
        self._session.take_back(("default", self._index, burst))

    @Slot(str)
    def _explain(self, text: str) -> None:
        self._tell(replace(self._param, help=text), ("help", self._index, self._burst))

    @Slot()
    def _end_burst(self) -> None:
        self._burst = next_burst()

    @Slot()
    def _remove(self) -> None:
        self._session.apply(RemoveBlockParam(self._session.block or "", self._param.name))

    def _tell(self, param: BlockParam, key: object = None) -> None:
        self.changed.emit(self._index, param, key)

    def _lay_out(self) -> None:
        caption = QLabel("default", self)
        caption.setProperty("role", "muted")
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        self._row = QHBoxLayout()
        self._row.addWidget(self.kind)
        self._row.addWidget(caption)
        self._row.addWidget(self.default, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID // 2)
        layout.addLayout(head)
        layout.addLayout(self._row)
        layout.addWidget(self._refusal)
        layout.addWidget(self.help)


def _as_kind(value: Value, kind: str) -> Value:
    """A default as close to the present one as another kind allows."""
    if kind == "float" and type(value) is int:
        return float(value)
    if kind == "int" and type(value) is float and value.is_integer():
        return int(value)
    return str(value) if kind == "str" and not isinstance(value, bool) else _EMPTY[kind]
