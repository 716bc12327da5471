"""Calls that give several values, as they are written."""

import pytest
import torch

from codegen.live import build
from codegen.source import generate
from tests.codegen.drawing import draw

UNPOOLED = """\
    def forward(self, image):
        out, indices = self.pool1(image)  # (N, 3, 4, 4) each
        return self.unpool1(out, indices, output_size=image.shape[-2:])
"""
CUT = """\
    def forward(self, x):
        out0, _, out2 = x.chunk(3, dim=1)  # (N, 2) each
        return out0 + out2
"""
WHOLE = """\
    def forward(self, x):
        (x,) = x.split(6, dim=1)
        return F.relu(x)
"""
FIRST = """\
    def forward(self, x):
        x, _ = x.split([2, 4], dim=1)  # (N, 2)
        return F.relu(x)
"""


def unpooled():
    """A pooling and what takes it back, to a size that does not follow from the pooled one."""
    return draw(
        ("image", "Input", {"shape": [3, 9, 9]}),
        ("pool1", "MaxPool2d", {"return_indices": True}),
        ("unpool1", "MaxUnpool2d"),
        ("result", "Output"),
        edges="image -> pool1, pool1 -> unpool1, pool1.indices -> unpool1.indices, image -> unpool1.like,"
        "unpool1 -> result",
    )


def cut(type_name, params, *parts):
    """A vector cut up, some of its parts added up or one of them rectified."""
    layer = ("add1", "Add") if len(parts) > 1 else ("relu1", "ReLU")
    ends = [f"add1.in{number}" for number in range(len(parts))] if len(parts) > 1 else ["relu1"]
    joined = ",".join(f"cut.{part} -> {end}" for part, end in zip(parts, ends, strict=True))
    return draw(
        ("x", "Input", {"shape": [6]}),
        ("cut", type_name, {"dim": 1, **params}),
        layer,
        ("result", "Output"),
        edges=f"x -> cut, {joined}, {layer[0]} -> result",
    )


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (unpooled(), UNPOOLED),
        (cut("Chunk", {"chunks": 3}, "out0", "out2"), CUT),
        (cut("Split", {"split_size_or_sections": 6}, "out0"), WHOLE),
        (cut("Split", {"split_size_or_sections": [2, 4]}, "out0"), FIRST),
    ],
)
def test_only_what_is_read_has_a_name(project, expected):
    assert generate(project).text.endswith(expected)


def test_unpooling_puts_every_value_where_it_was():
    image = torch.arange(2 * 3 * 9 * 9.0).reshape(2, 3, 9, 9)
    result = build(unpooled()).module(image)
    assert result.shape == image.shape
    kept = result != 0
    assert torch.equal(result[kept], image[kept])
    assert kept.sum() == 2 * 3 * 4 * 4
