"""Editors for one parameter each, by the kind it declares: they show a value, and tell what was typed.

A value that does not suit is kept and told like any other: validation marks it, nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QToolButton,
    QWidget,
)

from builder.icons import icon
from builder.panels.choice_groups import Headings
from builder.panels.field_text import SEVERAL, UNSET, format_value
from builder.panels.number_field import NumberField, only_with_focus
from builder.panels.source_field import SourceField
from builder.panels.typed_text import TypedText, next_burst
from builder.texts import later, tr, tr_made
from graph.catalog.params import ParamSpec, Value

UNTYPED = ("bool", "choice")  # kinds whose editor takes no text, and so no expression
LEAST_CHOICE = 96  # pixels; the inspector is narrow
SEVERAL_TEXT = later("several")


class TextField(QLineEdit):
    """A line for lists and words."""

    edited = Signal(object, int)
    cancelled = Signal(int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.typing = TypedText(spec, self, self)
        self.typing.edited.connect(self.edited)
        self.typing.cancelled.connect(self.cancelled)
        self._words: QStringListModel | None = None

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self.typing.show_value(value)
        self.setPlaceholderText(hint)

    def offer(self, words: Sequence[str]) -> None:
        """Lists words that would do below the line, as far as they go with what is typed."""
        if self._words is None:
            self._words = QStringListModel(self)
            completer = QCompleter(self._words, self)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.activated.connect(self._take)
            self.setCompleter(completer)
        if self._words.stringList() != list(words):
            self._words.setStringList(list(words))

    @Slot(str)
    def _take(self, word: str) -> None:
        self.typing.enter(word)
        self.typing.finish()


class FlagField(QCheckBox):
    """A box to tick."""

    edited = Signal(object, int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = spec.default
        self.clicked.connect(lambda checked: self.edited.emit(checked, next_burst()))

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        shown = self._default if value is UNSET else value
        if isinstance(shown, bool):
            self.setTristate(False)
            self.setChecked(shown)
        else:
            self.setCheckState(Qt.CheckState.PartiallyChecked)
        text = tr(SEVERAL_TEXT) if shown is SEVERAL else format_value(shown)
        self.setText("" if isinstance(shown, bool) else text)


class ChoiceField(QComboBox):
    """A list to choose from; a value that is not in it is shown at its end.

    Args:
        titles: what choices are called on the screen, where not by themselves.
    """

    edited = Signal(object, int)

    def __init__(
        self, spec: ParamSpec, parent: QWidget | None = None, titles: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._choices = [str(choice) for choice in spec.bounds().get("choices", ())]
        self._titles = [
            tr_made(titles[each]) if titles and each in titles else each for each in self._choices
        ]
        for title, choice in zip(self._titles, self._choices, strict=True):
            self.addItem(title, choice)
        self._length = self.count()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPlaceholderText(tr(SEVERAL_TEXT))
        self.setMinimumContentsLength(6)
        self.setMinimumWidth(LEAST_CHOICE)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda index: self.edited.emit(self.itemData(index), next_burst()))

    @property
    def whole_width(self) -> int:
        """The width that shows each of its choices whole, in pixels."""
        self.ensurePolished()
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        longest = max(map(self.fontMetrics().horizontalAdvance, self._titles), default=0)
        inside = QSize(longest + 2, self.fontMetrics().height())
        kind = QStyle.ContentsType.CT_ComboBox
        return self.style().sizeFromContents(kind, option, inside, self).width()

    def show_groups(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Parts the choices by headings.

        Args:
            groups: the choices below each heading, in their order.
        """
        Headings(self, groups)
        self._length = self.count()

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        while self.count() > self._length:
            self.removeItem(self.count() - 1)
        if value is SEVERAL:
            self.setCurrentIndex(-1)
            return
        text = format_value(self._spec.default if value is UNSET else value)
        if text not in self._choices:
            self.addItem(text, text)
        self.setCurrentIndex(self.findData(text))

    def wheelEvent(self, event: QWheelEvent) -> None:
        only_with_focus(self, event, super().wheelEvent)


class PathField(QWidget):
    """A line for a file or a folder, with a button that lets one be chosen."""

    edited = Signal(object, int)
    cancelled = Signal(int)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = spec.bounds()
        self._line = TextField(spec, self)
        self._line.edited.connect(self.edited)
        self._line.cancelled.connect(self.cancelled)
        self._button = QToolButton(self)
        self._button.setIcon(icon("open"))
        self._button.setToolTip(tr("Choose a folder") if self._limits.get("folder") else tr("Choose a file"))
        self._button.clicked.connect(self._choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._line, 1)
        layout.addWidget(self._button)
        self.stops = (self._line, self._button)  # of the keys
        self.setFocusProxy(self._line)

    def show_value(self, value: Value, hint: str, fallback: Value) -> None:
        self._line.show_value(value, hint, fallback)

    def _choose(self) -> None:
        start = self._line.text()
        if self._limits.get("folder"):
            path = QFileDialog.getExistingDirectory(self, tr("Choose a folder"), start)
        else:
            patterns = " ".join(f"*{suffix}" for suffix in self._limits.get("suffixes", ()))
            path, _ = QFileDialog.getOpenFileName(
                self, tr("Choose a file"), start, tr("Data ({patterns})", patterns=patterns or "*")
            )
        if path:
            self._line.typing.enter(path)
            self._line.typing.finish()


Field = TextField | NumberField | FlagField | ChoiceField | PathField | SourceField
_BY_KIND: dict[str, type[Field]] = {
    "int": NumberField,
    "axis": NumberField,
    "float": NumberField,
    "ints": NumberField,
    "floats": NumberField,
    "bool": FlagField,
    "choice": ChoiceField,
    "path": PathField,
    "source": SourceField,
}


def make_field(spec: ParamSpec, parent: QWidget, as_text: bool = False) -> Field:
    """The editor for a parameter; one whose kind asks for nothing special is a line of text.

    Args:
        spec: of the parameter.
        parent: the form.
        as_text: whether a line of text is wanted, as its value is to be computed.
    """
    return (TextField if as_text else _BY_KIND.get(spec.kind, TextField))(spec, parent)


def set_invalid(field: QWidget, invalid: bool) -> None:
    """Marks an editor as holding something wrong, or takes the mark away."""
    _set_mark(field, "invalid", invalid)


def set_doubtful(field: QWidget, doubtful: bool) -> None:
    """Marks an editor as holding what most likely was not meant, or takes the mark away."""
    _set_mark(field, "doubtful", doubtful)


def _set_mark(field: QWidget, name: str, on: bool) -> None:
    if bool(field.property(name)) != on:
        field.setProperty(name, on)
        field.style().unpolish(field)
        field.style().polish(field)
