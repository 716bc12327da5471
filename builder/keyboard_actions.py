"""The actions that take the mouse's place on the canvas: go along edges, pick them, open and connect."""

from __future__ import annotations

from builder.actions import ActionSpec

_WAYS = (
    ("left", "&Left", "Goes to the layer that feeds the selected one, or to the start of the selected edge."),
    ("right", "&Right", "Goes to a layer that reads the selected one, or to the end of the selected edge."),
    ("up", "&Up", "Goes to the layer above among those with the same source or reader."),
    ("down", "&Down", "Goes to the layer below among those with the same source or reader."),
)

KEYBOARD_ACTIONS: tuple[ActionSpec, ...] = (
    *(ActionSpec(f"go.{way}", f"Go {text[1:].lower()}", "Graph", f"go_{way}", (f"Ctrl+{text[1:]}",), "", tip,
                 "canvas") for way, text, tip in _WAYS),
    ActionSpec(
        "go.next_edge", "Select &next edge", "Graph", "select_next_edge", ("Alt+Right",), "",
        "Selects the edges of the selected layer one after the other.", "canvas",
    ),
    ActionSpec(
        "go.previous_edge", "Select &previous edge", "Graph", "select_previous_edge", ("Alt+Left",), "",
        "Selects the edges of the selected layer one after the other, backwards.", "canvas",
    ),
    ActionSpec(
        "go.open", "&Open", "Graph", "open_selected", ("Return", "Enter"), "",
        "Enters the selected block; of a layer, goes to its parameters in the inspector.", "canvas",
    ),
    ActionSpec(
        "go.connect", "&Connect to...", "Graph", "connect_output", ("C",), "",
        "Lists the inputs that can take what the selected layer gives, and joins one.", "canvas",
    ),
    ActionSpec(
        "go.connect_input", "Connect &from...", "Graph", "connect_input", ("Shift+C",), "",
        "Lists the outputs that can feed the selected layer, and joins one.", "canvas",
    ),
)  # fmt: skip

CONNECT = ("go.connect", "go.connect_input")
GO = tuple(spec.id for spec in KEYBOARD_ACTIONS if spec.id not in ("go.open", *CONNECT))
