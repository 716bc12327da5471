"""Every type of the catalogue, written and run."""

import linecache
import sys

import pytest
import torch

from codegen.exporting.samples import Samples
from codegen.live import build
from codegen.source import generate
from graph.catalog import CATALOG
from graph.catalog.code import Embedded
from graph.catalog.params import Choice, Flag, Float, Int, IntOrTuple
from graph.document import Edge, Graph, Node, PortRef, Project
from graph.inference import Inference
from graph.shapes import evaluate_shape

LAYERS = {  # a custom layer has tests of its own: its code is trusted first
    name: spec
    for name, spec in CATALOG.items()
    if spec.inputs and spec.outputs and not isinstance(spec.code, Embedded)
}
SAMPLE = (4, 8, 8, 8)
ATTENTIONS = [name for name, spec in CATALOG.items() if spec.category == "Attention"]
FITTING = {  # samples that the parameters of a new node fit
    "Fold": (4, 196),
    "Backbone": (3, 64, 64),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), (64,)),
    **dict.fromkeys(("MatMul", "Bmm", "Einsum"), (8, 8)),
    "Index.index": (),
    **{f"{name}.{mask}": None for name in ATTENTIONS for mask in ("attn_mask", "mask", "src_mask")},
    **{f"{name}.{mask}": None for name in ATTENTIONS for mask in ("tgt_mask", "memory_mask")},
    "Select.at": None,  # it takes the place of a parameter
    **dict.fromkeys(("Expand", "Repeat"), (8,)),
    **{f"MaxUnpool{ndim}d.like": (4, *(16,) * ndim) for ndim in (1, 2, 3)},
}  # by type, or by type and port; None leaves an input out
BATCH = 3


def alone(spec, params):
    """A project with nothing but one layer, an Input for each of its inputs and an Output for each output."""
    graph = fed(spec, params)
    outputs = list(Inference(graph).result("layer").outputs)
    nodes = [Node(f"out_{name}", "Output", f"result_{name}") for name in outputs]
    edges = [Edge(PortRef("layer", name), PortRef(f"out_{name}", "in")) for name in outputs]
    return Project(f"Only{spec.type}", Graph([*graph.nodes.values(), *nodes], [*graph.edges, *edges]))


def fed(spec, params):
    """A layer with an Input for each of its inputs."""
    nodes, edges = [Node("layer", spec.type, "layer", params)], []
    for port in spec.inputs:
        names = [f"{port.name}{n}" for n in range(2)] if port.variadic else [port.name]
        for name in names:
            usual = FITTING.get(spec.type, SAMPLE[: (port.ndims or (3,))[-1] - 1])
            shape = FITTING.get(f"{spec.type}.{name}", usual)
            if shape is None:
                continue
            dtype = "float32" if "float32" in port.dtypes else port.dtypes[0]
            nodes.append(Node(f"in_{name}", "Input", f"given_{name}", {"shape": shape, "dtype": dtype}))
            edges.append(Edge(PortRef(f"in_{name}", "out"), PortRef("layer", name)))
    return Graph(nodes, edges)


def another_value(param):
    """A value that is not the default, or None where the choice is not a plain one."""
    match param:
        case Flag():
            return not param.default
        case Choice():
            return next((choice for choice in param.choices if choice != param.default), None)
        case Float() if param.default is not None:
            return param.default / 2 + 0.01
        case IntOrTuple() if param.default is not None:
            return [max(param.default, param.initial or 0) + 1] * param.ndim
        case Int() if isinstance(param.default, int) and not param.inferred:
            return param.default * 2 or 2
    return None


def goes_with_the_rest(spec, params):
    """Whether a layer set so runs: stride 2 does not go with padding 'same'."""
    return not any(problem.is_error for problem in Inference(alone(spec, params).graph).problems())


def settings():
    """Every layer as it is placed, and with each parameter changed in turn."""
    for name, spec in LAYERS.items():
        yield pytest.param(spec, spec.initial_params, id=name)
        for param in spec.params:
            value = another_value(param)
            if value is not None and goes_with_the_rest(spec, spec.initial_params | {param.name: value}):
                yield pytest.param(spec, spec.initial_params | {param.name: value}, id=f"{name}-{param.name}")


@pytest.mark.filterwarnings(
    "ignore:dropout option adds dropout"
)  # PyTorch's word on a one-layer RNN with dropout
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # nn.Transformer cannot be told otherwise
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("spec", "params"), list(settings()))
def test_code_runs_and_gives_what_was_predicted(spec, params):
    project = alone(spec, params)
    inference = Inference(project.graph)
    live = build(project, seed=0)
    given = live.module(*Samples(project).inputs(BATCH))
    given = given if isinstance(given, tuple) else (given,)
    result = inference.result("layer")
    predicted = [(evaluate_shape(each.shape, {"N": BATCH}), each.dtype) for each in result.outputs.values()]
    assert [(tuple(each.shape), str(each.dtype).removeprefix("torch.")) for each in given] == predicted
    assert sum(each.numel() for each in live.module.parameters()) == result.parameters
    for name, _ in live.module.named_parameters():
        assert live.node_of_parameter(name) == "layer"


@pytest.mark.parametrize("spec", LAYERS.values(), ids=LAYERS)
def test_a_changed_parameter_is_written_and_a_default_is_not(spec):
    text = generate(alone(spec, spec.initial_params)).text
    for param in spec.params:
        value = another_value(param)
        if value is None or value == spec.initial_params.get(param.name):
            continue
        project = alone(spec, spec.initial_params | {param.name: value})
        if not any(problem.is_error for problem in Inference(project.graph).problems()):
            assert generate(project).text != text, param.name
        if not (param.positional or param.always_written or param.name in spec.initial_params):
            assert f"{param.name}=" not in text.partition("class Only")[2]


def test_every_source_can_be_looked_up():
    live = build(alone(CATALOG["Linear"], {}))
    assert "".join(linecache.getlines(live.filename)) == live.source.text
    assert sys.modules[type(live.module).__module__].__file__ == live.filename
    linecache.checkcache()
    assert linecache.getline(live.filename, 1) == "from torch import nn\n"


def test_the_tests_touch_no_global_generator():
    before = torch.get_rng_state()
    build(alone(CATALOG["LSTM"], {}), seed=0)
    build(alone(CATALOG["LSTM"], {}), device="meta")
    assert torch.equal(torch.get_rng_state(), before)
