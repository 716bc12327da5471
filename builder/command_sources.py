"""Where the commands of the palette come from: actions, recent projects, templates, panels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from builder.actions import Actions
from builder.command_search import Command
from builder.docks import Docks
from builder.recent import RecentProjects
from builder.shortcuts import Shortcuts
from builder.texts import tr, tr_made
from graph.document import Project
from graph.templates import Template, templates

NO_PROJECT = "No project is open."


def action_commands(actions: Actions, shortcuts: Shortcuts) -> Iterator[Command]:
    """Every action, as its menu shows it."""
    for spec in actions:
        action = actions[spec.id]
        title = action.text().replace("&", "").removesuffix("...")
        yield Command(
            spec.id,
            tr("{title} (on)", title=tr(title)) if action.isCheckable() and action.isChecked() else title,
            tr(spec.category),
            action.trigger,
            spec.icon,
            shortcuts.text(spec.id),
            tr(spec.tooltip),
            actions.why_disabled(spec.id),
        )


def recent_commands(recent: RecentProjects, open_path: Callable[[Path], object]) -> Iterator[Command]:
    """Each project that was opened lately.

    Args:
        recent: which these are.
        open_path: opens one.
    """
    for path in recent.paths:
        about = tr("Opens {path}.", path=path)
        run = partial(open_path, path)
        yield Command(
            f"recent:{path}",
            tr("Open {stem}", stem=path.stem),
            tr("Recent"),
            run,
            "open",
            about=about,
        )


def template_commands(start: Callable[[Project], object]) -> Iterator[Command]:
    """A new project from each template.

    Args:
        start: opens a project.
    """
    for each in templates():
        yield Command(
            id=f"template:{each.name}",
            title=tr("New from template: {name}", name=each.name),
            category=tr("Template"),
            run=partial(_start, each, start),
            icon="new",
            about=tr_made(each.description),
        )


def panel_commands(docks: Docks, has_project: Callable[[], bool]) -> Iterator[Command]:
    """The way to each panel, hidden or not."""
    fault = "" if has_project() else tr(NO_PROJECT)
    for title in docks.titles:
        about = tr("Brings the {title} panel to the front and goes there.", title=tr(title))
        run = partial(docks.visit, title)
        yield Command(
            f"panel:{title}",
            tr("Go to {title}", title=tr(title)),
            tr("Panel"),
            run,
            "layout",
            about=about,
            fault=fault,
        )


def _start(chosen: Template, start: Callable[[Project], object]) -> None:
    start(chosen.project())
