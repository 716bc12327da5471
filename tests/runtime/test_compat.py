"""The ways around what PyTorch does: its compiler."""

import subprocess
import sys


def test_an_optimizer_works_without_loading_the_compiler():
    """In a fresh interpreter: built, stepped, scheduled and saved, and equal to PyTorch's own step."""
    code = """
import sys, torch
from runtime.compat import plain_step, skip_compiler_import
skip_compiler_import()
def weights(plain):
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    step = plain_step(optimizer) if plain else optimizer.step
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(2, 4)).square().sum().backward()
        step()
        schedule.step()
    optimizer.load_state_dict(optimizer.state_dict())
    return layer.weight.detach()
ours = weights(True)
assert "torch._dynamo" not in sys.modules, "the compiler was loaded"
assert torch.equal(ours, weights(False))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
