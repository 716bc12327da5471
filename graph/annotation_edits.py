"""Edits of frames and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.annotations import (
    COLORS,
    MAX_SIDE,
    MAX_TEXT_LENGTH,
    MAX_TITLE_LENGTH,
    MIN_SIDE,
    Color,
    Frame,
    Note,
    Position,
    Size,
)
from graph.document import Edit, EditError, Project
from graph.edits import refuse_taken_ids


@dataclass(frozen=True)
class AddAnnotations:
    """Adds frames and notes.

    Args:
        frames: with ids not yet in use.
        notes: likewise.
        frame_indices: where the frames shall stand in the file; at the end if None.
        note_indices: likewise for the notes.

    Raises:
        EditError: an id is in use, a text is too long, or a size cannot be.
    """

    frames: Sequence[Frame] = ()
    notes: Sequence[Note] = ()
    frame_indices: Sequence[int] | None = None
    note_indices: Sequence[int] | None = None

    @property
    def label(self) -> str:
        return f"Add {_counted(len(self.frames), len(self.notes))}"

    def apply(self, project: Project) -> Edit:
        graph = project.graph
        ids = [*(frame.id for frame in self.frames), *(note.id for note in self.notes)]
        refuse_taken_ids(graph, ids)
        for frame in self.frames:
            _require_sound(frame.size, frame.title, MAX_TITLE_LENGTH, "title")
        for note in self.notes:
            _require_sound(note.size, note.text, MAX_TEXT_LENGTH, "note")
        graph.frames.insert(self.frames, self.frame_indices)
        graph.notes.insert(self.notes, self.note_indices)
        return RemoveAnnotations(tuple(ids))


@dataclass(frozen=True)
class RemoveAnnotations:
    """Removes frames and notes; what a frame is around stays.

    Raises:
        EditError: one of them is not there.
    """

    ids: Sequence[str]

    @property
    def label(self) -> str:
        return "Delete frame or note" if len(self.ids) == 1 else f"Delete {len(self.ids)} frames and notes"

    def apply(self, project: Project) -> Edit:
        graph, gone = project.graph, set(self.ids)
        missing = next(
            (each for each in self.ids if each not in graph.frames and each not in graph.notes), None
        )
        if missing is not None:
            raise EditError(f"There is no frame or note {missing}.")
        frames = tuple(frame for frame in graph.frames.values() if frame.id in gone)
        notes = tuple(note for note in graph.notes.values() if note.id in gone)
        frame_indices = graph.frames.delete([frame.id for frame in frames])
        note_indices = graph.notes.delete([note.id for note in notes])
        return AddAnnotations(frames, notes, frame_indices, note_indices)


@dataclass(frozen=True)
class SetFrame:
    """Gives a frame another title, colour, position or size; what is None stays.

    Raises:
        EditError: the frame is not there, or one of these cannot be.
    """

    frame_id: str
    title: str | None = None
    color: Color | None = None
    position: Position | None = None
    size: Size | None = None

    @property
    def label(self) -> str:
        if self.title is not None:
            return f"Rename frame to {self.title}" if self.title else "Rename frame"
        return "Colour frame" if self.color is not None else "Resize frame"

    def apply(self, project: Project) -> Edit:
        frame = project.graph.frames.get(self.frame_id)
        if frame is None:
            raise EditError(f"There is no frame {self.frame_id}.")
        if self.color is not None and self.color not in COLORS:
            raise EditError(f"{self.color} is no colour of frames. Expected one of {', '.join(COLORS)}.")
        new = frame.with_(**_given(self, "title", "color", "position", "size"))
        _require_sound(new.size, new.title, MAX_TITLE_LENGTH, "title")
        return _RestoreFrame(project.graph.frames.replace(new))


@dataclass(frozen=True)
class SetNote:
    """Gives a note another text, position or size; what is None stays.

    Raises:
        EditError: the note is not there, or one of these cannot be.
    """

    note_id: str
    text: str | None = None
    position: Position | None = None
    size: Size | None = None

    @property
    def label(self) -> str:
        return "Edit note" if self.text is not None else "Resize note"

    def apply(self, project: Project) -> Edit:
        note = project.graph.notes.get(self.note_id)
        if note is None:
            raise EditError(f"There is no note {self.note_id}.")
        new = note.with_(**_given(self, "text", "position", "size"))
        _require_sound(new.size, new.text, MAX_TEXT_LENGTH, "note")
        return _RestoreNote(project.graph.notes.replace(new))


@dataclass(frozen=True)
class _RestoreFrame:
    frame: Frame

    label = "Restore frame"

    def apply(self, project: Project) -> Edit:
        return _RestoreFrame(project.graph.frames.replace(self.frame))


@dataclass(frozen=True)
class _RestoreNote:
    note: Note

    label = "Restore note"

    def apply(self, project: Project) -> Edit:
        return _RestoreNote(project.graph.notes.replace(self.note))


def _given(edit: SetFrame | SetNote, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(edit, name)) is not None}


def _require_sound(size: Size, text: str, longest: int, what: str) -> None:
    if len(text) > longest:
        raise EditError(f"A {what} has at most {longest:,} characters, not {len(text):,}.")
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in size):
        raise EditError(f"A side has {MIN_SIDE:g} to {MAX_SIDE:,.0f} canvas units.")


def _counted(frames: int, notes: int) -> str:
    """`frame`, `2 frames and 1 note`."""
    if frames + notes == 1:
        return "frame" if frames else "note"
    counts = ((frames, "frame"), (notes, "note"))
    return " and ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count)
