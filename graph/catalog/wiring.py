"""What leads edges about the canvas and computes nothing."""

from graph.catalog.code import Alias
from graph.catalog.rules import same
from graph.catalog.saving import saves_nothing
from graph.catalog.spec import DOCS, LayerSpec

REROUTE = LayerSpec(
    type="Reroute",
    category="Tensor",
    help="A point that an edge runs through, to lead it around other layers; it is not in the code.",
    source=f"{DOCS}torch.nn.Identity.html",
    code=Alias(),
    infer=same,
    saves=saves_nothing,
    view="view",
    keywords=("dot", "bend", "wire", "knot", "waypoint"),
)

SPECS = (REROUTE,)
