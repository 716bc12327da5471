"""Something to fix, and everything fixed as the window does, without its thread and its question."""

from collections.abc import Collection

from builder.fix_preview import plan_fixes
from builder.fixing import apply_fixes
from builder.session import Session
from graph.document import Document, Graph, Node, PortRef, Project
from graph.edits import Connect


def fix_all(session: Session, skipped: Collection[str] = ()) -> int:
    """Applies what a plan says, and has known what is wrong then; gives how many remedies that were."""
    plan = plan_fixes(session.project, skipped)
    assert plan is not None
    fixed = apply_fixes(session, [fix.edit for fix in plan.fixes])
    session.settle()
    return fixed


def flawed_project() -> Project:
    """A feature map into Linear, with a parameter that does not exist on top of it."""
    nodes = (
        Node("n1", "Input", "image", {"shape": [1, 28, 28]}),
        Node("n2", "Conv2d", "conv1", {"out_channels": 32, "kernel_size": 3, "nonsense": 1}),
        Node("n3", "Linear", "fc", {"out_features": 10}),
        Node("n4", "Output", "logits"),
    )
    made = Project("Demo", Graph(nodes))
    for source, target in (("n1", "n2"), ("n2", "n3"), ("n3", "n4")):
        Connect(PortRef(source, "out"), PortRef(target, "in")).apply(made)
    made.take_change()
    return made


def flawed_session() -> Session:
    """That project, with what is wrong in it known."""
    session = Session(Document(flawed_project()))
    session.settle()
    return session
