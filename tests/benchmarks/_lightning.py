"""PyTorch Lightning, the most used loop around PyTorch, in an environment of its own with our PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks._environment import installed, reason, run

PACKAGES = ("pytorch-lightning==2.6.6",)
STEPS = {"mlp": 1500, "cnn": 40}
WARM_UP = 0.2  # of the steps

CODE = """\
import json, sys, time, warnings, logging
warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
try:
    import torchvision
except (ImportError, RuntimeError):  # built against another PyTorch
    for name in ("nms", "qnms"):
        arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        torch.library.define(f"torchvision::{name}", arguments)
import pytorch_lightning as pl

BATCH, TRAIN = 128, 60_000
NETWORKS = {
    "mlp": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    ),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 10),
    ),
}

class Learner(pl.LightningModule):
    def __init__(self, name):
        super().__init__()
        self.model, self.loss, self.times = NETWORKS[name](), nn.CrossEntropyLoss(), []
    def training_step(self, batch, index):
        x, y = batch
        loss = self.loss(self.model(x), y)
        self.log("loss", loss)
        return loss
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.001, fused=True)
    def on_train_batch_end(self, *_):
        self.times.append(time.perf_counter())

name, steps, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = TensorDataset(torch.randn(TRAIN, 1, 28, 28), torch.randint(10, (TRAIN,)))
learner = Learner(name)
pl.Trainer(
    max_steps=steps, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
    enable_model_summary=False,
).fit(learner, DataLoader(data, batch_size=BATCH, shuffle=True))
times = learner.times[first:]
apart = sorted(later - earlier for earlier, later in zip(times, times[1:]))
print(json.dumps([1e3 * apart[len(apart) // 2], 1e3 * apart[len(apart) // 10]]))
"""


def lightning() -> dict[str, Any]:
    """Milliseconds a step by network: the median, and the tenth that was fastest; or why there are none."""
    try:
        python = installed("lightning", PACKAGES, sees_ours=True)
        return {name: _measured(python, name, steps) for name, steps in STEPS.items()}
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return {"not measured": reason(error)}


def _measured(python: Path, name: str, steps: int) -> list[float]:
    arguments = [name, str(steps), str(int(WARM_UP * steps))]
    with tempfile.TemporaryDirectory(prefix="netloom-bench-") as folder:
        answer = run([str(python), "-c", CODE, *arguments], Path(folder))
    return list(json.loads(answer.splitlines()[-1]))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(lightning()) + "\n")
