"""Entries picked by tensors of indices: what is written, and what it computes."""

import pytest
import torch

from codegen.live import build
from codegen.source import generate
from tests.codegen.drawing import draw


def picking(type_name, params, port, index, size=(5, 3)):
    """A layer that reads a sequence and an index."""
    return draw(
        ("steps", "Input", {"shape": list(size)}),
        index,
        ("pick", type_name, params),
        ("result", "Output"),
        edges=f"steps -> pick.{'in' if type_name == 'Select' else 'input'}, {index[0]} -> pick.{port},"
        "pick -> result",
    )


LENGTHS = ("last", "Input", {"shape": [], "dtype": "int64"})
ORDER = ("order", "Constant", {"value": [2, 0], "dtype": "int64"})
PLACES = ("places", "Input", {"shape": [1, 3], "dtype": "int64"})


@pytest.mark.parametrize(
    ("project", "line"),
    [
        (
            picking("Select", {}, "at", LENGTHS),
            "return steps[torch.arange(steps.shape[0], device=steps.device), last]",
        ),
        (
            picking("Select", {"dim": -1}, "at", LENGTHS),
            "return steps[torch.arange(steps.shape[0], device=steps.device), :, last]",
        ),
        (picking("Index", {"dim": 2}, "index", ORDER), "return steps.index_select(2, self.order)"),
        (picking("Gather", {"dim": 1}, "index", PLACES), "return steps.gather(1, places)"),
    ],
)
def test_picking_is_written_in_one_line(project, line):
    assert generate(project).text.endswith(f"        {line}\n")


def test_each_sample_has_an_entry_of_its_own():
    steps, last = torch.rand(4, 5, 3), torch.tensor([0, 4, 2, 2])
    picked = build(picking("Select", {}, "at", LENGTHS)).module(steps, last)
    assert torch.equal(picked, torch.stack([steps[n, last[n]] for n in range(4)]))
    across = build(picking("Select", {"dim": 2}, "at", LENGTHS)).module(steps, last.clamp(max=2))
    assert torch.equal(across, torch.stack([steps[n, :, last.clamp(max=2)[n]] for n in range(4)]))


def test_a_list_of_indices_reorders_a_dim():
    steps = torch.rand(4, 5, 3)
    picked = build(picking("Index", {"dim": 2}, "index", ORDER)).module(steps)
    assert torch.equal(picked, torch.stack([steps[..., 2], steps[..., 0]], dim=-1))


def test_an_equation_is_written_as_it_stands():
    project = draw(
        ("queries", "Input", {"shape": ["T", 8]}),
        ("keys", "Input", {"shape": ["S", 8]}),
        ("scores", "Einsum", {"equation": "btd,bsd->bts"}),
        ("result", "Output"),
        edges="queries -> scores.in0, keys -> scores.in1, scores -> result",
    )
    assert 'return torch.einsum("btd,bsd->bts", queries, keys)' in generate(project).text
    queries, keys = torch.rand(2, 3, 8), torch.rand(2, 4, 8)
    torch.testing.assert_close(build(project).module(queries, keys), queries @ keys.mT)
