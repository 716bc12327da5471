"""What a network costs: exact sums, and what stands in their place while something is wrong with it."""

import pytest

from builder.totals import totals
from graph.document import Graph
from graph.edits import RemoveNodes, SetParams
from graph.inference import Inference
from graph.templates import template


def node_id(window, name):
    return window.session.graph.by_name(name).id


@pytest.fixture
def cnn(window):
    window.files.new_project(template("SmallCNN").project())
    return window


def test_sums_are_exact_while_all_is_well(cnn):
    found = totals(cnn.session.main_inference)
    assert (found.parameters, found.flops, found.why) == ("94,186", "58.3 MFLOP", "")
    assert cnn.status.parameters.text().strip() == "94,186 parameters"
    assert cnn.status.parameters.toolTip() == "Numbers that the network learns"


def test_layers_that_cannot_be_counted_are_left_out_and_said_so(cnn):
    cnn.session.apply(RemoveNodes([node_id(cnn, "conv3")]))
    found = totals(cnn.session.main_inference)
    assert found.parameters.startswith("≥ ")
    assert found.flops.startswith("≥ ")
    status, page = cnn.status, cnn.inspector.project_page
    assert status.parameters.text().strip() == f"{found.parameters} parameters"
    assert "layers are not counted" in status.parameters.toolTip()
    assert status.flops.toolTip() == found.why
    cnn.session.select(())
    assert page.facts.text("Parameters") == found.parameters


def test_where_nothing_is_known_there_is_no_number(cnn):
    cnn.session.apply(SetParams(node_id(cnn, "image"), {"shape": "wrong"}))
    assert cnn.status.parameters.text().strip() == "– parameters"
    assert cnn.status.flops.text() == ""


def test_an_empty_graph_has_no_parameters():
    found = totals(Inference(Graph()))
    assert (found.parameters, found.why) == ("0", "")
