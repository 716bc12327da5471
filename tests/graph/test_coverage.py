"""Every layer class of torch.nn is in the catalogue, or left out for a reason."""

import inspect

import pytest
from torch import nn

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


def layer_classes() -> list[str]:
    """The names of torch.nn's Module classes."""
    return [
        name for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)
    ]


@pytest.mark.parametrize("name", layer_classes())
def test_a_layer_class_of_torch_is_in_the_catalogue_or_left_out_for_a_reason(name):
    assert (name in CATALOG) + (name in EXCLUDED) == 1


def test_what_is_left_out_is_a_class_of_torch_and_has_a_reason():
    for name, reason in EXCLUDED.items():
        assert hasattr(nn, name), name
        assert reason
