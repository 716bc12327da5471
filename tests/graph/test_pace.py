"""Costs that are worked out at a pace of somebody's own are the same, and every node waits its turn."""

import pytest

from graph.cost import Cost
from graph.inference import Inference
from graph.pace import unpaced
from graph.templates import template
from tests.graph.block_drawings import deep


class Counting:
    """A pace that remembers what it let go by."""

    def __init__(self):
        self.passed = []

    def __call__(self, items):
        for item in items:
            self.passed.append(item)
            yield item


def cost(project, pace=unpaced):
    made = Cost(project.graph, Inference(project.graph), pace=pace)
    made.work_out()
    return made


@pytest.mark.parametrize("project", [deep, template("ResNet18").project], ids=["blocks", "resnet"])
def test_the_costs_are_those_without_a_pace(project):
    paced, plain = cost(project(), Counting()), cost(project())
    assert paced.memory == plain.memory
    assert paced.memory.moments
    assert paced.receptive_fields == plain.receptive_fields
    ids = project().graph.nodes
    assert [paced.activations(i) for i in ids] == [plain.activations(i) for i in ids]


def test_every_node_and_every_moment_waits_its_turn():
    pace, project = Counting(), deep()
    made = cost(project, pace)
    nodes = [item for item in pace.passed if isinstance(item, str)]
    for node_id in project.graph.nodes:
        assert nodes.count(node_id) >= 2  # for its memory, and for what it sees
    inside = {node_id for block in project.blocks.values() for node_id in block.graph.nodes}
    assert inside <= set(nodes)
    assert len([item for item in pace.passed if isinstance(item, dict)]) == 3 * len(made._steps) + 3
