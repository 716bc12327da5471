"""The layer catalogue: every type that a node may have, declared once."""

from collections.abc import Mapping
from types import MappingProxyType

from graph.catalog import (
    activation,
    adaptive_pooling,
    arithmetic,
    attention,
    boundary,
    cells,
    channel_norms,
    comparison,
    convolution,
    dividing,
    elementwise,
    embedding,
    folding,
    linear,
    normalization,
    padding,
    pooling,
    products,
    rearrange,
    rearrange_ops,
    recurrent,
    reductions,
    regularization,
    resizing,
    shifted_windows,
    softmax,
    tensor_ops,
    torchvision_ops,
    transformer,
    transposed,
    unpooling,
    upsampling,
)
from graph.catalog.spec import LayerSpec

FAMILIES = (
    boundary,
    linear,
    embedding,
    convolution,
    transposed,
    pooling,
    adaptive_pooling,
    unpooling,
    upsampling,
    padding,
    normalization,
    channel_norms,
    activation,
    softmax,
    regularization,
    recurrent,
    cells,
    attention,
    transformer,
    torchvision_ops,
    shifted_windows,
    tensor_ops,
    rearrange,
    folding,
    comparison,
    rearrange_ops,
    dividing,
    resizing,
    arithmetic,
    products,
    elementwise,
    reductions,
)

CATALOG: Mapping[str, LayerSpec] = MappingProxyType(
    {spec.type: spec for family in FAMILIES for spec in family.SPECS}
)
