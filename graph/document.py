"""The document: a project's data, the one way to change it, undo, and word of every change."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from graph.annotations import Frame, Note, Position, Size
from graph.changes import Change
from graph.model import Block, BlockParam, Edge, Graph, Node, PortRef
from graph.project import Project


class EditError(Exception):
    """An edit does not suit the document; nothing was changed. The text says why."""


class Edit(Protocol):
    """A change to a project, as data."""

    @property
    def label(self) -> str:
        """What the undo menu calls it."""

    def apply(self, project: Project) -> Edit:
        """Changes the project; returns the edit that takes it back.

        Raises:
            EditError: the edit does not suit; the project is as before.
        """


@dataclass(frozen=True, slots=True)
class _Step:
    label: str
    inverse: Edit
    before: int  # the document's state number before and after the step
    after: int


class Document:
    """A project with history: edits go in, changes come out.

    Args:
        project: the data; from here on only changed through `apply`.
        path: the file it was read from, if any.
        identity: what it is known by while it has no file; a new one unless given.
    """

    def __init__(
        self, project: Project | None = None, path: Path | None = None, identity: str | None = None
    ) -> None:
        self.project = project or Project()
        self.path = path
        self.identity = identity or os.urandom(8).hex()
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._states = count(1)
        self._state = self._saved_state = 0
        self._burst: Hashable = None  # the merge key that the next edit may continue
        self._listeners: list[Callable[[Change], None]] = []

    @property
    def graph(self) -> Graph:
        return self.project.graph

    @property
    def is_dirty(self) -> bool:
        """Whether the file on disk is behind."""
        return self._state != self._saved_state

    @property
    def state(self) -> int:
        """A number for what the document holds, which is the same again when a step is taken back."""
        return self._state

    @property
    def undo_label(self) -> str | None:
        """What undo would take back; None if there is nothing."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again; None if there is nothing."""
        return self._redo[-1].label if self._redo else None

    def mark_saved(self, path: Path | None = None, state: int | None = None) -> None:
        """Notes that the file now holds what the document holds, or held in an earlier state."""
        self.path = path or self.path
        self._saved_state = self._state if state is None else state
        self._burst = None

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Calls back after every change; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def apply(self, edit: Edit, merge_key: Hashable = None) -> Change:
        """Makes an edit, as one undo step; steps in a row with the same key become one.

        Raises:
            EditError: the edit does not suit; nothing was changed.
        """
        inverse, change = self._perform(edit)
        before, self._state = self._state, next(self._states)
        if merge_key is not None and merge_key == self._burst:
            last = self._undo.pop()
            inverse, before = _joined(inverse, last.inverse), last.before
        self._undo.append(_Step(edit.label, inverse, before, self._state))
        self._redo.clear()
        self._burst = merge_key
        self._notify(change)
        return change

    def take_back(self, merge_key: Hashable) -> Change:
        """Leaves the step that edits with this key are being joined to as if it had never been begun.

        Does nothing once that step has ended: another edit was made, or it was undone or saved.
        """
        if merge_key is None or merge_key != self._burst:
            return Change()
        step = self._undo.pop()
        _, change = self._perform(step.inverse)
        self._state, self._burst = step.before, None
        self._notify(change)
        return change

    def undo(self) -> Change:
        """Takes the last step back; does nothing if there is none."""
        return self._travel(self._undo, self._redo)

    def redo(self) -> Change:
        """Does the step again that was undone last; does nothing if there is none."""
        return self._travel(self._redo, self._undo)

    def _travel(self, source: list[_Step], destination: list[_Step]) -> Change:
        if not source:
            return Change()
        step = source.pop()
        inverse, change = self._perform(step.inverse)
        destination.append(_Step(step.label, inverse, before=step.after, after=step.before))
        self._state, self._burst = step.before, None
        self._notify(change)
        return change

    def _perform(self, edit: Edit) -> tuple[Edit, Change]:
        self.project.begin_edit()
        try:
            inverse = edit.apply(self.project)
        finally:
            change = self.project.take_change()
        return inverse, change

    def _notify(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)


@dataclass(frozen=True)
class _Sequence:
    """Several edits in a row; their inverses in the opposite order."""

    label: str
    edits: tuple[Edit, ...]

    def apply(self, project: Project) -> Edit:
        return apply_all(project, self.edits, self.label)


def _joined(first: Edit, second: Edit) -> Edit:
    """Both as one flat sequence, so that a burst of any length is undone without recursion."""
    parts = [edit.edits if isinstance(edit, _Sequence) else (edit,) for edit in (first, second)]
    return _Sequence(second.label, (*parts[0], *parts[1]))


def apply_all(project: Project, edits: Iterable[Edit], label: str) -> Edit:
    """Applies edits one after the other, all or none; returns the edit that takes them back.

    Raises:
        EditError: one of them does not suit; the project is as before.
    """
    inverses: list[Edit] = []
    try:
        for edit in edits:
            inverses.append(edit.apply(project))
    except EditError:
        for inverse in reversed(inverses):
            inverse.apply(project)
        raise
    return _Sequence(label, tuple(reversed(inverses)))


__all__ = [
    "Block", "BlockParam", "Change", "Document", "Edge", "Edit", "EditError", "Frame", "Graph", "Node",
    "Note", "PortRef", "Position", "Project", "Size", "apply_all",
]  # fmt: skip
