"""Forms that are kept for the next node of their kind: making widgets is what costs time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from builder.panels.forms import SpecForm

MOST_FORMS = 6  # that are kept: a change of theme dresses every widget, and a form is made in some ms

K = TypeVar("K")


class FormPool(QWidget, Generic[K]):
    """Shows one form at a time, and keeps those that were shown last.

    Args:
        make: gives a new form for a key.
    """

    def __init__(self, make: Callable[[K], SpecForm], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._kept: list[tuple[K, SpecForm]] = []  # the one shown last stands last
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_form(self, key: K) -> SpecForm:
        """The form of a key, in sight and in front of all others."""
        if not self._kept or self._kept[-1][0] != key:
            if self._kept:
                self._kept[-1][1].hide()
            self._kept.append((key, self._taken(key) or self._new(key)))
            while len(self._kept) > MOST_FORMS:
                self._kept.pop(0)[1].deleteLater()
        form = self._kept[-1][1]
        form.show()
        return form

    def _taken(self, key: K) -> SpecForm | None:
        """The form of a key out of those that are kept."""
        for index, (other, form) in enumerate(self._kept):
            if other == key:
                del self._kept[index]
                return form
        return None

    def _new(self, key: K) -> SpecForm:
        form = self._make(key)
        self._layout.addWidget(form)
        return form
