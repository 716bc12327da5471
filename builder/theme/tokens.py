"""Colour tokens of both themes, as plain data.

Every colour is a "#rrggbb" string, so that tokens can be tested, compared and put in a stylesheet;
`Theme.color` turns one into a QColor for painting. Text tokens keep a contrast of 4.5:1 on every surface they
are meant for, graphics and outlines of controls 3:1. Two layer families are at least 0.06 apart in OKLab,
three times what can just be told apart, also for eyes without one kind of cone; none is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from PySide6.QtGui import QColor

GRID = 8  # pixels; paddings, gaps and sizes are multiples of it, or half of it inside a control
RADIUS = 4  # pixels; corner of a control
CARD_RADIUS = 6  # pixels; corner of a node, a card or a menu
CONTROL_HEIGHT = 26  # pixels; a button, a line edit, a combo box

# Words a category may start with, and the family it is drawn as.
_FAMILY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "input": "io",
        "output": "io",
        "linear": "linear",
        "convolution": "convolution",
        "backbone": "convolution",
        "pooling": "pooling",
        "upsampling": "pooling",
        "padding": "shape",
        "normalization": "normalization",
        "dropout": "regularization",
        "regularization": "regularization",
        "activation": "activation",
        "recurrent": "recurrent",
        "embedding": "embedding",
        "merge": "merge",
        "arithmetic": "merge",
        "shape": "shape",
        "tensor": "shape",
        "attention": "attention",
        "own": "io",
        "block": "block",
    }
)


@dataclass(frozen=True, eq=True)
class Theme:
    """All colours of one look; the same names exist in light and dark."""

    name: str
    is_dark: bool

    # surfaces
    window: str  # behind panels, tool bars, status bar
    surface: str  # fields, lists, code, plots
    raised: str  # buttons, menus, cards, tool tips
    hover: str  # a button or row under the mouse
    pressed: str  # a button held down
    border: str  # hairlines between areas
    border_strong: str  # outlines of controls, which alone say what a control is: 3:1 on every surface

    # text
    text: str
    text_muted: str
    text_disabled: str

    # meaning
    accent: str  # the one accent: primary button, focus ring, progress
    accent_hover: str
    accent_text: str  # links and accented words on a surface
    on_accent: str  # text on accent
    selection: str  # selected rows and text, behind `text`
    error: str
    warning: str
    success: str
    info: str
    error_soft: str  # backgrounds of banners and highlighted lines
    warning_soft: str
    success_soft: str
    info_soft: str

    # canvas
    canvas: str
    grid: str
    node_fill: str
    node_border: str
    node_hover: str  # border of the node under the mouse
    node_selected: str  # border of a selected node
    edge: str
    edge_hover: str
    edge_selected: str
    port: str
    port_refused: str
    marquee: str

    # code
    code_keyword: str
    code_string: str
    code_number: str
    code_comment: str
    code_name: str  # class and function names
    code_self: str
    code_line: str  # background of a highlighted line

    # plots
    plot_train: str
    plot_train_raw: str  # the unsmoothed curve behind plot_train
    plot_val: str
    plot_lr: str
    plot_grad: str
    plot_run1: str  # earlier runs, drawn over the one that is shown
    plot_run2: str
    plot_run3: str
    plot_run4: str
    plot_grid: str

    family: Mapping[str, str] = field(hash=False)
    frame: Mapping[str, str] = field(hash=False)  # by the names that frames have for colours

    def family_color(self, category: str) -> str:
        """The colour of a layer family; neutral grey for a category without one.

        The first known word decides ("Dropout", "Input/Output", "Shape operations"): a category can be
        reworded without losing its colour.
        """
        for word in category.casefold().replace("/", " ").split():
            for start, family in _FAMILY_WORDS.items():
                if word.startswith(start):
                    return self.family[family]
        return self.text_muted

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """A token ("accent") or "#rrggbb" as a QColor; alpha from 0 (clear) to 1."""
        color = QColor(token if token.startswith("#") else getattr(self, token))
        color.setAlphaF(alpha)
        return color


_LIGHT = Theme(
    name="light",
    is_dark=False,
    window="#f4f5f7",
    surface="#ffffff",
    raised="#ffffff",
    hover="#ebedf1",
    pressed="#e3e6eb",
    border="#dcdfe5",
    border_strong="#858c98",
    text="#1b1f26",
    text_muted="#59616e",
    text_disabled="#9aa1ac",
    accent="#2563d9",
    accent_hover="#1d54bf",
    accent_text="#1f58c4",
    on_accent="#ffffff",
    selection="#d6e4fd",
    error="#c5221f",
    warning="#8f5d00",
    success="#1a7a3a",
    info="#1f58c4",
    error_soft="#fdeceb",
    warning_soft="#fdf3dc",
    success_soft="#e4f5ea",
    info_soft="#e8f0fd",
    canvas="#f0f1f4",
    grid="#e1e4e9",
    node_fill="#ffffff",
    node_border="#c6cbd4",
    node_hover="#7f8897",
    node_selected="#2563d9",
    edge="#7d8696",
    edge_hover="#2563d9",
    edge_selected="#2563d9",
    port="#6c7585",
    port_refused="#c9cdd4",
    marquee="#2563d9",
    code_keyword="#8b2fa8",
    code_string="#22703a",
    code_number="#a8480a",
    code_comment="#616976",
    code_name="#1f58c4",
    code_self="#8b3d5e",
    code_line="#e6effe",
    plot_train="#1f5fd6",
    plot_train_raw="#b5ccf5",
    plot_val="#c25a00",
    plot_lr="#7a4fd0",
    plot_grad="#1d7f6d",
    plot_run1="#b0247a",
    plot_run2="#5d7300",
    plot_run3="#0b7c9e",
    plot_run4="#855230",
    plot_grid="#e7e9ee",
    family=MappingProxyType(
        {
            "io": "#4f5261",
            "linear": "#1633c2",
            "convolution": "#a55d00",
            "pooling": "#d758c3",
            "normalization": "#3a9581",
            "regularization": "#7b665c",
            "activation": "#968a04",
            "recurrent": "#a2000a",
            "embedding": "#0f7090",
            "merge": "#7e63ed",
            "shape": "#005727",
            "attention": "#77007a",
            "block": "#a648c1",
        }
    ),
    frame=MappingProxyType(
        {
            "neutral": "#6c7585",
            "blue": "#2563d9",
            "teal": "#1d7f6d",
            "green": "#2e7d32",
            "yellow": "#967000",
            "orange": "#c25a00",
            "red": "#c5221f",
            "purple": "#7a4fd0",
        }
    ),
)


_DARK = Theme(
    name="dark",
    is_dark=True,
    window="#1c1e22",
    surface="#222529",
    raised="#2b2e34",
    hover="#33373e",
    pressed="#373c43",
    border="#363a41",
    border_strong="#7a808b",
    text="#e7e9ec",
    text_muted="#a1a9b4",
    text_disabled="#6b727d",
    accent="#6aa3ff",
    accent_hover="#8ab7ff",
    accent_text="#85b4ff",
    on_accent="#0c1a30",
    selection="#233b62",
    error="#ff8178",
    warning="#e8b84a",
    success="#5fd07f",
    info="#85b4ff",
    error_soft="#43282a",
    warning_soft="#3d3422",
    success_soft="#223a2b",
    info_soft="#243349",
    canvas="#17191c",
    grid="#25282d",
    node_fill="#272a30",
    node_border="#454a53",
    node_hover="#7b8491",
    node_selected="#6aa3ff",
    edge="#7f8896",
    edge_hover="#6aa3ff",
    edge_selected="#6aa3ff",
    port="#98a1ae",
    port_refused="#444951",
    marquee="#6aa3ff",
    code_keyword="#d9a0f0",
    code_string="#93d6a0",
    code_number="#f0b07a",
    code_comment="#9ba4b1",
    code_name="#85b4ff",
    code_self="#f0a3bd",
    code_line="#263650",
    plot_train="#6aa3ff",
    plot_train_raw="#36527f",
    plot_val="#ffae57",
    plot_lr="#b79cff",
    plot_grad="#56c7b1",
    plot_run1="#ff8cc6",
    plot_run2="#b9d154",
    plot_run3="#62cdee",
    plot_run4="#d8a67a",
    plot_grid="#2e3238",
    family=MappingProxyType(
        {
            "io": "#b2b7cc",
            "linear": "#4c79fb",
            "convolution": "#f7a002",
            "pooling": "#bb5c84",
            "normalization": "#6ad081",
            "regularization": "#bb8a71",
            "activation": "#f1da01",
            "recurrent": "#ea4620",
            "embedding": "#2fe9f5",
            "merge": "#8f97fe",
            "shape": "#b2e8b4",
            "attention": "#ed54c1",
            "block": "#a156d1",
        }
    ),
    frame=MappingProxyType(
        {
            "neutral": "#98a1ae",
            "blue": "#6aa3ff",
            "teal": "#56c7b1",
            "green": "#6fcf7f",
            "yellow": "#e8c34a",
            "orange": "#ffae57",
            "red": "#ff8178",
            "purple": "#b79cff",
        }
    ),
)


def light() -> Theme:
    """The light theme."""
    return _LIGHT


def dark() -> Theme:
    """The dark theme."""
    return _DARK
