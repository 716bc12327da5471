"""Every layer class of torch.nn and torchvision.ops is in the catalogue, or left out for a reason."""

import inspect
import types

import pytest
from torch import nn

from codegen.compat import import_torchvision
from graph.catalog import CATALOG

LOSS = "a loss is chosen in the training plan, not drawn"
CONTAINER = "the graph is the container"
LAZY = "every size that a Lazy layer finds out when it runs is inferred while drawing"
EXCLUDED = {
    **{name: LOSS for name in vars(nn) if name.endswith(("Loss", "Loss2d"))},
    "AdaptiveLogSoftmaxWithLoss": "a loss: it takes the targets, which the training plan has",
    **{name: LAZY for name in vars(nn) if name.startswith("Lazy")},
    **dict.fromkeys(
        ("Container", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"), CONTAINER
    ),
    "Module": "the base of all layers",
    "CrossMapLRN2d": "the older LocalResponseNorm, which PyTorch no longer documents",
    "RNNBase": "the base of RNN, LSTM and GRU",
    "RNNCellBase": "the base of RNNCell, LSTMCell and GRUCell",
    "DataParallel": "how to train, not what",
    "SyncBatchNorm": "what training makes of a BatchNorm on several devices",
}


DETECTION = "part of a detector: it reads boxes or several feature maps, which nothing here gives"
VISION_EXCLUDED = {
    **dict.fromkeys(("RoIAlign", "RoIPool", "PSRoIAlign", "PSRoIPool"), DETECTION),
    **dict.fromkeys(("MultiScaleRoIAlign", "FeaturePyramidNetwork"), DETECTION),
    "DeformConv2d": "its kernel is absent where torchvision was built for another torch",
    "FrozenBatchNorm2d": "a BatchNorm2d that is frozen",
    "MLP": "Linear, an activation and Dropout, drawn",
    **dict.fromkeys(("DropBlock2d", "DropBlock3d"), "no model of torchvision has one"),
}


def layer_classes(module: types.ModuleType) -> list[str]:
    """The names of a module's layer classes."""
    public = getattr(module, "__all__", vars(module))
    return [
        name
        for name in public
        if inspect.isclass(vars(module)[name]) and issubclass(vars(module)[name], nn.Module)
    ]


@pytest.mark.parametrize("name", layer_classes(import_torchvision("torchvision.ops")))
def test_a_layer_class_of_torchvision_is_in_the_catalogue_or_left_out_for_a_reason(name):
    assert (name in CATALOG) + (name in VISION_EXCLUDED) == 1


@pytest.mark.parametrize("name", VISION_EXCLUDED)
def test_what_is_left_out_of_torchvision_is_a_class_of_it(name):
    assert name in layer_classes(import_torchvision("torchvision.ops"))


@pytest.mark.parametrize("name", layer_classes(nn))
def test_a_layer_class_of_torch_is_in_the_catalogue_or_left_out_for_a_reason(name):
    assert (name in CATALOG) + (name in EXCLUDED) == 1


def test_what_is_left_out_is_a_class_of_torch_and_has_a_reason():
    for name, reason in EXCLUDED.items():
        assert hasattr(nn, name), name
        assert reason
