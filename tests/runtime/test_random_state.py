"""The generators of a device are put back to where they stood, be it one that is here or not."""

from __future__ import annotations

import pytest
import torch

from runtime.random_state import random_state, set_random_state


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_the_generator_of_a_device_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    generator = torch.Generator()
    module = getattr(torch, kind)
    monkeypatch.setattr(module, "get_rng_state", lambda *device: generator.get_state())
    monkeypatch.setattr(module, "set_rng_state", lambda state, *device: generator.set_state(state))
    kept = random_state(torch.device(kind))
    expected = torch.rand(3, generator=generator)
    set_random_state(kept, torch.device(kind))
    assert torch.equal(torch.rand(3, generator=generator), expected)


def test_what_was_kept_before_it_knew_of_a_device_can_still_be_put_back() -> None:
    kept = random_state(torch.device("cpu"))
    del kept["mps"]
    set_random_state(kept, torch.device("mps"))
