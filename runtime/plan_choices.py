"""The plain settings of a training plan, in the groups that forms show them in; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.params import Choice, Flag, Float, Int, ParamSpec
from graph.catalog.text_params import Text

DEFAULT_MONITOR = "val_loss"


@dataclass(frozen=True)
class SettingGroup:
    """Settings that belong together.

    Args:
        title: as a form shows it.
        settings: a dot in a name leads into a mapping: `early_stopping.patience`.
    """

    title: str
    settings: tuple[ParamSpec, ...]


SETTING_GROUPS = (
    SettingGroup("Run", (
        Int(name="epochs", default=5, help="Passes over the training set."),
        Int(name="batch_size", default=64, help="Samples in a batch."),
        Choice(
            name="sampler", default="shuffle", choices=("shuffle", "weighted", "sequential"),
            help="Order of the samples; weighted draws every class equally often.",
        ),
        Flag(name="drop_last", help="Leave out an epoch's last batch where it is short."),
        Int(
            name="accumulate_steps", default=1,
            help="Batches whose gradients make one optimizer step; batch norms see each by itself.",
        ),
        Int(name="max_steps", optional=True, help="End the run after so many optimizer steps."),
        Float(name="max_minutes", above=0, optional=True, help="End the run after so many minutes."),
        Int(name="seed", default=0, min=0, help="Fixes initial weights, split and order of the samples."),
        Choice(
            name="device", default="auto", choices=("auto", "cpu", "cuda", "mps"),
            help="Where to train; auto takes the fastest there is.",
        ),
    )),
    SettingGroup("Precision", (
        Choice(
            name="precision", default="float32", choices=("float32", "amp-bfloat16", "amp-float16"),
            help="Number format of the forward pass; amp keeps weights in float32.",
        ),
        Choice(
            name="tf32", default="auto", choices=("auto", "on", "off"),
            help="Round float32 to 10 bits in products on NVIDIA GPUs, for speed; auto is PyTorch's choice.",
        ),
        Flag(name="channels_last", help="Keep images with their channels last in memory; faster on GPUs."),
        Flag(name="compile", help="Compile the network with torch.compile; needs a C++ compiler."),
        Flag(name="deterministic", help="Use only algorithms that always give the same numbers."),
    )),
    SettingGroup("Gradient", (
        Float(name="clip_grad_norm", above=0, optional=True, help="Largest gradient 2-norm."),
        Float(name="clip_grad_value", above=0, optional=True, help="Largest size of a gradient's entry."),
        Choice(
            name="on_nonfinite", default="stop", choices=("stop", "skip"),
            help="At a gradient that is no finite number: end the run, or leave that step out.",
        ),
        Float(
            name="ema_decay", min=0, max=1, optional=True,
            help="Validate and keep a moving average of the weights with this decay, such as 0.999.",
        ),
    )),
    SettingGroup("Early stopping", (
        Int(
            name="early_stopping.patience", optional=True,
            help="End the run after so many epochs without a better one, and go back to the best.",
        ),
        Text(
            name="early_stopping.metric", optional=True, max_length=80,
            help="The metric that this looks at; empty: the monitored one.",
        ),
        Float(
            name="early_stopping.min_delta", default=0.0, min=0, help="The least change that counts."
        ),
    )),
    SettingGroup("Checkpoints", (
        Text(
            name="monitor", default=DEFAULT_MONITOR, max_length=80,
            help="The metric that tells the best epoch, such as val_accuracy; val_loss decides a tie.",
        ),
        Int(name="checkpoint_epochs", default=1, help="Epochs between two checkpoints."),
        Float(
            name="checkpoint_minutes", above=0, optional=True, help="Save one this often, too."
        ),
    )),
)  # fmt: skip

SETTINGS: tuple[ParamSpec, ...] = tuple(spec for group in SETTING_GROUPS for spec in group.settings)
