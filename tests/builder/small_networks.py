"""Networks that train within a second."""

from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import Connect


def spirals(epochs=3):
    nodes = (
        Node("n1", "Input", "point", {"shape": [2]}),
        Node("n2", "Linear", "hidden", {"out_features": 8}),
        Node("n3", "Linear", "head", {"out_features": 3}),
        Node("n4", "Output", "logits"),
    )
    training = {"data": {"source": "synthetic:spirals", "samples": 90}, "epochs": epochs, "batch_size": 16}
    document = Document(Project("Spirals", Graph(nodes), training=training))
    for source, target in (("n1", "n2"), ("n2", "n3"), ("n3", "n4")):
        document.apply(Connect(PortRef(source, "out"), PortRef(target, "in")))
    return document
