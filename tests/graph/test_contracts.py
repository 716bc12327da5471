"""What every layer declares, checked for all of them."""

import inspect
import json
from typing import Any

import pytest
from torch import nn

from graph.catalog import CATALOG, FAMILIES
from graph.catalog.code import Assembled, Boundary, Embedded, Module, Stored
from graph.catalog.spec import SAME_DTYPE, default_stem, variadic_index
from graph.parameters import resolve
from graph.shapes import DTYPES
from tests.graph.builders import node
from tests.graph.oracle import MEANINGS, STACKS, torch_class

SPECS = tuple(CATALOG.values())
OWN_TYPES = Boundary | Stored | Assembled | Embedded
TORCH_SPECS = tuple(s for s in SPECS if s.type not in MEANINGS and not isinstance(s.code, OWN_TYPES))
RECURRENT = ("RNN", "LSTM", "GRU")
REQUIRED = {  # the types that version 1 promises
    "Input", "Output", "Linear", "Conv1d", "Conv2d", "MaxPool1d", "MaxPool2d", "AvgPool2d",
    "AdaptiveAvgPool2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout", "Dropout2d",
    "Flatten", "ReLU", "LeakyReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax", "RNN", "LSTM",
    "GRU", "Embedding", "Add", "Concat", "Reshape", "Permute", "Squeeze", "LastStep",
}  # fmt: skip

NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]
BAD_VALUES = {
    "nan": float("nan"),
    "infinity": float("inf"),
    "negative": -1,
    "huge": 10**30,
    "beyond text": 10**5000,
    "fraction": 0.1,
    "long text": "x" * 10**6,
    "text": "many",
    "nested": NESTED,
    "list of lists": [[1, 2], [3]],
    "list of huge": [10**5000, 10**5000],
    "long list": [1] * 100,
    "very long list": [1] * 10**6,
    "empty list": [],
    "none": None,
    "true": True,
    "object": {"a": 1},
    "list of text": ["x" * 10**6, "y"],
}

each_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
each_param = pytest.mark.parametrize(
    ("spec", "param"),
    [
        pytest.param(spec, param, id=f"{spec.type}.{param.name}")
        for spec in SPECS
        for param in spec.all_params
    ],
)


def test_the_promised_types_are_there():
    assert set(CATALOG) >= REQUIRED


def test_no_type_is_declared_twice():
    types = [spec.type for family in FAMILIES for spec in family.SPECS]
    assert len(types) == len(set(types))


@each_spec
def test_a_new_node_has_no_bad_parameter(spec):
    assert resolve(node("n1", spec.type), spec)[1] == ()
    assert resolve(node("n1", spec.type, **spec.initial_params), spec)[1] == ()


@each_spec
def test_a_layer_can_be_found_and_read_about(spec):
    assert spec.help.strip()
    assert "\n" not in spec.help
    assert spec.help[-1] == "."
    assert spec.source.startswith("https://docs.pytorch.org/")
    assert spec.category
    assert spec.stem.isidentifier()
    assert all(spec.param(name) for name in spec.summary)
    assert len(spec.param_names) == len(set(spec.param_names))


@each_spec
def test_ports_are_named_and_typed(spec):
    for ports in (spec.inputs, spec.outputs):
        assert len({port.name for port in ports}) == len(ports)
    for port in spec.inputs:
        assert set(port.dtypes) <= set(DTYPES)
        assert spec.input_port(f"{port.name}0" if port.variadic else port.name) is port
    for port in spec.outputs:
        assert set(port.dtypes) <= {*DTYPES, SAME_DTYPE}
        assert spec.output_port(f"{port.name}0" if port.variadic else port.name) is port
        assert not port.when or spec.param(port.when).default is False
    assert spec.input_port("nowhere") is None
    assert spec.output_port("nowhere") is None


@each_param
def test_a_parameter_is_described_as_json(spec, param):
    text = json.dumps(param.describe(), allow_nan=False)
    assert json.loads(text)["name"] == param.name
    assert param.help.strip()[-1] == "."


@each_param
@pytest.mark.parametrize("value", BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_a_bad_value_names_the_parameter_in_few_words(spec, param, value):
    params, problems = resolve(node("n1", spec.type, **{param.name: value}), spec)
    if param.name in params:
        assert params[param.name] == param.check(params[param.name])  # a value once checked stays as it is
        return
    (problem,) = problems
    assert problem.param == param.name
    assert problem.code == "bad-value"
    assert problem.message.startswith(f"{spec.stem}1: {param.name} is ")
    assert problem.expected
    assert len(problem.message) < 400
    assert problem.fixes


@each_param
def test_a_parameter_takes_its_own_default(spec, param):
    may_be_none = param.optional or param.inferred is not None
    assert param.default is not None or may_be_none
    assert param.check(param.default) == param.check(param.check(param.default))


@each_param
@pytest.mark.parametrize("num_dims", [1, 2, 3])
def test_where_a_list_may_stand_its_entries_have_names_and_bounds(spec, param, num_dims):
    names = param.entries(num_dims)
    if names:
        least = param.entry().bounds().get("min", 1)
        assert param.entry().check(least) == least
        assert param.check([least] * len(names)) == (least,) * len(names)
        assert len(set(names)) == len(names)
    else:
        assert param.bounds().get("length", 1) == 1


@pytest.mark.parametrize("spec", TORCH_SPECS, ids=lambda spec: spec.type)
def test_parameters_are_those_of_torch_with_its_defaults(spec):
    theirs = signature(spec)
    of_call = inspect.signature(torch_class(spec).forward).parameters
    for param in spec.params:
        if param.name in in_call(spec):
            assert of_call[param.name].default in (param.default, None)
            continue
        assert param.name in theirs
        default = theirs[param.name].default
        if default is inspect.Parameter.empty or param.inferred or param.name == "batch_first":
            continue
        default = getattr(default, "__name__", default)  # F.relu, or "relu"; nn.ReLU, or "ReLU"
        assert param.default == default, param.name


@pytest.mark.parametrize("spec", TORCH_SPECS, ids=lambda spec: spec.type)
def test_what_is_written_without_keyword_stands_first_in_torchs_signature(spec):
    names = list(signature(spec))
    positional = [param.name for param in spec.params if param.positional]
    assert names[: len(positional)] == positional


@pytest.mark.parametrize("spec", TORCH_SPECS, ids=lambda spec: spec.type)
def test_parameters_stand_in_the_order_of_torchs_signature(spec):
    own = [param.name for param in spec.params if param.name not in in_call(spec)]
    names = [name for name in signature(spec) if name in own]
    assert own == names


def in_call(spec):
    """The parameters that the call is given and not the constructor."""
    return spec.code.in_call if isinstance(spec.code, Module) else ()


def signature(spec):
    """Torch's parameters; those of recurrent layers are spread over several signatures."""
    parameters = dict(inspect.signature(torch_class(spec)).parameters)
    if spec.type in STACKS:
        of_layer = inspect.signature(getattr(nn, f"{spec.type}Layer")).parameters
        return {**of_layer, "num_layers": parameters["num_layers"]}
    if spec.type not in RECURRENT:
        return parameters
    parameters = dict(inspect.signature(torch_class(spec).__mro__[1]).parameters)
    del parameters["mode"]
    own = {"nonlinearity": inspect.Parameter("nonlinearity", inspect.Parameter.KEYWORD_ONLY, default="tanh")}
    leading = ("input_size", "hidden_size", "num_layers")
    head = {name: parameters.pop(name) for name in leading}
    return head | (own if spec.type == "RNN" else {}) | parameters


def test_batch_first_is_the_one_default_that_differs_and_is_always_written():
    for name in RECURRENT:
        param = CATALOG[name].param("batch_first")
        assert param.default is True
        assert param.always_written


@pytest.mark.parametrize(
    ("type_name", "stem"),
    [
        ("MaxPool2d", "max_pool"),
        ("Conv2D", "conv"),
        ("LSTM", "lstm"),
        ("BatchNorm1d", "batch_norm"),
        ("Add", "add"),
    ],
)
def test_nodes_are_called_after_their_type(type_name, stem):
    assert default_stem(type_name) == stem


@pytest.mark.parametrize(
    ("name", "index"),
    [("in0", 0), ("in17", 17), ("in", None), ("in01", None), ("in99999", None), ("out0", None)],
)
def test_variadic_ports_are_numbered(name, index):
    assert variadic_index(CATALOG["Add"].inputs[0], name) == index
