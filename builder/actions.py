"""Everything a person can do from a menu, a key or a button, as data; and the QActions made from it.

An action is declared once in ACTIONS. Menus, tool bars, context menus and the command palette all show the
same QAction, so that text, shortcut, and whether and why it is disabled agree everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from builder.icons import icon
from builder.texts import tr

Scope: TypeAlias = Literal["window", "canvas"]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action.

    Attributes:
        id: stable name, "edit.undo"; what shortcuts are remapped by.
        text: menu text; "&" marks the mnemonic, "..." that a dialog follows.
        category: menu it stands in and heading in the command palette.
        handler: name of the method that does it.
        shortcuts: the first is shown, all work. "Ctrl" is Command on macOS.
        icon: a name `builder.icons.icon` knows; empty for none.
        tooltip: one sentence on what it does.
        scope: "canvas" shortcuts work only while the canvas has focus, so that typing elsewhere stays typing.
        checkable: keeps a state; the handler gets it as a bool.
    """

    id: str
    text: str
    category: str
    handler: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    scope: Scope = "window"
    checkable: bool = False

    @property
    def title(self) -> str:
        """The text as the command palette shows it: no mnemonic, no dots."""
        return tr(self.text).replace("&", "").removesuffix("...")


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.new", "&New", "File", "new_project", ("Ctrl+N",), "new", "Starts an empty project."),
    ActionSpec("file.open", "&Open...", "File", "open_project", ("Ctrl+O",), "open", "Opens a project file."),
    ActionSpec("file.save", "&Save", "File", "save_project", ("Ctrl+S",), "save", "Saves the project."),
    ActionSpec(
        "file.save_as",
        "Save &as...",
        "File",
        "save_project_as",
        ("Ctrl+Shift+S",),
        "save-as",
        "Saves the project under another name.",
    ),
    ActionSpec(
        "file.export_python",
        "Export &Python...",
        "File",
        "export_python",
        ("Ctrl+E",),
        "code",
        "Writes the model as a Python file that needs torch only.",
    ),
    ActionSpec(
        "file.export_onnx",
        "Export &ONNX...",
        "File",
        "export_onnx",
        ("Ctrl+Shift+E",),
        "export",
        "Writes the model as ONNX and compares it with the live one.",
    ),
    ActionSpec("file.quit", "&Quit", "File", "quit", ("Ctrl+Q",), "", "Closes all windows."),
    ActionSpec("edit.undo", "&Undo", "Edit", "undo", ("Ctrl+Z",), "undo", "Takes back the last change."),
    ActionSpec(
        "edit.redo",
        "&Redo",
        "Edit",
        "redo",
        ("Ctrl+Y", "Ctrl+Shift+Z"),
        "redo",
        "Does again what was taken back.",
    ),
    ActionSpec(
        "edit.cut",
        "Cu&t",
        "Edit",
        "cut",
        ("Ctrl+X",),
        "cut",
        "Moves the selection to the clipboard.",
        "canvas",
    ),
    ActionSpec(
        "edit.copy", "&Copy", "Edit", "copy", ("Ctrl+C",), "copy", "Copies the selection as text.", "canvas"
    ),
    ActionSpec(
        "edit.paste",
        "&Paste",
        "Edit",
        "paste",
        ("Ctrl+V",),
        "paste",
        "Adds nodes from the clipboard.",
        "canvas",
    ),
    ActionSpec(
        "edit.duplicate",
        "&Duplicate",
        "Edit",
        "duplicate",
        ("Ctrl+D",),
        "duplicate",
        "Adds a copy of the selection beside it.",
        "canvas",
    ),
    ActionSpec(
        "edit.delete",
        "De&lete",
        "Edit",
        "delete_selection",
        ("Del", "Backspace"),
        "delete",
        "Removes the selected nodes and edges.",
        "canvas",
    ),
    ActionSpec(
        "edit.select_all",
        "Select &all",
        "Edit",
        "select_all",
        ("Ctrl+A",),
        "select-all",
        "Selects every node.",
        "canvas",
    ),
    ActionSpec(
        "edit.rename", "Re&name", "Edit", "rename_selected", ("F2",), "rename", "Renames the node.", "canvas"
    ),
    ActionSpec(
        "edit.add_node",
        "Add &layer...",
        "Edit",
        "add_node_at_cursor",
        ("Space", "Tab", "Shift+A"),
        "plus",
        "Searches the layers and adds one at the cursor.",
        "canvas",
    ),
    ActionSpec(
        "view.fit", "&Fit", "View", "fit_view", ("F",), "fit", "Shows the selection, or everything.", "canvas"
    ),
    ActionSpec(
        "view.zoom_in", "Zoom &in", "View", "zoom_in", ("Ctrl++", "Ctrl+="), "zoom-in", "Shows less, larger."
    ),
    ActionSpec(
        "view.zoom_out", "Zoom &out", "View", "zoom_out", ("Ctrl+-",), "zoom-out", "Shows more, smaller."
    ),
    ActionSpec("view.zoom_reset", "&Actual size", "View", "zoom_reset", ("Ctrl+0",), "", "Zooms to 100 %."),
    ActionSpec(
        "view.theme_system", "&System theme", "View", "use_system_theme", (), "", "Follows the system."
    ),
    ActionSpec("view.theme_light", "&Light theme", "View", "use_light_theme", (), "sun", "Stays light."),
    ActionSpec("view.theme_dark", "&Dark theme", "View", "use_dark_theme", (), "moon", "Stays dark."),
    ActionSpec(
        "run.train", "&Train", "Run", "train", ("Ctrl+Enter", "Ctrl+Return"), "play", "Trains the model."
    ),
    ActionSpec(
        "run.pause",
        "&Pause",
        "Run",
        "pause_training",
        ("Ctrl+Shift+Enter", "Ctrl+Shift+Return"),
        "pause",
        "Holds training after the current step, or goes on.",
    ),
    ActionSpec(
        "run.stop", "&Stop", "Run", "stop_training", ("Ctrl+.",), "stop", "Finishes the step, saves, stops."
    ),
)


class Actions:
    """The QActions of a window, one per spec."""

    def __init__(self, parent: QObject, specs: Iterable[ActionSpec] = ACTIONS) -> None:
        """Makes the actions, owned by `parent`.

        Raises:
            ValueError: two specs share an id or a shortcut; the canvas is in the window, so scopes overlap.
        """
        self._specs = {spec.id: spec for spec in _checked(tuple(specs))}
        self._actions = {spec.id: _make(spec, parent) for spec in self._specs.values()}
        self._reasons: dict[str, str] = {}
        self._handlers: dict[str, Callable[..., object]] = {}
        self._bind_rest: Callable[[], object] | None = None
        for spec in self:
            self._listen(spec)

    def __getitem__(self, action_id: str) -> QAction:
        """The QAction of an id. Raises KeyError for an unknown one."""
        return self._actions[action_id]

    def __iter__(self) -> Iterator[ActionSpec]:
        """Every spec in declared order, for a command palette or a list of shortcuts."""
        return iter(self._specs.values())

    def in_category(self, category: str) -> list[QAction]:
        """The actions of a menu, in declared order."""
        return [self._actions[spec.id] for spec in self if spec.category == category]

    def bind(self, *owners: object, rest: Callable[[], object] | None = None) -> None:
        """Gives each action that has no handler yet that of the first owner that has it.

        Args:
            owners: whose methods they are.
            rest: called when an action that is left is used; it binds them.

        Raises:
            AttributeError: names every handler that no owner has, so that no button is dead; not with `rest`.
        """
        left = [spec for spec in self if spec.id not in self._handlers]
        found = {spec.id: _handler(spec.handler, owners) for spec in left}
        missing = [f"{spec.id} needs {spec.handler}()" for spec in left if found[spec.id] is None]
        if missing and rest is None:
            raise AttributeError(f"No handler for: {'; '.join(missing)}.")
        self._handlers.update({name: handler for name, handler in found.items() if handler is not None})
        self._bind_rest = rest

    def install(self, scope: Scope, widget: QWidget) -> None:
        """Makes shortcuts work: those of the window all over it, those of the canvas only there."""
        for spec in self:
            if spec.scope == scope:
                widget.addAction(self._actions[spec.id])

    def enable(self, action_id: str) -> None:
        """Makes an action available."""
        if self._reasons.pop(action_id, None) is not None or not self._actions[action_id].isEnabled():
            self._refresh(action_id, enabled=True)

    def disable(self, action_id: str, reason: str) -> None:
        """Greys an action out; its tool tip then says why ("Nothing to undo.")."""
        if self._reasons.get(action_id) != reason or self._actions[action_id].isEnabled():
            self._reasons[action_id] = reason
            self._refresh(action_id, enabled=False)

    def set_enabled(self, action_id: str, enabled: bool, reason: str) -> None:
        """Enables or, with the reason it then shows, disables an action."""
        if enabled:
            self.enable(action_id)
        else:
            self.disable(action_id, reason)

    def why_disabled(self, action_id: str) -> str:
        """Why an action is greyed out; empty while it is available."""
        return self._reasons.get(action_id, "")

    def set_text(self, action_id: str, text: str) -> None:
        """Shows another text: "Resume" in place of "Pause", "Undo move" in place of "Undo"."""
        self._actions[action_id].setText(text)
        self._refresh(action_id, enabled=self._actions[action_id].isEnabled())

    def set_icon(self, action_id: str, name: str) -> None:
        """Shows another icon, of this name."""
        self._actions[action_id].setIcon(icon(name))

    def set_shortcuts(self, action_id: str, keys: Iterable[QKeySequence]) -> None:
        """Gives an action other keys; the first is shown, all work."""
        action = self._actions[action_id]
        action.setShortcuts(list(keys))
        self._refresh(action_id, enabled=action.isEnabled())

    def _listen(self, spec: ActionSpec) -> None:
        self._actions[spec.id].triggered.connect(lambda checked: self._act(spec, checked))

    def _act(self, spec: ActionSpec, checked: bool) -> None:
        if spec.id not in self._handlers and self._bind_rest is not None:
            self._bind_rest()
        if self._actions[spec.id].isEnabled():  # binding may have found that it makes no sense now
            handler = self._handlers[spec.id]
            handler(checked) if spec.checkable else handler()

    def _refresh(self, action_id: str, enabled: bool) -> None:
        action = self._actions[action_id]
        action.setEnabled(enabled)
        text = _tool_tip(action, self._specs[action_id], self.why_disabled(action_id))
        action.setToolTip(text)
        action.setStatusTip(self.why_disabled(action_id) or tr(self._specs[action_id].tooltip))


def _checked(specs: tuple[ActionSpec, ...]) -> tuple[ActionSpec, ...]:
    taken: dict[str, str] = {}
    for spec in specs:
        for key in (spec.id, *spec.shortcuts):
            if key in taken:
                raise ValueError(f"{spec.id} and {taken[key]} share {key!r}. Give one of them another.")
            taken[key] = spec.id
    return specs


def _make(spec: ActionSpec, parent: QObject) -> QAction:
    action = QAction(tr(spec.text), parent)
    action.setObjectName(spec.id)
    action.setCheckable(spec.checkable)
    action.setShortcuts([QKeySequence(shortcut) for shortcut in spec.shortcuts])
    if spec.icon:
        action.setIcon(icon(spec.icon))
    if spec.scope == "canvas":
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.setToolTip(_tool_tip(action, spec, ""))
    action.setStatusTip(tr(spec.tooltip))
    return action


def _tool_tip(action: QAction, spec: ActionSpec, reason: str) -> str:
    """Title and shortcut, and below them what the action does or why it cannot."""
    title = action.text().replace("&", "").removesuffix("...")
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    head = f"{title} ({keys})" if keys else title
    return "\n".join(line for line in (head, reason or tr(spec.tooltip)) if line)


def _handler(name: str, owners: tuple[object, ...]) -> Callable[..., object] | None:
    return next((getattr(owner, name) for owner in owners if callable(getattr(owner, name, None))), None)
