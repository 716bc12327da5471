"""The schema of project files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from graph.annotations import (
    FRAME_SIZE,
    MAX_SIDE,
    MAX_TEXT_LENGTH,
    MAX_TITLE_LENGTH,
    MIN_SIDE,
    NOTE_SIZE,
    Color,
)
from graph.file_text import in_turn

Text = Annotated[str, Field(min_length=1, max_length=200)]
Coordinate = Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)]
Point = Annotated[tuple[Coordinate, Coordinate], Field(strict=False)]
Side = Annotated[float, Field(ge=MIN_SIDE, le=MAX_SIDE, allow_inf_nan=False)]
Sides = Annotated[tuple[Side, Side], Field(strict=False)]


class _Model(BaseModel):
    """Types are taken as they stand; keys that this version does not know are kept."""

    model_config = ConfigDict(extra="allow", strict=True, populate_by_name=True)


class NodeModel(_Model):
    """A layer on the canvas."""

    id: Text = Field(description="Unique in the graph; without dots at the ends.")
    type: Text = Field(description="A type that `netloom layers` lists.")
    name: Text | None = Field(None, description="What the user calls it; also its attribute in the code.")
    params: dict[str, Any] = Field({}, description="Parameters that differ from the default.")
    position: Point | None = Field(
        None, description="Top left corner in canvas units; laid out when missing."
    )
    silenced: list[Text] = Field([], description="Codes of the warnings that are not shown at this node.")
    pinned: bool = Field(False, description="Whether automatic layout leaves it where it is.")
    bypassed: bool = Field(False, description="Whether it is left out, its input going on to its readers.")


class EdgeModel(_Model):
    """A connection."""

    source: Text = Field(alias="from", description="Node id, dot, output port: `n1.out`.")
    target: Text = Field(alias="to", description="Node id, dot, input port: `n2.in`.")


Nodes = list[Annotated[NodeModel, BeforeValidator(in_turn)]]
Edges = list[Annotated[EdgeModel, BeforeValidator(in_turn)]]


class FrameModel(_Model):
    """A titled area around nodes that belong together."""

    id: Text | None = Field(None, description="Unlike that of any node, frame or note; given when missing.")
    title: Annotated[str, Field(max_length=MAX_TITLE_LENGTH)] = Field("", description="Above the nodes.")
    position: Point = Field((0.0, 0.0), description="Top left corner in canvas units.")
    size: Sides = Field(FRAME_SIZE, description="Width and height in canvas units.")
    color: Color = Field("neutral", description="A name; themes know what it looks like.")


class NoteModel(_Model):
    """A text on the canvas."""

    id: Text | None = Field(None, description="Unlike that of any node, frame or note; given when missing.")
    text: Annotated[str, Field(max_length=MAX_TEXT_LENGTH)] = Field("", description="Plain text.")
    position: Point = Field((0.0, 0.0), description="Top left corner in canvas units.")
    size: Sides = Field(NOTE_SIZE, description="Width and height in canvas units.")


class GraphModel(_Model):
    """What is on the canvas."""

    nodes: Nodes = Field(description="In the order in which they were added.")
    edges: Edges = Field(description="An input port takes one edge at most.")
    frames: list[FrameModel] = Field([], description="Frames around nodes.")
    notes: list[NoteModel] = Field([], description="Notes beside nodes.")
    silenced: list[Text] = Field([], description="Codes of the warnings about the whole that are not shown.")


class BlockParamModel(_Model):
    """What every instance of a block may set."""

    name: Text = Field(description="A Python name; expressions in the block read it: `=channels * 2`.")
    kind: Literal["int", "float", "bool", "str"] = Field("int", description="What its values are.")
    default: Any = Field(description="The value when an instance leaves it out.")
    help: str = Field("", description="One line for the form.")


class BlockModel(GraphModel):
    """A graph that nodes stand for: those whose type is its name. Its Inputs and Outputs are their ports."""

    nodes: Nodes = Field([], description="In the order in which they were added.")
    edges: Edges = Field([], description="An input port takes one edge at most.")
    params: list[BlockParamModel] = Field([], description="What instances may set.")


class ProjectModel(_Model):
    """A Netloom project."""

    model_config = ConfigDict(title="Netloom project", **_Model.model_config)

    format: Literal["netloom"]
    version: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        "Untitled", description="Also the class's name."
    )
    graph: GraphModel
    blocks: dict[Annotated[str, Field(min_length=1, max_length=80)], BlockModel] = Field(
        {}, description="Graphs that nodes stand for, by name."
    )
    training: dict[str, Any] = Field({}, description="The training plan.")
