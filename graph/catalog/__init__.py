"""The layer catalogue: every type that a node may have, declared once."""

from collections.abc import Mapping
from types import MappingProxyType

from graph.catalog import (
    activation,
    boundary,
    convolution,
    linear,
    normalization,
    pooling,
    recurrent,
    regularization,
    tensor_ops,
)
from graph.catalog.spec import LayerSpec

FAMILIES = (
    boundary,
    linear,
    convolution,
    pooling,
    normalization,
    activation,
    regularization,
    recurrent,
    tensor_ops,
)

CATALOG: Mapping[str, LayerSpec] = MappingProxyType(
    {spec.type: spec for family in FAMILIES for spec in family.SPECS}
)
