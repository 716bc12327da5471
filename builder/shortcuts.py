"""Which keys do what: the declared shortcuts, changed as somebody likes, and kept between sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from builder.actions import ActionSpec
from builder.texts import tr

GROUP = "shortcuts"
PORTABLE = QKeySequence.SequenceFormat.PortableText
NATIVE = QKeySequence.SequenceFormat.NativeText
CANVAS_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
EDITING_KEYS = (
    *CANVAS_KEYS, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter,
    Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_Insert, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Space, Qt.Key.Key_Menu,
)  # fmt: skip
_STRONG = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class Shortcuts(QObject):
    """The keys of every action, in all windows. A key does one thing: who takes it takes it from its holder.

    Args:
        specs: the actions with their declared keys.
        settings: keeps what differs from the declared keys; without any it is forgotten.

    Attributes:
        specs: the actions by id.

    Signals:
        changed(str): the action of this id has other keys.
    """

    changed = Signal(str)

    def __init__(
        self, specs: Iterable[ActionSpec], settings: QSettings | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.specs = {spec.id: spec for spec in specs}
        self._defaults = {spec.id: tuple(map(QKeySequence, spec.shortcuts)) for spec in self.specs.values()}
        self._keys = dict(self._defaults)
        self._restore()

    def keys(self, action_id: str) -> tuple[QKeySequence, ...]:
        """The keys of an action, the one that is shown first."""
        return self._keys[action_id]

    def text(self, action_id: str) -> str:
        """The keys of an action for people to read: `Ctrl+Y or Ctrl+Shift+Z`; Return is Enter to them."""
        told = {_for_people(key): key for key in reversed(self._keys[action_id])}
        return " or ".join(key.toString(NATIVE) for key in reversed(told.values()))

    def is_changed(self, action_id: str) -> bool:
        """Whether an action has other keys than the declared ones."""
        return self._keys[action_id] != self._defaults[action_id]

    def fault(self, action_id: str, key: QKeySequence) -> str:
        """Why a key cannot be given to an action at all; empty if it can."""
        name, combination = key.toString(NATIVE), key[0]
        bare = not combination.keyboardModifiers() & _STRONG
        if combination.key() in CANVAS_KEYS and bare:
            return tr(
                "{name} always moves or cancels on the canvas. Add Ctrl or Alt, or choose another key.",
                name=name,
            )
        if self.specs[action_id].scope == "canvas" or not bare:
            return ""
        if combination.key() in EDITING_KEYS or _is_typed(combination.key()):
            return tr(
                "{name} alone edits text, and this works while text is typed too. "
                "Add Ctrl or Alt, or choose a function key.",
                name=name,
            )
        return ""

    def rivals(self, action_id: str, key: QKeySequence) -> list[str]:
        """Ids of the other actions that have a key."""
        return [other for other, keys in self._keys.items() if other != action_id and key in keys]

    def add(self, action_id: str, key: QKeySequence) -> None:
        """Gives an action one more key, and takes that from whoever had it.

        Raises:
            ValueError: the action cannot have that key.
        """
        fault = self.fault(action_id, key)
        if fault:
            raise ValueError(fault)
        self._give(action_id, (*self._keys[action_id], key))

    def remove(self, action_id: str, key: QKeySequence) -> None:
        """Takes a key from an action."""
        self._give(action_id, (each for each in self._keys[action_id] if each != key))

    def reset(self, action_id: str) -> None:
        """Gives an action its declared keys, and takes them from whoever has them now."""
        self._give(action_id, self._defaults[action_id])

    def reset_all(self) -> None:
        """Gives every action its declared keys."""
        for action_id, keys in self._defaults.items():
            self._set(action_id, keys)

    def _give(self, action_id: str, keys: Iterable[QKeySequence]) -> None:
        wanted = tuple(dict.fromkeys(keys))
        for key in wanted:
            for rival in self.rivals(action_id, key):
                self._set(rival, tuple(each for each in self._keys[rival] if each != key))
        self._set(action_id, wanted)

    def _set(self, action_id: str, keys: tuple[QKeySequence, ...]) -> None:
        if keys == self._keys[action_id]:
            return
        self._keys[action_id] = keys
        if self._settings is not None:
            if self.is_changed(action_id):
                text = QKeySequence.listToString(list(keys), PORTABLE)
                self._settings.setValue(f"{GROUP}/{action_id}", text)
            else:
                self._settings.remove(f"{GROUP}/{action_id}")
        self.changed.emit(action_id)

    def _restore(self) -> None:
        """Reads what was kept. A key that somebody chose wins over one that was declared since then."""
        chosen = dict(self._stored())
        taken = {key for keys in chosen.values() for key in keys}
        for action_id, keys in self._defaults.items():
            self._keys[action_id] = chosen.get(action_id, tuple(key for key in keys if key not in taken))

    def _stored(self) -> Iterator[tuple[str, tuple[QKeySequence, ...]]]:
        """What was kept, as far as it holds: a key once, and only where it can be given."""
        taken = set[QKeySequence]()
        for action_id in self._defaults:
            text = self._settings.value(f"{GROUP}/{action_id}") if self._settings is not None else None
            if not isinstance(text, str):
                continue
            read = QKeySequence.listFromString(text, PORTABLE)
            keys = [key for key in read if _is_one(key) and key not in taken]
            taken.update(keys)
            yield action_id, tuple(key for key in keys if not self.fault(action_id, key))


def trigger(widget: QWidget, key: Qt.Key) -> None:
    """Does what a key of a widget's actions does, where the widget takes that key for itself first."""
    sequence = QKeySequence(key)
    for action in widget.actions():
        if sequence in action.shortcuts():
            action.trigger()
            return


def _is_one(key: QKeySequence) -> bool:
    """Whether it is one combination of keys that Qt knows."""
    return key.count() == 1 and key[0].key() != Qt.Key.Key_unknown


def _is_typed(key: Qt.Key) -> bool:
    """Whether a key writes a character when no modifier is held."""
    return key < Qt.Key.Key_Escape


def _for_people(key: QKeySequence) -> tuple[object, ...]:
    """A key sequence, equal for the two keys that both are Enter to people."""
    pressed = (key[index] for index in range(key.count()))
    return tuple(
        (each.keyboardModifiers(), Qt.Key.Key_Enter if each.key() == Qt.Key.Key_Return else each.key())
        for each in pressed
    )
