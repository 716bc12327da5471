"""The strip below the inspector that explains the parameter that has the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from builder.panels.elided import ElidedLabel
from builder.panels.field_text import shown_default
from builder.panels.forms import SpecForm
from builder.texts import later, tr, tr_made
from builder.theme import GRID, font
from graph.catalog.params import ParamSpec

LINES = 3  # of text below the name
IDLE = "Click a parameter to read what it does. Drag a name sideways to change its number."
KIND_TEXT = {
    "int": later("integer"),
    "ints": later("integer"),
    "axis": later("index of a dim"),
    "float": later("number"),
    "bool": later("yes or no"),
    "choice": later("one of a list"),
    "text": later("text"),
    "source": later("Python source"),
    "arguments": later("values by name"),
    "path": later("path of a file"),
    "axes": later("list of dims"),
    "shape": later("list of sizes"),
    "floats": later("number or list"),
}


class HelpStrip(QFrame):
    """Follows the focus through the forms of a panel, so that help needs neither mouse nor patience.

    Args:
        panel: whose forms it explains.

    Signals:
        turned(): it now explains something else, or nothing.
    """

    turned = Signal()

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self.setProperty("role", "strip")
        self.name, self.text = ElidedLabel(self), QLabel(self)
        self.name.setFont(font("strong"))
        self.text.setWordWrap(True)
        self.text.setProperty("role", "muted")
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addWidget(self.text, 1)
        self.setFixedHeight((1 + LINES) * self.text.fontMetrics().lineSpacing() + 2 * GRID)
        self._explain(None)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    @property
    def is_idle(self) -> bool:
        """Whether it explains no parameter now."""
        return not self.name.text()

    @Slot("QWidget*", "QWidget*")
    def _follow(self, old: QWidget | None, now: QWidget | None) -> None:
        is_here = now is not None and self._panel.isAncestorOf(now)
        self._explain(_spec_at(now) if is_here else None)

    def _explain(self, spec: ParamSpec | None) -> None:
        self.name.setText(spec.name if spec else "")
        self.name.setVisible(spec is not None)
        self.text.setText(f"{tr_made(spec.help)} {limits_text(spec)}" if spec else tr(IDLE))
        self.text.setToolTip(self.text.text())
        self.turned.emit()


def limits_text(spec: ParamSpec) -> str:
    """What a parameter takes, in a sentence such as `Integer of at least 1; default 3`."""
    text = tr(KIND_TEXT.get(spec.kind, "value")) + _range_text(spec) + _choices_text(spec)
    if spec.inferred is not None:
        text += tr("; follows from the input when empty")
    elif default := shown_default(spec):
        text += tr("; default {default}", default=default)
    return f"{text[0].upper()}{text[1:]}."


def _choices_text(spec: ParamSpec) -> str:
    """What may stand in place of one integer."""
    if spec.kind != "ints":
        return ""
    words = "".join(f", {choice}" for choice in spec.bounds().get("choices", ()))
    names = ", ".join(spec.entries(2))
    return tr("{words}, or {names}", words=words, names=names) if names else words


def _range_text(spec: ParamSpec) -> str:
    bounds = spec.bounds()
    low, high = bounds.get("min"), bounds.get("max")
    if "above" in bounds:
        return tr(" above {low:g}", low=bounds["above"])
    if low is not None and high is not None:
        return (
            tr(" from {low:g} to {high:g}", low=low, high=high)
            if abs(high) < 10**6
            else tr(" of at least {low:g}", low=low)
        )
    return tr(" of at least {low:,}", low=low) if low is not None and low > -(10**6) else ""


def _spec_at(widget: QWidget | None) -> ParamSpec | None:
    """The parameter that a widget in a form belongs to."""
    while widget is not None:
        form, name = widget.parentWidget(), widget.objectName().partition(".")[0]
        if isinstance(form, SpecForm):
            return form.spec(name) if name in form.names else None
        widget = form
    return None
