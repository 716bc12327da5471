"""Resampling of feature maps as an operation; see `upsampling` for the layers."""

from dataclasses import replace

from graph.catalog.code import Function
from graph.catalog.spec import DOCS
from graph.catalog.upsampling import UPSAMPLE

INTERPOLATE = replace(
    UPSAMPLE,
    type="Interpolate",
    category="Tensor",
    help="Feature maps resampled to another size.",
    source=f"{DOCS}torch.nn.functional.interpolate.html",
    code=Function("F.interpolate", wraps=True),
    stem="interpolate",
    keywords=("upsample", "downsample", "resize", "scale", "zoom"),
)

SPECS = (INTERPOLATE,)
