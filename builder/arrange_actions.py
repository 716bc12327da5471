"""The actions that arrange what is on the canvas: frames, notes, pins, bypasses, lines and gaps."""

from __future__ import annotations

from builder.actions import ActionSpec
from graph.annotations import COLORS

_LINES = (
    ("left", "Align &left", "Brings the left edges of the selected layers in line."),
    ("centre_x", "Align &centres", "Puts the selected layers above each other, centre under centre."),
    ("right", "Align &right", "Brings the right edges of the selected layers in line."),
    ("top", "Align &top", "Brings the upper edges of the selected layers in line."),
    ("centre_y", "Align &middles", "Puts the selected layers side by side, middle beside middle."),
    ("bottom", "Align &bottom", "Brings the lower edges of the selected layers in line."),
)
_GAPS = (
    ("across", "Distribute &across", "Makes the gaps from left to right equal."),
    ("down", "Distribute &down", "Makes the gaps from top to bottom equal."),
)

ARRANGE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "edit.select_upstream", "Select &upstream", "Edit", "select_upstream", ("Ctrl+Shift+Left",), "",
        "Selects everything that leads to the selected layers too.", "canvas",
    ),
    ActionSpec(
        "edit.select_downstream", "Select do&wnstream", "Edit", "select_downstream", ("Ctrl+Shift+Right",),
        "", "Selects everything that the selected layers lead to too.", "canvas",
    ),
    ActionSpec(
        "graph.replace", "&Replace with...", "Graph", "replace_selected", ("Ctrl+Shift+R",), "refresh",
        "Puts another type in the layer's place; edges and shared parameters stay.", "canvas",
    ),
    ActionSpec(
        "graph.bypass", "&Bypass", "Graph", "toggle_bypassed", ("Ctrl+B",), "",
        "Leaves the selected layers out: their input goes on to their readers.", "canvas",
    ),
    ActionSpec(
        "graph.reroute", "Add reroute &point", "Graph", "add_reroute", (), "",
        "Lets the selected edges run through a point that can be moved.", "canvas",
    ),
    ActionSpec(
        "graph.pin", "&Pin", "Arrange", "toggle_pinned", ("P",), "",
        "Automatic layout and alignment leave pinned layers where they are.", "canvas",
    ),
    ActionSpec(
        "graph.frame", "&Frame selection", "Arrange", "frame_selection", ("Ctrl+Shift+G",), "",
        "Puts a titled frame around what is selected; moved by its title, it takes along what is in it.",
        "canvas",
    ),
    ActionSpec("graph.note", "Add &note", "Arrange", "add_note", ("N",), "", "Adds a text.", "canvas"),
    *(ActionSpec(f"align.{key}", text, "Arrange", f"align_{key}", (), "", tip, "canvas")
      for key, text, tip in _LINES),
    *(ActionSpec(f"distribute.{key}", text, "Arrange", f"distribute_{key}", (), "", tip, "canvas")
      for key, text, tip in _GAPS),
    *(ActionSpec(f"frame.{color}", color.capitalize(), "Arrange", f"color_{color}", (), "",
                 f"Makes the selected frames {color}.", "canvas") for color in COLORS),
)  # fmt: skip

ALIGN = (*(f"align.{key}" for key, _, _ in _LINES), *(f"distribute.{key}" for key, _, _ in _GAPS))
COLOR = tuple(f"frame.{color}" for color in COLORS)
