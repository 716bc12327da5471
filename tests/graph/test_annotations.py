"""Frames and notes: how they are filed, what stands in a frame, and what goes along with nodes."""

import json

import pytest

from graph.annotations import COLORS
from graph.document import Document, Frame, Node, Note
from graph.edits import Batch
from graph.frame_contents import companions, contents, frame_around, piece, with_contents
from graph.packing import Pack
from graph.removing import removal
from graph.storage import StorageError, fragment_to_json, from_bytes, json_schema, to_bytes
from graph.unpacking import Unpack
from tests.graph.builders import chain, document

# Cards stand 220 canvas units apart, from x = 220 on; each is 152 wide and 88 high.
AROUND_CONV_AND_RELU = Frame("f1", "Stem", (432.0, -40.0), (396.0, 160.0), "blue")


def four_nodes():
    """Input, Conv2d, ReLU, Output with a frame around the middle, a note in it and one beside it."""
    graph = chain("Input", ("Conv2d", {"out_channels": 8, "kernel_size": 3}), "ReLU", "Output")
    graph.frames.insert([AROUND_CONV_AND_RELU])
    graph.notes.insert([
        Note("t1", "kept small", (440.0, 40.0), (64.0, 32.0)),
        Note("t2", "elsewhere", (0.0, 900.0)),
    ])  # fmt: skip
    graph.log.take()
    return graph


def read(**graph):
    content = {"format": "netloom", "version": 1, "graph": {"nodes": [], "edges": [], **graph}}
    return from_bytes(json.dumps(content).encode())


def test_frames_and_notes_are_read_back_to_the_byte():
    data = to_bytes(document(four_nodes()).project)
    project = from_bytes(data)
    assert dict(project.graph.frames) == {"f1": AROUND_CONV_AND_RELU}
    assert project.graph.notes["t1"].text == "kept small"
    assert to_bytes(project) == data
    lines = data.decode().splitlines()
    assert (
        '      {"id": "f1", "title": "Stem", "position": [432, -40], "size": [396, 160], "color": "blue"}'
        in lines
    )


def test_what_a_file_leaves_out_has_a_default():
    nodes = [{"id": "f1", "type": "ReLU", "pinned": True}, {"id": "n2", "type": "ReLU"}]
    graph = read(nodes=nodes, frames=[{}, {"id": "f2"}], notes=[{"text": "a\nb"}]).graph
    assert list(graph.frames.values()) == [Frame("f3"), Frame("f2")]
    assert graph.notes["t1"] == Note("t1", "a\nb")
    assert [node.pinned for node in graph.nodes.values()] == [True, False]


def test_only_what_is_pinned_says_so_in_the_file():
    graph = chain("Input", "ReLU")
    graph.replace_node(graph.nodes["n2"].with_(pinned=True))
    first, second = json.loads(to_bytes(document(graph).project))["graph"]["nodes"]
    assert "pinned" not in first
    assert second["pinned"] is True


@pytest.mark.parametrize(
    ("graph", "text"),
    [
        ({"frames": [3]}, "frames[0]: input should be a valid dictionary"),
        ({"frames": [{"title": 5}]}, "frames[0].title: input should be a valid string, not 5"),
        (
            {"frames": [{"title": "x" * 201}]},
            "frames[0].title: string should have at most 200 characters",
        ),
        (
            {"frames": [{"color": "beige"}]},
            "frames[0].color: input should be 'neutral', 'blue', 'teal'",
        ),
        (
            {"frames": [{"size": [320, 1]}]},
            "frames[0].size[1]: input should be greater than",
        ),
        (
            {"frames": [{"size": [1e300, 64]}]},
            "frames[0].size[0]: input should be less than or equal to",
        ),
        ({"frames": [{"size": [320]}]}, "frames[0].size[1]: is missing"),
        ({"frames": [{"position": [1e9, 0]}]}, "frames[0].position[0]: input should be less than"),
        ({"frames": [{"id": "a"}, {"id": "a"}]}, "frames[1].id: 'a' is also the id of frames[0]"),
        (
            {"nodes": [{"id": "a", "type": "ReLU"}], "notes": [{"id": "a"}]},
            "notes[0].id: 'a' is also the id of nodes[0]",
        ),
        ({"notes": ["n"]}, "notes[0]: input should be a valid dictionary"),
        (
            {"notes": [{"text": "x" * 20_001}]},
            "notes[0].text: string should have at most 20000 characters",
        ),
        (
            {"nodes": [{"id": "a", "type": "ReLU", "pinned": 1}]},
            "nodes[0].pinned: input should be a valid",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(graph, text):
    with pytest.raises(StorageError) as caught:
        read(**graph)
    assert f"graph.{text}" in str(caught.value)


def test_the_schema_describes_frames_and_notes():
    definitions = json_schema()["$defs"]
    assert set(definitions["FrameModel"]["properties"]) == {"id", "title", "position", "size", "color"}
    assert definitions["FrameModel"]["properties"]["color"]["enum"] == list(COLORS)
    assert set(definitions["NoteModel"]["properties"]) == {"id", "text", "position", "size"}
    assert definitions["NodeModel"]["properties"]["pinned"]["type"] == "boolean"


def test_a_frame_holds_what_has_its_centre_in_it():
    graph = four_nodes()
    assert contents(graph, "f1") == ("n2", "n3", "t1")
    graph.replace_node(graph.nodes["n3"].with_(position=(755.0, 0.0)), "moved")  # sticks out by half
    assert contents(graph, "f1") == ("n2", "t1")
    assert contents(graph, "f1", size_of=lambda node_id: (100.0, 88.0)) == ("n2", "n3", "t1")


def test_a_frame_holds_frames_that_lie_in_it_whole():
    graph = four_nodes()
    graph.frames.insert([
        Frame("f2", "All", (0.0, -200.0), (1200.0, 600.0)),
        Frame("f3", "Apart", (1100.0, 0.0), (320.0, 240.0)),
        Frame("f4", "Twin", (0.0, -200.0), (1200.0, 600.0)),
    ])  # fmt: skip
    assert contents(graph, "f2") == ("n1", "n2", "n3", "n4", "t1", "f1")
    assert with_contents(graph, ["t2", "f1", "n2"]) == ("t2", "f1", "n2", "n3", "t1")


def test_a_frame_belongs_to_the_nodes_in_it_if_they_are_all_taken():
    graph = four_nodes()
    assert companions(graph, ["n2", "n3", "n4"]) == ("f1", "t1")
    assert companions(graph, ["n1", "n2", "n4"]) == ()
    assert companions(graph, []) == ()
    graph.frames.insert([Frame("f2", "Empty", (0.0, 900.0))])
    assert "f2" not in companions(graph, graph.nodes)


def test_a_piece_of_a_graph_takes_along_what_belongs_to_it():
    taken = piece(four_nodes(), ["n2", "n3", "t2"])
    assert (list(taken.nodes), list(taken.frames), list(taken.notes)) == (["n2", "n3"], ["f1"], ["t1", "t2"])
    assert [str(edge.target) for edge in taken.edges] == ["n3.in"]
    read_back = from_bytes(fragment_to_json(taken, {}).encode()).graph
    assert (dict(read_back.frames), dict(read_back.notes)) == (dict(taken.frames), dict(taken.notes))


def test_a_frame_is_put_around_boxes_with_room_for_its_title():
    boxes = [((0.0, 0.0), (152.0, 88.0)), ((220.0, 40.0), (152.0, 112.0))]
    assert frame_around(boxes, margin=16, head=32) == ((-16.0, -48.0), (404.0, 216.0))


def test_packing_takes_the_frame_and_its_note_along_and_unpacking_brings_them_back():
    doc = document(four_nodes())
    before = to_bytes(doc.project)
    doc.apply(Pack(("n2", "n3"), "Stem"))
    body = doc.project.blocks["Stem"].graph
    assert list(doc.graph.frames) == []
    assert list(doc.graph.notes) == ["t2"]
    assert contents(body, "f1") == ("n2", "n3", "t1")
    instance = next(node.id for node in doc.graph.nodes.values() if node.type == "Stem")
    doc.apply(Unpack(instance))
    (frame,) = doc.graph.frames.values()
    assert (frame.title, frame.position) == ("Stem", AROUND_CONV_AND_RELU.position)
    assert [doc.graph.nodes[each].type for each in contents(doc.graph, frame.id)[:2]] == ["Conv2d", "ReLU"]
    doc.undo()
    doc.undo()
    assert to_bytes(doc.project) == before


def test_every_repetition_brings_its_frame():
    doc = document(four_nodes())
    doc.apply(Pack(("n2", "n3"), "Stem"))
    node = next(node for node in doc.graph.nodes.values() if node.type == "Stem")
    doc.graph.replace_node(node.with_(params={"repeat": 3}))
    doc.apply(Unpack(node.id))
    found = [contents(doc.graph, frame_id) for frame_id in doc.graph.frames]
    assert [len(inside) for inside in found] == [3, 3, 3]
    assert len(set().union(*found)) == 9


def test_nodes_frames_and_notes_are_removed_in_one_step():
    doc = document(four_nodes())
    before = to_bytes(doc.project)
    doc.apply(removal(doc.graph, ["f1", "n2", "t1", "n2"]))
    assert doc.undo_label == "Delete 3 items"
    assert (list(doc.graph.nodes), list(doc.graph.frames), list(doc.graph.notes)) == (
        ["n1", "n3", "n4"],
        [],
        ["t2"],
    )
    doc.undo()
    assert doc.undo_label is None
    assert to_bytes(doc.project) == before
    assert not isinstance(removal(doc.graph, ["n1"]), Batch)


def test_ids_are_new_among_nodes_frames_and_notes():
    graph = four_nodes()
    graph.insert_nodes([Node("f2", "ReLU", "odd"), Node("t3", "ReLU", "odder")])
    assert next(graph.new_ids("f")) == "f3"
    assert next(graph.new_ids("t")) == "t4"
    assert Document().graph.kind_of("f1") is None
