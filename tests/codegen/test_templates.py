"""The templates: each is the network that its name promises, learns, and leaves as code and as ONNX."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from codegen.compat import import_torchvision
from codegen.export import export_onnx, export_python
from codegen.live import build
from graph.inference import Inference
from graph.shapes import evaluate_shape
from graph.templates import template, templates
from runtime.losses import build_loss
from runtime.optim import build_optimizer
from runtime.plan import TrainingPlan

SIZES = {"N": 4, "T": 12}
TOKENS = 96


def resnet18():
    """torchvision's, with the stem that small images take."""
    model = import_torchvision("torchvision.models").resnet18(num_classes=10)
    model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return [model]


def double_conv(entering, leaving):
    return [
        nn.Conv2d(entering, leaving, 3, bias=False),
        nn.BatchNorm2d(leaving),
        nn.Conv2d(leaving, leaving, 3, bias=False),
        nn.BatchNorm2d(leaving),
    ]


def unet():
    channels = (32, 64, 128, 256)
    parts = double_conv(1, 32)
    for low, high in pairwise(channels):
        parts += [*double_conv(low, high), nn.ConvTranspose2d(high, low, 2), *double_conv(2 * low, low)]
    return [*parts, nn.Conv2d(32, 1, 1)]


def encoder(width, count):
    return [nn.TransformerEncoderLayer(width, 4, 4 * width) for _ in range(count)]


def vit():
    """torchvision's without the class token: the mean over the tokens stands in for it."""
    model = import_torchvision("torchvision.models").VisionTransformer(32, 4, 6, 4, 128, 512, num_classes=10)
    model.class_token = nn.Parameter(torch.empty(0))
    model.encoder.pos_embedding = nn.Parameter(torch.empty(1, 64, 128))
    return [model]


def gpt():
    return [
        nn.Embedding(TOKENS, 128),
        *encoder(128, 4),
        nn.LayerNorm(128),
        nn.Linear(128, TOKENS, bias=False),
    ]


def mobile_net():
    inverted_residual = import_torchvision("torchvision.models.mobilenetv2").InvertedResidual
    blocks = [(16, 24, 2), (24, 24, 1), (24, 32, 2), *[(32, 32, 1)] * 2, (32, 64, 2), *[(64, 64, 1)] * 3]
    return [
        nn.Conv2d(3, 16, 3, bias=False),
        nn.BatchNorm2d(16),
        *(inverted_residual(entering, leaving, stride, 6) for entering, leaving, stride in blocks),
        nn.Conv2d(64, 256, 1, bias=False),
        nn.BatchNorm2d(256),
        nn.Linear(256, 10),
    ]


def autoencoder():
    return [
        nn.Conv2d(1, 16, 3, bias=False),
        nn.BatchNorm2d(16),
        nn.Conv2d(16, 32, 3, bias=False),
        nn.BatchNorm2d(32),
        nn.Linear(32 * 7 * 7, 32),
        nn.Linear(32, 32 * 7 * 7),
        nn.ConvTranspose2d(32, 16, 4, bias=False),
        nn.BatchNorm2d(16),
        nn.ConvTranspose2d(16, 16, 4, bias=False),
        nn.BatchNorm2d(16),
        nn.Conv2d(16, 1, 3),
    ]


def frozen_backbone():
    model = import_torchvision("torchvision.models").resnet18()
    model.fc = nn.Identity()
    return [model, nn.Linear(512, 128), nn.Linear(128, 10)]


def conv_bn(*channels):
    pairs = pairwise(channels)
    return [part for one, two in pairs for part in (nn.Conv2d(one, two, 3, bias=False), nn.BatchNorm2d(two))]


def dense(*features):
    pairs = pairwise(features)
    return [part for one, two in pairs for part in (nn.Linear(one, two, bias=False), nn.BatchNorm1d(two))]


REFERENCES = {
    "Regression": lambda: [nn.Linear(10, 32), nn.Linear(32, 1)],
    "LinearModel": lambda: [nn.Linear(784, 10)],
    "MLP": lambda: [nn.Linear(784, 128), nn.Linear(128, 64), nn.Linear(64, 10)],
    "CNN": lambda: [nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3), nn.Linear(64 * 5 * 5, 10)],
    "SmallCNN": lambda: [*conv_bn(1, 32, 64, 128), nn.Linear(128, 10)],
    "TinyRNN": lambda: [nn.GRU(8, 64), nn.Linear(64, 10)],
    "ResNet18": resnet18,
    "UNet": unet,
    "ViT": vit,
    "MobileNet": mobile_net,
    "Autoencoder": autoencoder,
    "Siamese": lambda: [*conv_bn(1, 32, 64), nn.Linear(64, 64), nn.Linear(64, 1)],
    "MultiHead": lambda: [*conv_bn(1, 32, 64), nn.Linear(64, 10), nn.Linear(64, 2)],
    "TabularMLP": lambda: [*dense(2, 64, 32), nn.Linear(32, 3)],
    "LSTMClassifier": lambda: [nn.LSTM(8, 64, 2), nn.Linear(64, 10)],
    "GRUClassifier": lambda: [nn.GRU(8, 64, 2), nn.Linear(64, 10)],
    "GPT": gpt,
    "FrozenBackbone": frozen_backbone,
}


def drawn_inputs(source, sizes=SIZES):
    """Random tensors of the shapes and dtypes that a network takes."""
    torch.manual_seed(0)
    shapes = [(evaluate_shape(tensor.shape, sizes), tensor.dtype) for tensor in source.input_tensors]
    return [
        torch.randint(TOKENS, shape) if dtype == "int64" else torch.randn(shape) for shape, dtype in shapes
    ]


def targets_for(loss, output):
    """Targets that a loss takes for an output."""
    if loss == "CrossEntropyLoss":
        return torch.randint(output.shape[1], (output.shape[0], *output.shape[2:]))
    return torch.rand_like(output)


def test_every_template_has_a_reference():
    assert REFERENCES.keys() == {entry.name for entry in templates()}


@pytest.mark.parametrize("name", REFERENCES)
def test_parameters_are_those_of_the_reference(name):
    reference = sum(weight.numel() for part in REFERENCES[name]() for weight in part.parameters())
    project = template(name).project()
    assert Inference(project.graph).problems() == []
    assert Inference(project.graph).total_parameters == reference
    live = build(project, device="meta")
    assert sum(weight.numel() for weight in live.module.parameters()) == reference


@pytest.mark.parametrize("name", REFERENCES)
def test_every_template_takes_a_step_that_reaches_every_weight(name):
    project = template(name).project()
    plan = TrainingPlan.from_mapping(project.training)
    live = build(project)
    loss_function, optimizer = build_loss(plan.loss), build_optimizer(plan, live.module)
    learning = {key: weight for key, weight in live.module.named_parameters() if weight.requires_grad}
    before = {key: weight.detach().clone() for key, weight in learning.items()}
    outputs = live.module(*drawn_inputs(live.source))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = sum(loss_function(output, targets_for(plan.loss.type, output)) for output in outputs)
    assert loss.isfinite()
    loss.backward()
    optimizer.step()
    still = [key for key, weight in learning.items() if torch.equal(weight, before[key])]
    assert still == []


@pytest.mark.parametrize("name", REFERENCES)
def test_every_template_leaves_as_code(name, tmp_path):
    project = template(name).project()
    assert export_python(project, tmp_path / "network.py", verify=True).max_abs_difference == 0


@pytest.mark.parametrize("name", ["UNet", "Siamese", "GPT"])  # the others are made of the same; 20 s each
def test_templates_leave_as_onnx(name, tmp_path):
    project = template(name).project()
    assert export_onnx(project, tmp_path / "network.onnx").ok
