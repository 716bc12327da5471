"""What can be set for every layer that learns: how its weights start, and how it takes part in training.

These are no arguments of PyTorch's classes. They stand among a node's parameters under names that no class of
PyTorch uses, and become statements of their own behind the line that makes the layer.
"""

from __future__ import annotations

from typing import Literal

from graph.catalog.params import Choice, Flag, Float, ParamSpec

# What a layer learns: a `weight` of at least two dims; a `weight` with one number for each channel; or
# several tensors with names of their own; or one tensor that is no layer; or a whole model, which tells
# itself how it starts and is frozen.
Learns = Literal["matrix", "scale", "parts", "tensor", "model"]

DEFAULT = "default"
INITIALIZERS = {  # the functions of torch.nn.init
    "xavier_uniform": "xavier_uniform_",
    "xavier_normal": "xavier_normal_",
    "kaiming_uniform": "kaiming_uniform_",
    "kaiming_normal": "kaiming_normal_",
    "orthogonal": "orthogonal_",
    "zeros": "zeros_",
    "normal": "normal_",
}

WEIGHT_INIT = Choice(
    name="weight_init",
    default=DEFAULT,
    choices=(DEFAULT, *INITIALIZERS),
    help="How weights of two or more dims start, biases then at 0; zeros also takes the rest.",
)
SCALE_INIT = Choice(
    name="weight_init",
    default=DEFAULT,
    choices=(DEFAULT, "zeros"),
    help="How the weights start; zeros makes a residual branch begin as nothing.",
)
INIT_STD = Float(
    name="init_std", default=0.02, min=0, help="Standard deviation, where weight_init is normal."
)
FROZEN = Flag(name="frozen", help="Keep the weights as they are; a BatchNorm still follows its statistics.")
FROZEN_BODY = Flag(
    name="frozen",
    help="Train only a replaced head; the rest keeps its weights and statistics, without dropout.",
)
LR_FACTOR = Float(name="lr_factor", default=1.0, min=0, help="Multiplies the learning rate of this layer.")

SETTINGS: dict[Learns, tuple[ParamSpec, ...]] = {
    "matrix": (WEIGHT_INIT, INIT_STD, FROZEN, LR_FACTOR),
    "scale": (SCALE_INIT, FROZEN, LR_FACTOR),
    "parts": (WEIGHT_INIT, INIT_STD, FROZEN, LR_FACTOR),
    "tensor": (FROZEN, LR_FACTOR),
    "model": (FROZEN_BODY, LR_FACTOR),
}
