"""The window's own actions, and in which menus and tool bars all actions stand."""

from __future__ import annotations

from builder.actions import ACTIONS, ActionSpec
from builder.arrange_actions import ALIGN, ARRANGE_ACTIONS, COLOR
from builder.layout_actions import LAYOUT_ACTIONS, LAYOUTS

WINDOW_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "window.new",
        "&New window",
        "Window",
        "new_window",
        ("Ctrl+Shift+N",),
        "new",
        "Opens another window, for another project.",
    ),
    ActionSpec(
        "file.open_elsewhere",
        "Open in new &window...",
        "File",
        "open_elsewhere",
        ("Ctrl+Shift+O",),
        "",
        "Opens a project beside this one.",
    ),
    ActionSpec(
        "window.next",
        "Ne&xt window",
        "Window",
        "next_window",
        ("Ctrl+F6",),
        "",
        "Goes to the window of another project.",
    ),
    ActionSpec(
        "window.close",
        "&Close window",
        "Window",
        "close_window",
        ("Ctrl+Shift+W",),
        "close",
        "Closes this window.",
    ),
    ActionSpec(
        "file.close_project",
        "&Close project",
        "File",
        "close_project",
        ("Ctrl+W",),
        "",
        "Goes to the welcome page.",
    ),
    ActionSpec(
        "graph.fix_all",
        "&Fix all problems",
        "Graph",
        "fix_all_problems",
        ("Ctrl+Shift+F",),
        "wand",
        "Applies the first remedy of each problem.",
    ),
    ActionSpec(
        "graph.pack",
        "&Pack into a block",
        "Graph",
        "pack_selection",
        ("Ctrl+G",),
        "layers",
        "Makes the selected layers a block that can be used in many places.",
        "canvas",
    ),
    ActionSpec(
        "graph.unpack",
        "&Unpack block",
        "Graph",
        "unpack_selected",
        ("Ctrl+Alt+G",),
        "",
        "Puts the layers inside the block in its place.",
        "canvas",
    ),
    ActionSpec(
        "graph.enter",
        "&Edit block",
        "Graph",
        "enter_block",
        ("Return", "Enter"),
        "rename",
        "Shows the layers inside the block.",
        "canvas",
    ),
    ActionSpec(
        "graph.leave",
        "&Leave block",
        "Graph",
        "leave_block",
        ("Alt+Up",),
        "chevron-up",
        "Goes back to the graph that the block stands in.",
    ),
    ActionSpec(
        "graph.problems",
        "Show &problems",
        "Graph",
        "show_problems",
        ("F8",),
        "warning",
        "Opens the Problems tab.",
    ),
    ActionSpec(
        "graph.code", "Show &code", "Graph", "show_code", ("Ctrl+Shift+C",), "code", "Opens the Code tab."
    ),
    ActionSpec(
        "run.dashboard",
        "Show &dashboard",
        "Run",
        "show_training",
        ("Ctrl+Shift+D",),
        "chart",
        "Opens the Training tab.",
    ),
    ActionSpec(
        "run.folder",
        "Open run &folder",
        "Run",
        "open_run_folder",
        (),
        "open",
        "Shows the files of the last run.",
    ),
    ActionSpec(
        "edit.find",
        "&Find...",
        "Edit",
        "show_find",
        ("Ctrl+F",),
        "search",
        "Finds layers by name, type, parameter or value, also inside blocks.",
    ),
    ActionSpec(
        "edit.find_next",
        "Find ne&xt",
        "Edit",
        "find_next",
        ("F3",),
        "",
        "Goes to the next of what was looked for.",
    ),
    ActionSpec(
        "edit.find_previous",
        "Find pre&vious",
        "Edit",
        "find_previous",
        ("Shift+F3",),
        "",
        "Goes to the one before of what was looked for.",
    ),
    ActionSpec(
        "edit.preferences",
        "Pre&ferences...",
        "Edit",
        "show_preferences",
        ("Ctrl+,",),
        "gear",
        "Theme, size, motion, grid, and how often unsaved work is kept.",
    ),
    ActionSpec(
        "view.commands",
        "&Command palette...",
        "View",
        "show_commands",
        ("Ctrl+Shift+P",),
        "command",
        "Finds everything that can be done by a few letters.",
    ),
    ActionSpec(
        "view.reset_layout",
        "&Reset layout",
        "View",
        "reset_layout",
        (),
        "layout",
        "Puts every panel back to its place.",
    ),
    ActionSpec(
        "help.shortcuts",
        "&Keyboard shortcuts...",
        "Help",
        "show_shortcuts",
        ("F1",),
        "command",
        "Lists every shortcut, and changes them.",
    ),
    ActionSpec(
        "help.layers",
        "PyTorch &documentation",
        "Help",
        "open_documentation",
        (),
        "help",
        "Opens PyTorch's pages.",
    ),
    ActionSpec(
        "help.hints",
        "&Show hints again",
        "Help",
        "show_hints",
        (),
        "",
        "Shows the hints for first use again, each when it helps.",
    ),
    ActionSpec(
        "help.about", "&About Netloom", "Help", "show_about", (), "info", "Says which version this is."
    ),
)

ALL_ACTIONS = (*ACTIONS, *WINDOW_ACTIONS, *ARRANGE_ACTIONS, *LAYOUT_ACTIONS)

# Menu -> action ids; an empty string is a separator. What is not named comes last in its category's menu.
MENUS: dict[str, tuple[str, ...]] = {
    "File": (
        "file.new", "window.new", "", "file.open", "file.open_elsewhere", "file.recent", "", "file.save",
        "file.save_as", "", "file.export_python", "file.export_onnx", "", "file.close_project", "file.quit",
    ),
    "Edit": (
        "edit.undo", "edit.redo", "", "edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "edit.delete",
        "", "edit.select_all", "edit.select_upstream", "edit.select_downstream", "",
        "edit.find", "edit.find_next", "edit.find_previous", "", "edit.preferences",
    ),
    "View": (
        "view.commands", "", "view.fit", "view.zoom_in", "view.zoom_out", "view.zoom_reset", "", "view.theme",
        "view.panels", "view.reset_layout",
    ),
    "Graph": (
        "edit.add_node", "edit.rename", "graph.replace", "graph.bypass", "graph.reroute", "",
        "graph.pack", "graph.unpack", "graph.enter", "graph.leave", "",
        "graph.problems", "graph.fix_all", "", "graph.code",
    ),
    "Arrange": (*LAYOUTS, "", "graph.pin", "arrange.align", "", "graph.frame", "arrange.color", "graph.note"),
    "Run": ("run.train", "run.pause", "run.stop", "", "run.dashboard", "run.folder"),
    "Window": ("window.new", "window.next", "window.close"),
    "Help": ("help.shortcuts", "help.layers", "help.hints", "", "help.about"),
}  # fmt: skip
SUBMENUS = {"arrange.align": ("&Align", ALIGN), "arrange.color": ("Frame &colour", COLOR)}
THEMES = ("view.theme_system", "view.theme_light", "view.theme_dark")
TOOLS = ("file.new", "file.open", "file.save", "", "edit.undo", "edit.redo", "")

# Actions that make no sense while no project is open.
NEED_PROJECT = (
    "file.save", "file.save_as", "file.export_python", "file.export_onnx",
    "edit.cut", "edit.copy", "edit.paste", "edit.duplicate", "edit.delete", "edit.select_all", "edit.rename",
    "edit.add_node", "edit.find", "edit.find_next", "edit.find_previous",
    "view.fit", "view.zoom_in", "view.zoom_out", "view.zoom_reset", "view.reset_layout",
    "graph.problems", "graph.code", "run.dashboard",
)  # fmt: skip
