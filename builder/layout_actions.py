"""The actions that lay a graph out."""

from __future__ import annotations

from builder.actions import ActionSpec

LAYOUT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "arrange.layout",
        "&Lay out",
        "Arrange",
        "lay_out",
        ("L",),
        "layout",
        "Puts the selected layers, or all, in order along the flow; pinned ones stay.",
        "canvas",
    ),
    ActionSpec(
        "arrange.right",
        "Lay out left to &right",
        "Arrange",
        "lay_out_right",
        (),
        "",
        "Lays out so that the flow leads to the right; so does L from then on.",
        "canvas",
    ),
    ActionSpec(
        "arrange.down",
        "Lay out top to &bottom",
        "Arrange",
        "lay_out_down",
        (),
        "",
        "Lays out so that the flow leads down; so does L from then on.",
        "canvas",
    ),
)
LAYOUTS = tuple(spec.id for spec in LAYOUT_ACTIONS)
