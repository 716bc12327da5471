"""How much of the input a pixel sees, held against where torch's gradient of one pixel is not zero."""

from fractions import Fraction

import pytest
import torch
from torch import nn

from graph.cost import Cost
from graph.inference import Inference
from graph.receptive_field import ReceptiveField, receptive_fields
from graph.templates import template
from tests.graph.builders import chain
from tests.graph.networks import Network

SIDE = 97


def field_behind(*layers, shape=(1, SIDE, SIDE)):
    graph = chain(("Input", {"shape": shape}), *layers)
    return receptive_fields(graph, Inference(graph)).get(f"n{len(layers) + 1}")


def seen(layers):
    """How wide the patch of an image is on which the middle of the result depends."""
    modules = nn.Sequential(*(getattr(nn, name)(**params) for name, params in layers))
    for parameter in modules.parameters():
        nn.init.constant_(parameter, 1)
    image = torch.ones(1, 1, SIDE, SIDE, requires_grad=True)
    out = modules(image)
    out[..., out.shape[-2] // 2, out.shape[-1] // 2].sum().backward()
    rows, columns = image.grad[0, 0].nonzero(as_tuple=True)
    return (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1)


def conv(**params):
    return ("Conv2d", {"in_channels": 1, "out_channels": 1, **params})


POOL = ("AvgPool2d", {"kernel_size": 2})
CHAINS = {
    "one": [conv(kernel_size=3)],
    "two": [conv(kernel_size=3), conv(kernel_size=5)],
    "strided": [conv(kernel_size=3, stride=2), conv(kernel_size=3, stride=2), conv(kernel_size=3)],
    "dilated": [conv(kernel_size=3, dilation=4), conv(kernel_size=3)],
    "uneven": [conv(kernel_size=(3, 7), stride=(1, 2)), conv(kernel_size=(5, 3))],
    "pooled": [conv(kernel_size=3), POOL, conv(kernel_size=3), POOL, conv(kernel_size=1)],
    "around an activation": [conv(kernel_size=3), ("Identity", {}), conv(kernel_size=3, stride=3)],
}


@pytest.mark.parametrize("layers", CHAINS.values(), ids=CHAINS)
def test_a_pixel_sees_what_its_gradient_reaches(layers):
    assert field_behind(*layers).sizes == seen(layers)


def test_strides_multiply_and_enlarging_divides_them():
    layers = (("Conv2d", {"stride": 2, "padding": 1}), "MaxPool2d", "ReLU")
    assert field_behind(*layers).strides == (4, 4)
    up = ("ConvTranspose2d", {"kernel_size": 2, "stride": 2})
    assert field_behind(*layers, up).strides == (2, 2)


def test_global_pooling_sees_everything():
    field = field_behind(("Conv2d", {"padding": 1}), "AdaptiveAvgPool2d", shape=(1, 28, 28))
    assert field == ReceptiveField((30, 30), (Fraction(28), Fraction(28)))


def test_the_longest_of_several_ways_counts():
    net = Network([3, 32, 32])
    short = net.add("Conv2d", net.input, kernel_size=1)
    long = net.row(short, ("Conv2d", {"padding": 1}), ("Conv2d", {"padding": 1}))
    joined = net.add("Add", long, short)
    assert receptive_fields(net.graph, Inference(net.graph))[joined].sizes == (5, 5)


def test_what_is_no_feature_map_has_no_field():
    assert field_behind("Conv2d", "Flatten", "Linear") is None
    assert field_behind("ReLU") is None


def test_fields_pass_through_blocks():
    graph = template("ResNet18").project().graph
    fields = Cost(graph, Inference(graph)).receptive_fields
    assert max(field.sizes for field in fields.values())[0] > 100
