"""Pictures whose light and dark are exchanged are told by their edges, and only where that is sure."""

import pytest
import torch
from torch import Tensor

from runtime.data.inverted import edges_of, inverted


def framed(edge: float, count: int = 1, channels: int = 1) -> Tensor:
    """8-bit pictures with an edge of this brightness, and other brightness inside."""
    pictures = torch.full((count, channels, 8, 8), 128, dtype=torch.uint8)
    for side in ((..., 0), (..., 7), (..., 0, slice(None)), (..., 7, slice(None))):
        pictures[side] = round(255 * edge)
    return pictures


@pytest.mark.parametrize("known", [framed(0.05, 9), framed(0.05, 9) / 255, framed(0.05, 9, channels=2)])
@pytest.mark.parametrize(("edge", "is_exchanged"), [(0.0, False), (0.5, False), (0.95, True), (1.0, True)])
def test_a_light_edge_is_odd_where_all_are_dark(known: Tensor, edge: float, is_exchanged: bool) -> None:
    edges = edges_of(known)
    assert edges is not None
    assert edges.are_exchanged_in(framed(edge)[0]) is is_exchanged


def test_a_dark_edge_is_odd_where_all_are_light() -> None:
    edges = edges_of(framed(0.9, 9))
    assert edges is not None
    assert edges.are_exchanged_in(framed(0.1)[0])
    assert not edges.are_exchanged_in(framed(0.8)[0])


def test_no_edge_is_odd_where_they_are_of_every_kind() -> None:
    edges = edges_of(torch.cat([framed(edge / 10) for edge in range(11)]))
    assert edges is not None
    assert not any(edges.are_exchanged_in(framed(edge / 10)[0]) for edge in range(11))


@pytest.mark.parametrize(
    "known",
    [framed(0.1, 4, channels=3), framed(0.1, 4) - 200.0, framed(0.1, 4)[:, 0], framed(0.1, 4)[:0]],
    ids=["colours", "numbers below 0", "no pictures", "nothing"],
)
def test_nothing_is_said_of_what_is_not_known_to_be_light_and_dark(known: Tensor) -> None:
    assert edges_of(known) is None


def test_what_is_transparent_stays_so() -> None:
    picture = torch.cat([framed(0.2)[0], framed(1.0)[0]])
    turned = inverted(picture)
    assert torch.equal(turned[0], 255 - picture[0])
    assert torch.equal(turned[1], picture[1])
    assert torch.equal(inverted(turned), picture)
