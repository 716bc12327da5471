"""Random networks of many branches, and the check that their code computes what was drawn and predicted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from codegen.live import LiveModel, build
from codegen.source import generate
from graph.catalog import CATALOG
from graph.document import Document, Edge, EditError, Graph, Node, PortRef, Project
from graph.edits import AddNodes
from graph.flow import live_nodes
from graph.inference import Inference
from graph.node_flags import SetBypassed
from graph.shapes import TensorSpec, evaluate_shape
from tests.graph.oracle import Oracle

SIZES = {"N": 3, "T": 6}
MOST_NUMBERS = 4096  # in one tensor
MOST_TRIES = 40  # for a node that fits
# Names that generated code has a use for itself, often several times in a graph.
NAMES = ("x", "y", "z", "out", "h", "_", "image", "relu", "x_2", "N", "super", "forward", "torch", "F")
SAMPLES: tuple[tuple[Sequence[int | str], str], ...] = (
    ([3, 8, 8], "float32"),
    (["T", 6], "float32"),
    ([5, 4], "float32"),
    ([12], "float32"),
    ([4], "int64"),
)
Draw = Callable[[Random], Mapping[str, Any]]


class Mismatch(AssertionError):
    """The code of a network does something else than what was drawn or predicted."""


def _fixed(**params: Any) -> Draw:
    return lambda rng: params


def _drawn(**choices: Sequence[Any]) -> Draw:
    return lambda rng: {name: rng.choice(values) for name, values in choices.items()}


AXES = (0, 1, 2, 3, -1, -2)
LATER_AXES = (1, 2, 3, -1)
# What may follow, with parameters; what does not fit a tensor is not placed there.
OF_ONE: tuple[tuple[str, Draw], ...] = (
    (
        "Conv2d",
        _drawn(out_channels=(2, 3, 4), kernel_size=(1, 3, [3, 1]), padding=(0, 1), bias=(True, False)),
    ),
    ("Conv1d", _drawn(out_channels=(2, 4), kernel_size=(1, 3), padding=(0, 1, "same"))),
    ("ConvTranspose2d", _drawn(out_channels=(2, 3), kernel_size=(2,), stride=(1, 2))),
    ("BatchNorm1d", _fixed()),
    ("BatchNorm2d", _drawn(affine=(True, False), track_running_stats=(True, False))),
    ("MaxPool2d", _drawn(kernel_size=(2,), stride=(1, 2), return_indices=(False, False, True))),
    ("AvgPool1d", _drawn(kernel_size=(2, 3), stride=(1, 2))),
    ("AdaptiveAvgPool2d", _drawn(output_size=(1, 3, [2, 4]))),
    ("Linear", _drawn(out_features=(3, 4, 6, 8), bias=(True, False))),
    ("LayerNorm", _drawn(elementwise_affine=(True, False))),
    ("GroupNorm", _fixed()),
    ("RMSNorm", _fixed()),
    ("PReLU", _fixed()),
    ("RNN", _drawn(hidden_size=(3, 4), bidirectional=(True, False))),
    ("GRU", _drawn(hidden_size=(4, 6), num_layers=(1, 2))),
    ("LSTM", _drawn(hidden_size=(4,), proj_size=(0, 2))),
    ("TransformerEncoderLayer", _drawn(nhead=(1, 2), dim_feedforward=(8,), dropout=(0,))),
    ("LastStep", _drawn(dim=(1, 2))),
    ("ReLU", _fixed()),
    ("Tanh", _fixed()),
    ("GELU", _drawn(approximate=("none", "tanh"))),
    ("Softmax", _drawn(dim=LATER_AXES)),
    ("Identity", _fixed()),
    ("Reroute", _fixed()),
    ("Flatten", _drawn(start_dim=(1, 2), end_dim=(-1, 2))),
    ("Unflatten", _drawn(dim=(1, 2), unflattened_size=([2, -1], [-1, 3]))),
    ("Reshape", _drawn(shape=([-1], [2, -1], [-1, 3]))),
    ("Permute", _drawn(dims=([0, 2, 1], [0, 3, 1, 2], [0, 2, 3, 1], [1, 0, 2]))),
    ("Transpose", _drawn(dim0=AXES, dim1=AXES)),
    ("Unsqueeze", _drawn(dim=LATER_AXES)),
    ("Squeeze", _drawn(dim=LATER_AXES)),
    ("Slice", _drawn(dim=LATER_AXES, start=(None, 1, -2), end=(None, -1), step=(1, 2))),
    ("Pad", _drawn(pad=([1, 0], [0, 1, 1, 0]), value=(0.0, 1.5))),
    ("Split", _drawn(split_size_or_sections=(2, 3, [1, 2], [1, 3]), dim=LATER_AXES)),
    ("Chunk", _drawn(chunks=(2, 3), dim=LATER_AXES)),
    ("Interpolate", _drawn(scale_factor=(2.0,), mode=("nearest", "bilinear"))),
    ("Mean", _drawn(dim=([1], [2, -1], [-1]), keepdim=(True, False))),
    ("Max", _drawn(dim=([1], [2], [-1]), keepdim=(True, False))),
    ("Clamp", _drawn(min=(0.0, -0.5), max=(None, 0.5))),
    ("Abs", _fixed()),
    ("Sigmoid", _fixed()),
    ("Power", _drawn(exponent=(2.0, 1.0))),
    ("Cast", _drawn(dtype=("float32", "float32", "float64", "float16", "int64", "bool"))),
    ("Cast", _fixed(dtype="float32")),
    ("ArgMax", _drawn(dim=LATER_AXES)),
)
OF_TWO = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "MatMul", "Bmm")
OF_SEVERAL = ("Add", "Multiply", "Concat", "Stack")


class Drawing:
    """A network under construction, every node placed by an edit and looked at by one inference throughout.

    Args:
        rng: decides everything.
    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.document = Document(Project(rng.choice(("Net", "x", "forward"))))
        self.inference = Inference(self.document.graph)
        self.values: list[PortRef] = []

    def place(self, type_name: str, sources: Sequence[PortRef], params: Mapping[str, Any]) -> bool:
        """Whether the node fits there; without a trace if it does not."""
        node_id, spec = f"n{len(self.document.graph.nodes)}", CATALOG[type_name]
        names = [f"{port.name}0" if port.variadic else port.name for port in spec.inputs]
        names += [f"in{number}" for number in range(1, len(sources))] if spec.is_variadic else []
        edges = [Edge(ref, PortRef(node_id, name)) for ref, name in zip(sources, names, strict=False)]
        node = Node(node_id, type_name, self.rng.choice(NAMES), dict(params))
        try:
            self.inference.update(self.document.apply(AddNodes((node,), edges)))
        except EditError:
            return False
        result = self.inference.result(node_id)
        if result.problems or not all(map(_is_small, result.outputs.values())):
            self.inference.update(self.document.undo())
            return False
        if self.rng.random() < 0.05:
            self.bypass(node_id)
        outputs = self.inference.result(node_id).outputs
        self.values += [PortRef(node_id, port) for port, tensor in outputs.items() if tensor]
        return True

    def grow(self) -> None:
        """Adds a node somewhere, most often behind one of the last."""
        for _ in range(MOST_TRIES):
            kind = self.rng.random()
            if kind < 0.7:
                type_name, draw = self.rng.choice(OF_ONE)
                fits = self.place(type_name, [self.value()], draw(self.rng))
            else:
                fits = self.merge()
            if fits:
                return
        self.place("Tanh", [self.values[0]], {})

    def merge(self) -> bool:
        """Whether some values could be joined."""
        first = self.value()
        shape = self.shape(first)
        alike = [ref for ref in self.values if self.shape(ref) == shape]
        if self.rng.random() < 0.3:
            return self.place(self.rng.choice(OF_TWO), [first, self.rng.choice(self.values)], {})
        type_name = self.rng.choice(OF_SEVERAL)
        params = {"dim": self.rng.choice(LATER_AXES)} if CATALOG[type_name].param("dim") else {}
        sources = [first, *(self.rng.choice(alike) for _ in range(self.rng.randint(1, 3)))]
        return self.place(type_name, sources, params)

    def bypass(self, node_id: str) -> None:
        """Leaves a node out, where that is no mistake."""
        self.inference.update(self.document.apply(SetBypassed((node_id,))))
        if self.inference.result(node_id).problems:
            self.inference.update(self.document.undo())

    def value(self) -> PortRef:
        """One of the last values, or a loose one, or any."""
        if self.rng.random() < 0.4:
            return self.rng.choice(self.loose() or self.values)
        return self.rng.choice(self.values[-6:] if self.rng.random() < 0.8 else self.values)

    def loose(self) -> list[PortRef]:
        """Values of nodes that lead nowhere, oldest first."""
        return [ref for ref in self.values if not any(self.document.graph.outgoing(ref.node))]

    def shape(self, ref: PortRef) -> Any:
        tensor = self.inference.output(ref)
        return tensor and tensor.shape


def random_project(seed: int, num_nodes: int) -> Project:
    """A network of about so many nodes; a smaller one of the same seed is its beginning."""
    drawing = Drawing(Random(seed))
    for shape, dtype in drawing.rng.sample(SAMPLES, k=drawing.rng.randint(1, 3)):
        drawing.place("Input", [], {"shape": list(shape), "dtype": dtype})
    most_outputs = drawing.rng.choice((1, 3, num_nodes))
    while len(drawing.document.graph.nodes) + min(most_outputs, len(drawing.loose())) < num_nodes:
        drawing.grow()
    loose = drawing.loose()
    for ref in loose[-most_outputs:]:
        drawing.place("Output", [ref], {})
    return drawing.document.project


def smallest_mismatch(seed: int, num_nodes: int) -> str | None:
    """What is wrong with the smallest network of a seed that is not what was drawn; None if none is."""
    if _mismatch(seed, num_nodes) is None:
        return None
    sizes = range(2, num_nodes + 1)
    return next(found for size in sizes if (found := _mismatch(seed, size)) is not None)


def _mismatch(seed: int, num_nodes: int) -> str | None:
    try:
        require_truth(random_project(seed, num_nodes))
    except Mismatch as mismatch:
        return f"random_project({seed}, {num_nodes}): {mismatch}"
    return None


def require_truth(project: Project) -> LiveModel:
    """The network, live, which does what was drawn and predicted.

    Raises:
        Mismatch: it does not.
    """
    inference, live = Inference(project.graph), build(project, seed=1)
    inputs = [_sample(tensor, number) for number, tensor in enumerate(live.source.input_tensors)]
    results = _results(live.module, inputs)
    one_by_one = _computed_one_by_one(project, inference, live, inputs)
    _require_equal("an output", results, one_by_one)
    living = live_nodes(inference.computed)
    counted = sum(inference.result(node_id).parameters or 0 for node_id in living)
    learned = sum(parameter.numel() for parameter in live.module.parameters())
    if counted != learned:
        raise Mismatch(f"{counted} parameters predicted, {learned} there")
    fresh = _fresh_module(project, live)
    _require_equal("an output of the exported file", results, _results(fresh, inputs))
    _require_equal("a gradient", _gradients(live.module, inputs), _gradients(fresh, inputs))
    return live


def _is_small(tensor: TensorSpec | None) -> bool:
    sizes = evaluate_shape(tensor.shape, SIZES) if tensor else ()
    return bool(sizes) and min(sizes) > 0 and torch.Size(sizes).numel() <= MOST_NUMBERS


def _sample(tensor: TensorSpec, number: int) -> Tensor:
    generator = torch.Generator().manual_seed(number)
    shape = evaluate_shape(tensor.shape, SIZES)
    return (4 * torch.rand(shape, generator=generator)).to(getattr(torch, tensor.dtype))


def _results(module: nn.Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    try:
        outputs = module(*inputs)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise Mismatch(f"it does not run: {error}") from error
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def _gradients(module: nn.Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Those of every parameter, for one loss that weighs every number of every output."""
    module.zero_grad()
    losses = [
        (output.double() * torch.arange(1.0, output.numel() + 1).view(output.shape)).sum()
        for output in _results(module, inputs)
        if output.requires_grad
    ]
    if losses:
        sum(losses[1:], start=losses[0]).backward()
    parameters = dict(module.named_parameters())
    return [torch.zeros(()) if p.grad is None else p.grad.clone() for p in parameters.values()]


def _fresh_module(project: Project, live: LiveModel) -> nn.Module:
    """The network as the exported file makes it, in a namespace of its own, with the same numbers."""
    source = generate(project)
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source.text, "exported.py", "exec"), namespace)
    fresh: nn.Module = namespace[source.class_name]()
    keys = [list(module.state_dict()) for module in (live.module, fresh)]
    if keys[0] != keys[1]:
        raise Mismatch(f"state keys {keys[0]}, exported {keys[1]}")
    fresh.load_state_dict(live.module.state_dict())
    return fresh


def _computed_one_by_one(
    project: Project, inference: Inference, live: LiveModel, inputs: Sequence[Tensor]
) -> list[Tensor]:
    """The results, from the catalogue's word and the live submodules; looks at every edge."""
    values = {PortRef(node, "out"): given for node, given in zip(live.source.input_ids, inputs, strict=True)}
    results: dict[str, Tensor] = {}
    computed_graph, living = inference.computed, live_nodes(inference.computed)
    for node_id in (each for each in inference.order() if each in living):
        node, result = project.graph.nodes[node_id], inference.result(node_id)
        incoming = computed_graph.incoming(node_id)
        given = [values[incoming[port].source] for port in result.inputs]
        if node.type == "Output":
            results[node_id] = given[0]
        elif given:
            oracle = Oracle(CATALOG[node.type], result.call().params, "cpu")
            attribute = live.source.attribute_of.get(node_id)
            oracle.module = getattr(live.module, attribute) if attribute else oracle.module
            computed = oracle.run(given, SIZES)
            values |= {PortRef(node_id, p): t for p, t in zip(result.outputs, computed, strict=True)}
        for port, tensor in result.outputs.items():
            _require_predicted(node, port, tensor, values[PortRef(node_id, port)])
    _require_passed_on(project.graph, inference, values)
    return [results[node_id] for node_id in live.source.output_ids]


def _require_passed_on(graph: Graph, inference: Inference, values: dict[PortRef, Tensor]) -> None:
    """Looks at what nodes give that nothing is computed for."""
    for node_id in inference.order():
        result = inference.result(node_id)
        for output, port in (result.passes or {}).items():
            source = graph.incoming(node_id)[port].source
            if source in values:
                values[PortRef(node_id, output)] = values[source]
                _require_predicted(graph.nodes[node_id], output, result.outputs[output], values[source])


def _require_predicted(node: Node, port: str, predicted: TensorSpec | None, computed: Tensor) -> None:
    shape, dtype = tuple(computed.shape), str(computed.dtype).removeprefix("torch.")
    if predicted is None or (evaluate_shape(predicted.shape, SIZES), predicted.dtype) != (shape, dtype):
        raise Mismatch(f"{node.id} ({node.type}) gives {shape} {dtype} at {port}, predicted {predicted}")


def _require_equal(what: str, ones: Sequence[Tensor], others: Sequence[Tensor]) -> None:
    for number, (one, other) in enumerate(zip(ones, others, strict=True)):
        same = torch.equal(one, other) or torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)
        if one.dtype != other.dtype or not same:
            raise Mismatch(f"{what}, number {number}, differs")
