"""How a layer starts and takes part in training, as statements of the generated class."""

import inspect

import pytest
import torch
from torch import nn

from codegen.live import build
from codegen.source import generate
from graph.catalog import CATALOG
from graph.catalog.settings import INITIALIZERS
from graph.document import Block, BlockParam
from graph.inference import Inference
from tests.codegen.drawing import chain, draw
from tests.codegen.test_blocks import drawn
from tests.codegen.test_every_layer import LAYERS, alone
from tests.graph.block_drawings import in_a_row

OTHERS = ("tensor", "model")  # which have tests of their own
LEARNING = {name: spec for name, spec in LAYERS.items() if spec.settings and spec.learns not in OTHERS}
MATRICES = [name for name, spec in LEARNING.items() if spec.learns == "matrix"]
SCALES = [name for name, spec in LEARNING.items() if spec.learns == "scale"]
PARTS = [name for name, spec in LEARNING.items() if spec.learns == "parts"]
FREE = {"frozen": True, "lr_factor": 0.5, "weight_init": "zeros"}
quiet = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")


def written(spec_type, **params):
    """What stands behind the line that makes the layer."""
    lines = generate(alone(CATALOG[spec_type], {**CATALOG[spec_type].initial_params, **params})).text
    body = lines.partition("super().__init__()\n")[2].partition("\n\n")[0].splitlines()
    first = next(number for number, line in enumerate(body) if line.endswith(")"))
    return [line.removeprefix(" " * 8) for line in body[first + 1 :]]


def layer(spec_type, **params):
    """A layer as the generated class makes it."""
    spec = CATALOG[spec_type]
    return build(alone(spec, {**spec.initial_params, **params}), seed=0).module.layer


@pytest.mark.parametrize(
    ("spec_type", "params", "lines"),
    [
        ("Conv2d", {}, []),
        ("Conv2d", {"weight_init": "default", "frozen": False, "lr_factor": 1, "init_std": 3}, []),
        (
            "Conv2d",
            {"weight_init": "kaiming_normal"},
            ["nn.init.kaiming_normal_(self.layer.weight)", "nn.init.zeros_(self.layer.bias)"],
        ),
        ("Conv2d", {"weight_init": "zeros", "bias": False}, ["nn.init.zeros_(self.layer.weight)"]),
        (
            "Linear",
            {"weight_init": "normal", "init_std": 0.01, "frozen": True, "lr_factor": 0.1},
            [
                "nn.init.normal_(self.layer.weight, std=0.01)",
                "nn.init.zeros_(self.layer.bias)",
                "self.layer.requires_grad_(False)",
                "self.layer.lr_factor = 0.1  # times the optimizer's lr",
            ],
        ),
        (
            "Embedding",
            {"weight_init": "xavier_uniform", "padding_idx": 0},
            ["nn.init.xavier_uniform_(self.layer.weight)", "nn.init.zeros_(self.layer.weight[0])"],
        ),
        ("BatchNorm2d", {"weight_init": "zeros"}, ["nn.init.zeros_(self.layer.weight)"]),
        ("BatchNorm2d", {"affine": False, **FREE}, []),
        ("InstanceNorm2d", FREE, []),
        ("PReLU", {"weight_init": "zeros"}, ["nn.init.zeros_(self.layer.weight)"]),
        (
            "GRU",
            {"weight_init": "orthogonal"},
            [
                "for name, parameter in self.layer.named_parameters():",
                '    if "bias" in name:',
                "        nn.init.zeros_(parameter)",
                '    elif "weight" in name and parameter.ndim >= 2:',
                "        nn.init.orthogonal_(parameter)",
            ],
        ),
        (
            "GRU",
            {"weight_init": "zeros", "lr_factor": 2},
            [
                "for parameter in self.layer.parameters():",
                "    nn.init.zeros_(parameter)",
                "self.layer.lr_factor = 2.0  # times the optimizer's lr",
            ],
        ),
    ],
)
def test_settings_are_written_as_a_person_would(spec_type, params, lines):
    assert written(spec_type, **params) == lines


def test_a_whole_class_reads_well():
    project = chain(
        ("image", "Input", {"shape": [3, 8, 8]}),
        ("conv1", "Conv2d", {"out_channels": 4, "frozen": True}),
        ("relu", "ReLU"),
        ("conv2", "Conv2d", {"out_channels": 4, "bias": False, "weight_init": "kaiming_normal"}),
        ("norm2", "BatchNorm2d", {"lr_factor": 0.1}),
        ("features", "Output"),
        name="Prepared",
    )
    source = generate(project)
    assert source.text == (
        "import torch.nn.functional as F\n"
        "from torch import nn\n"
        "\n"
        "\n"
        "class Prepared(nn.Module):\n"
        '    """Maps image (N, 3, 8, 8) to features (N, 4, 4, 4)."""\n'
        "\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv1 = nn.Conv2d(3, 4, kernel_size=3)\n"
        "        self.conv1.requires_grad_(False)\n"
        "        self.conv2 = nn.Conv2d(4, 4, kernel_size=3, bias=False)\n"
        "        nn.init.kaiming_normal_(self.conv2.weight)\n"
        "        self.norm2 = nn.BatchNorm2d(4)\n"
        "        self.norm2.lr_factor = 0.1  # times the optimizer's lr\n"
        "\n"
        "    def forward(self, image):\n"
        "        x = F.relu(self.conv1(image))  # (N, 4, 6, 6)\n"
        "        return self.norm2(self.conv2(x))\n"
    )
    assert source.node_at(11) == "n2"
    assert source.node_at(13) == "n4"
    assert source.node_at(15) == "n5"


def test_every_layer_that_learns_has_settings_and_no_other():
    for name, spec in CATALOG.items():
        if name in LEARNING:
            result = Inference(alone(spec, {**spec.initial_params}).graph).result("layer")
            assert result.parameters is not None
            assert {"weight_init", "frozen", "lr_factor"} <= set(spec.param_names), name
    assert {"Linear", "Conv1d", "ConvTranspose3d", "Bilinear", "Embedding", "EmbeddingBag"} <= set(MATRICES)
    assert {"BatchNorm1d", "LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm3d", "PReLU"} <= set(SCALES)
    assert {"RNN", "LSTM", "GRU", "LSTMCell", "MultiheadAttention", "Transformer"} <= set(PARTS)
    assert not {"Input", "Output", "ReLU", "Add", "MaxPool2d", "Dropout"} & set(LEARNING)


def test_a_free_parameter_can_be_frozen_and_learn_at_its_own_rate():
    project = draw(
        ("image", "Input", {"shape": [4]}),
        ("shift", "Parameter", {"shape": [4], "frozen": True, "lr_factor": 0.5}),
        ("add", "Add"),
        ("shifted", "Output"),
        edges="image -> add.in0, shift -> add.in1, add -> shifted",
    )
    live = build(project)
    assert not live.module.shift.requires_grad
    assert live.module.shift.lr_factor == 0.5
    assert live.source.node_at(10) == "n2"


def test_settings_inside_a_block_hold_for_all_its_instances():
    prepared = {"weight_init": "orthogonal", "frozen": True, "lr_factor": 0.5}
    body = in_a_row(("Linear", {"out_features": "=width", **prepared}), ("ReLU", {}), shape=[3])
    block = Block("layer", body, (BlockParam("width", "int", 8),))
    live = build(drawn(("layer", {}), ("layer", {"width": 5}), blocks=[block], shape=[8]))
    layers = [each for each in live.module.modules() if isinstance(each, nn.Linear)]
    assert [each.out_features for each in layers] == [8, 5]
    for each in layers:
        assert each.lr_factor == 0.5
        assert not each.weight.requires_grad
        assert not each.bias.any()
        torch.testing.assert_close(each.weight @ each.weight.T, torch.eye(each.out_features))
    assert live.source.text.count("nn.init.orthogonal_(") == 1


def test_initialisers_are_functions_of_torch():
    assert all(callable(getattr(nn.init, name)) for name in INITIALIZERS.values())


@quiet
@pytest.mark.parametrize("name", LEARNING)
def test_any_layer_can_be_frozen_and_starts_at_zero(name):
    made = layer(name, **FREE)
    for parameter in made.parameters():
        assert not parameter.requires_grad
        assert not parameter.any()
    assert getattr(made, "lr_factor", None) == (0.5 if list(made.parameters()) else None)


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("initialiser", INITIALIZERS)
def test_weights_start_as_in_a_script_with_these_lines(name, initialiser):
    spec, std = CATALOG[name], {"init_std": 0.5}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = build(alone(spec, {**spec.initial_params, "weight_init": initialiser, **std})).module.layer
        torch.manual_seed(0)
        by_hand = build(alone(spec, spec.initial_params)).module.layer
        options = {"std": 0.5} if initialiser == "normal" else {}
        getattr(nn.init, INITIALIZERS[initialiser])(by_hand.weight, **options)
    assert torch.equal(made.weight, by_hand.weight)
    assert getattr(made, "bias", None) is None or not made.bias.any()


@quiet
@pytest.mark.parametrize("name", PARTS)
def test_of_several_weights_matrices_are_drawn_biases_are_zero_and_the_rest_stays(name):
    made, plain = layer(name, weight_init="normal", init_std=1e-3), layer(name)
    before = dict(plain.named_parameters())
    for path, parameter in made.named_parameters():
        if "bias" in path:
            assert not parameter.any(), path
        elif "weight" in path and parameter.ndim >= 2:
            assert parameter.std().item() == pytest.approx(1e-3, rel=0.3), path
        else:
            assert torch.equal(parameter, before[path]), path


def test_the_vector_of_padding_stays_zero():
    made = layer("Embedding", weight_init="normal", padding_idx=2)
    assert not made.weight[2].any()
    assert made.weight[1].any()


def test_no_setting_is_called_like_an_argument_of_torch():
    names = {param.name for spec in LEARNING.values() for param in spec.settings}
    for spec in CATALOG.values():
        assert not names & {param.name for param in spec.params}
    layers = (value for value in vars(nn).values() if inspect.isclass(value) and issubclass(value, nn.Module))
    for made in layers:
        assert not names & set(inspect.signature(made).parameters)


def test_settings_leave_names_of_weights_as_they_were():
    plain, prepared = layer("Conv2d"), layer("Conv2d", weight_init="orthogonal", frozen=True, lr_factor=3)
    assert list(plain.state_dict()) == list(prepared.state_dict())


def test_a_setting_is_no_expression():
    project = alone(CATALOG["Linear"], {"lr_factor": "=1 + 1"})
    (problem,) = Inference(project.graph).result("layer").problems
    assert problem.message == (
        "layer: lr_factor is '=1 + 1'. Expected a number of at least 0. Set lr_factor = 1.0."
    )
