"""No text of the window is left out of the translation layer: neither in the code nor on the screen."""

import ast
import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)

from builder.canvas.hover_text import hover_html
from builder.canvas.menu import ON_FRAME, ON_NODE, context_menu
from builder.fix_all_dialog import FixAllDialog
from builder.fix_planning import FixPlanning
from builder.panels.plan_edits import SETTING
from builder.review_dialog import ReviewDialog
from builder.texts import MARKS, Catalog, PseudoCatalog, tr_made
from graph.catalog import CATALOG
from graph.document import PortRef
from graph.edits import Connect, RemoveNodes, SetParams
from graph.problems import message
from graph.templates import template, templates
from runtime.data.choices import SETTINGS as DATA_SETTINGS
from runtime.data.transform_choices import TRANSFORMS
from runtime.output_choices import OUTPUT_SETTINGS
from runtime.plan import TABLES
from tests.builder.test_reasons import all_menus
from tests.graph.block_drawings import deep
from tests.literals import ROOT, tree_of
from tests.translations import read_modules, texts, window_modules

# What reads like English and is none: names of things, keys of a mapping, what another program understands.
NAMES = {
    "Netloom", "{0}[*] – Netloom", "Python {0}", "PySide6-Essentials", "Untitled", "Block", "trial of ",
    "Resize", "Fusion", "QWidget*", "Helvetica, Arial, sans-serif", "Title", "Drawn with Netloom", "fix all",
    "Mode", "Theme", "{0}: {1}. Expected an object with texts.",
    "This plugin does not support propagateSizeHints()",
}  # fmt: skip
# They speak on the command line, are themselves the list of actions, or sort layer types by their families.
SPEAK_ELSEWHERE = {"cli.py", "display.py", "command.py", "options.py", "layer_search.py"}
FINDS_BY_TITLE = {"main_window.py", "workspace.py", "headline.py", "files.py", "plan_form.py"}


def test_every_text_in_the_code_goes_through_the_translation_layer():
    known, left = texts(), []
    for path, others in read_modules(window_modules()).others.items():
        if path.name not in SPEAK_ELSEWHERE and not path.name.endswith("actions.py"):
            names = NAMES | titles_in(path, known)
            ours = [each for each in others if each.text not in names]
            left += [f"{path.relative_to(ROOT)}:{each.line}: {each.text!r}" for each in ours]
    assert left == []
    assert {"Search layers", "{count} problems", "{0} has no output called {1}", "Delete {0}"} <= known.keys()


def titles_in(path, known):
    """The texts that are keys by which a module finds something that has its title elsewhere."""
    return known.keys() if path.name in FINDS_BY_TITLE else set()


def test_a_text_that_is_not_translated_is_found(tmp_path):
    path = tmp_path / "panel.py"
    path.write_text(
        'HINT = "Click it."\nLOST = "Drag it."\n\n\ndef show(label, name):\n    """Shows it all."""\n'
        '    label.setText(tr(HINT))\n    label.setToolTip(f"Deletes {name}")\n'
        '    label.setText("Ready" if name else tr("Not ready"))\n    label.setObjectName("Main label")\n'
    )
    reading = read_modules([path])
    assert [each.text for each in reading.translated] == ["Click it.", "Not ready"]
    assert [each.text for each in reading.others[path]] == ["Drag it.", "Deletes {0}", "Ready"]


def test_no_text_is_translated_before_a_language_is_there():
    early = []
    for path in window_modules():
        for statement in tree_of(path).body:
            if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
                names = {getattr(call.func, "id", "") for call in calls}
                early += [f"{path.name}:{statement.lineno}"] if names & {"tr", "tr_made", "tr_count"} else []
    assert early == []


# -- messages with values in them


GERMAN = {
    "nothing feeds {0}": "{0} bekommt nichts",
    "it follows {0} with no activation between them": "es folgt ohne Aktivierung auf {0}",
    "Expected {0}.": "Erwartet: {0}.",
    "a bend between the two, such as a ReLU": "ein Knick dazwischen, etwa ReLU",
    "In {0}: {1}": "In {0}: {1}",
    "Insert {0}": "{0} einfügen",
}


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Insert Flatten", "Flatten einfügen"),
        ("In Stem: Insert Flatten", "In Stem: Flatten einfügen"),
        ("attn1: nothing feeds key.", "attn1: key bekommt nichts."),
        ("Nothing feeds key.", "Key bekommt nichts."),
        (
            message(
                "fc2",
                "it follows fc1 with no activation between them",
                "a bend between the two, such as a ReLU",
            ),
            "fc2: es folgt ohne Aktivierung auf fc1. Erwartet: ein Knick dazwischen, etwa ReLU.",
        ),
        ("attn1: nothing feeds key. Draw an edge.", "attn1: key bekommt nichts. Draw an edge."),
        ("Rename node", "Rename node"),
    ],
)
def test_what_the_graph_says_is_translated_with_its_values(installed, english, german):
    installed(Catalog(GERMAN))
    assert tr_made(english) == german


# -- on the screen

UNITS = "MAC MACs FLOP FLOPs kMAC MMAC GMAC kFLOP MFLOP GFLOP KiB MiB GiB min ms lr"
TYPES = "True False None float float32 int int64 bool cpu cuda mps auto amp bfloat16 float16"
OTHER_NAMES = "Netloom PyTorch Untitled"
# Qt translates these itself, where it has the language: its names of keys, and of its own parts.
OF_QT = "Ctrl Shift Alt Esc Enter Del Return Space Tab Backspace Up Down Left Right"
PARTS_OF_QT = {
    "Undocks and re-attaches the dock widget", "Closes the dock widget", "Float", "Close", "Cancel",
    "Scroll Left", "Scroll Right", "Press shortcut",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]{2,}")
CUT = re.compile(r"[^\W_]*…")  # the last word of a name that is too long for its place
OPEN, CLOSE = MARKS


def unmarked(text):
    """What of a text lies outside of all marks."""
    depth, left = 0, []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        left.append(" " if depth or letter in MARKS else letter)
    return "".join(left)


def names_in(window):
    """Words that are the same in every language: types, parameters, ports, and what people called things."""
    project = window.session.project
    words = [*CATALOG, UNITS, TYPES, OTHER_NAMES, OF_QT, project.name, *project.blocks]
    tables = [*TABLES.values(), TRANSFORMS]
    words += [name for table in tables for name in table]
    options = [option for table in tables for option in table.values()]
    for param in (
        *SETTING.values(),
        *DATA_SETTINGS,
        *OUTPUT_SETTINGS,
        *(param for option in options for param in option.params),
    ):
        words += [param.name, str(param.default), *map(str, param.bounds().get("choices", ()))]
    for spec in window.session.graph.catalog.values():
        words += [port.name for port in (*spec.inputs, *spec.outputs)]
        for param in (*spec.params, *spec.settings):
            words += [param.name, str(param.default), *map(str, param.bounds().get("choices", ()))]
    for graph in project.graphs():
        words += [node.name for node in graph.nodes.values()]
        words += [str(value) for node in graph.nodes.values() for value in node.params.values()]
    words += [each.name for each in templates()]
    return {part for word in words for part in WORD.findall(word)}


def english_on(window, widget=None):
    """What the window, or another widget of it, says to eyes and ears in English."""
    widget, known = widget or window, names_in(window)
    said = [text for each in (widget, *widget.findChildren(QWidget)) for text in texts_of(each)]
    said = [text for text in said if text not in PARTS_OF_QT]
    plain = (QTextDocumentFragment.fromHtml(text).toPlainText() if "<" in text else text for text in said)
    left = ((text, set(WORD.findall(CUT.sub("", unmarked(text)))) - known) for text in plain)
    return sorted({text for text, words in left if words})


def texts_of(widget):
    yield from (
        widget.toolTip(),
        widget.accessibleName(),
        widget.accessibleDescription(),
        widget.windowTitle(),
    )
    if isinstance(widget, QAbstractButton | QLabel):
        yield widget.text()
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from map(widget.itemText, range(widget.count()))
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        model = widget.model()
        for row in range(min(model.rowCount(), 400)):
            yield from (str(model.index(row, 0).data(role) or "") for role in roles)
    if isinstance(widget, QMenu):
        yield widget.title()
    for action in widget.actions():
        yield from (action.text().replace("&", ""), action.toolTip(), action.statusTip())


@pytest.fixture
def shown(installed, request):
    """The window with every text marked that goes through the translation layer."""
    installed(PseudoCatalog())
    return request.getfixturevalue("window")


def node_id(window, name):
    return window.session.graph.by_name(name).id


def broken(window):
    """A network with an error and a hint."""
    window.files.new_project(template("SmallCNN").project())
    window.session.apply(SetParams(node_id(window, "conv1"), {"kernel_size": 3, "bias": True}))
    window.session.apply(RemoveNodes([node_id(window, "squeeze")]))
    window.session.apply(
        Connect(PortRef(node_id(window, "gap"), "out"), PortRef(node_id(window, "fc"), "in"))
    )
    window.session.select([node_id(window, "fc")])
    window.docks.reveal("Problems")


def with_selected(name, *names, window):
    window.files.new_project(template("SmallCNN").project())
    window.session.select([node_id(window, each) for each in (name, *names)])


def in_block(window):
    window.files.new_project(deep())
    window.session.enter("n2")


STATES = {
    "empty": lambda window: window.files.new_project(),
    "network": lambda window: window.files.new_project(template("SmallCNN").project()),
    "one layer": lambda window: with_selected("conv1", window=window),
    "several layers": lambda window: with_selected("conv1", "fc", window=window),
    "several of a kind": lambda window: with_selected("conv1", "conv2", window=window),
    "broken": broken,
    "block": in_block,
}


def test_the_welcome_page_speaks_no_english(shown, qtbot):
    qtbot.waitUntil(lambda: bool(shown.welcome.cards))
    assert english_on(shown) == []


@pytest.mark.parametrize("state", STATES)
def test_the_window_speaks_no_english(shown, qtbot, state):
    STATES[state](shown)
    for tab in shown.docks.titles:
        shown.docks.reveal(tab)
    all_menus(shown)
    assert english_on(shown) == []


def test_what_comes_and_goes_speaks_no_english(shown, qtbot):
    broken(shown)
    said = []
    for entries in (ON_NODE, ON_FRAME):
        said += english_on(shown, context_menu(shown.canvas, entries))
    for name in ("fc", "conv1"):
        html = hover_html(shown.session, node_id(shown, name), shown.themes.theme)
        said += english_on(shown, QLabel(html, shown))
    for open_tool in (shown.tools.show_commands, shown.tools.show_find, shown.canvas.add_node_at_cursor):
        open_tool()
        said += english_on(shown)
    shown.tools.finder.picker.close_quietly()
    shown.tools.shortcut_dialog.choose("edit.redo")
    said += english_on(shown, shown.tools.shortcut_dialog)
    planning = FixPlanning(shown.session.project, shown)
    fixes = FixAllDialog(planning, shown)
    qtbot.waitUntil(lambda: planning.plan() is not None)
    for dialog in (fixes, ReviewDialog(["squash1"], "pass", shown.themes.theme, shown)):
        said += english_on(shown, dialog)
        dialog.close()
    assert said == []
