"""Projects written in a few words."""

from itertools import pairwise

from graph.document import Edge, Graph, Node, PortRef, Project


def draw(*rows, edges="", name="Net"):
    """A project.

    Args:
        rows: nodes as `(name, type)` or `(name, type, params)`; their ids are `n1`, `n2`, ... in this order.
        edges: `"image -> conv1, lstm1.h -> last1, a -> add1.in0"`; ports are `out` and `in` where left out.
        name: of the project.
    """
    nodes = _nodes(rows)
    ids = {node.name: node.id for node in nodes}
    pairs = (edge.split("->") for edge in edges.split(",") if edge.strip())
    found = [Edge(_port(source, ids, "out"), _port(target, ids, "in")) for source, target in pairs]
    return Project(name, Graph(nodes, found))


def chain(*rows, name="Net"):
    """A project whose nodes stand in a row, each feeding the next; names may repeat."""
    nodes = _nodes(rows)
    edges = [Edge(PortRef(source.id, "out"), PortRef(target.id, "in")) for source, target in pairwise(nodes)]
    return Project(name, Graph(nodes, edges))


def _nodes(rows):
    return [Node(f"n{number}", row[1], row[0], *row[2:]) for number, row in enumerate(rows, start=1)]


def _port(text, ids, default):
    node, _, port = text.strip().partition(".")
    return PortRef(ids[node], port or default)
