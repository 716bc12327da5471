"""The hints for first use, and which of them are no longer needed."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Signal

from builder.texts import later

KEY = "hints/done"


@dataclass(frozen=True)
class Hint:
    """Something to try, told once.

    Args:
        id: what it is remembered by.
        title: what to do.
        text: what comes of it.
    """

    id: str
    title: str
    text: str


# The first one whose moment has come is shown.
HINTS = (
    Hint(
        "fix",
        later("Something does not fit yet"),
        later("Problems says what, and most of them one click mends."),
    ),
    Hint(
        "connect",
        later("Drag from a port"),
        later("To another port it connects; into the empty it offers what fits."),
    ),
    Hint(
        "train", later("Press Train"), later("The network learns, and its curves appear below while it does.")
    ),
    Hint(
        "add",
        later("Double-click, or press Space"),
        later("A few letters find every layer, and Enter adds it."),
    ),
)


class HintMemory(QObject):
    """Remembers which hints were followed or closed.

    Signals:
        changed(): a hint is not needed any more, or all are again.
    """

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def is_done(self, hint_id: str) -> bool:
        """Whether a hint is not to be shown any more."""
        return hint_id in self._done()

    def finish(self, *hint_ids: str) -> None:
        """Never shows these hints again."""
        done = self._done()
        new = [each for each in hint_ids if each not in done]
        if new:
            self._settings.setValue(KEY, [*done, *new])
            self.changed.emit()

    def finish_all(self) -> None:
        """Never shows a hint again."""
        self.finish(*(hint.id for hint in HINTS))

    def forget(self) -> None:
        """Shows all hints again, each at its moment."""
        self._settings.remove(KEY)
        self.changed.emit()

    def _done(self) -> list[str]:
        value = self._settings.value(KEY, [])
        return [value] if isinstance(value, str) else list(value or [])
