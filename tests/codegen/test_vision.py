"""Torchvision's layers, written, run and exported."""

import re

import pytest

from codegen.export import export_python
from codegen.exporting.samples import Samples
from codegen.live import build
from codegen.source import generate
from graph.inference import Inference
from tests.codegen.drawing import chain, draw

SWIN_STAGE = (
    ("image", "Input", {"shape": [3, 17, 20]}),
    ("stem", "Conv2dNormActivation", {"out_channels": 16, "stride": 2, "activation_layer": "SiLU"}),
    ("squeeze", "SqueezeExcitation", {"squeeze_channels": 4, "activation": "SiLU"}),
    ("norm", "LayerNorm2d"),
    ("last", "Permute", {"dims": [0, 2, 3, 1]}),
    ("attention", "ShiftedWindowAttention", {"window_size": [4, 7], "shift_size": 2}),
    ("merge", "PatchMergingV2", {"norm_layer": "RMSNorm"}),
    ("result", "Output"),
)


def test_torchvision_is_imported_where_it_is_used():
    source = generate(chain(*SWIN_STAGE))
    assert source.needs_torchvision
    assert source.text.startswith("from torch import nn\nfrom torchvision import models, ops\n\n\nclass")
    plain = generate(chain(("x", "Input", {"shape": [4]}), ("a", "Linear"), ("y", "Output")))
    assert not plain.needs_torchvision
    assert "torchvision" not in plain.text


def test_classes_and_lists_are_written_as_torchvision_wants_them():
    text = re.sub(r"\s*\n\s*", "", generate(chain(*SWIN_STAGE)).text)  # calls on one line
    assert "ops.SqueezeExcitation(16, 4, activation=nn.SiLU)" in text
    assert "models.swin_transformer.ShiftedWindowAttention(16, [4, 7], [2, 2], 4)" in text
    assert "models.swin_transformer.PatchMergingV2(16, norm_layer=nn.RMSNorm)" in text
    assert "stride=2, activation_layer=nn.SiLU" in text


@pytest.mark.parametrize("name", ["ops", "models"])
def test_a_node_may_be_called_like_a_module_of_torchvision(name):
    project = chain((name, "Input", {"shape": [4, 8, 8]}), ("drop", "StochasticDepth"), ("y", "Output"))
    assert f"def forward(self, {name}_):" in generate(project).text
    build(project)


def test_the_exported_file_runs_in_a_fresh_interpreter(tmp_path):
    report = export_python(chain(*SWIN_STAGE), tmp_path / "net.py", verify=True)
    assert report is not None
    assert report.ok
    assert report.is_exact


def test_a_window_attends_beyond_the_border_of_the_map():
    """The map is padded to whole windows and cut back, for sizes that no window divides."""
    project = chain(*SWIN_STAGE)
    given = build(project, seed=0).module.eval()(*Samples(project).inputs(2))
    predicted = Inference(project.graph).result("n7").outputs["out"]
    assert predicted is not None
    assert tuple(given.shape)[1:] == predicted.shape[1:] == (5, 5, 32)


@pytest.mark.parametrize("layer", ["ShiftedWindowAttention", "PatchMerging"])
def test_a_feature_map_is_turned_before_layers_that_read_channels_last(layer):
    project = draw(
        ("image", "Input", {"shape": [3, 8, 8]}),
        ("conv", "Conv2d", {"out_channels": 8}),
        ("layer", layer),
        ("y", "Output"),
        edges="image -> conv, conv -> layer, layer -> y",
    )
    (problem,) = Inference(project.graph).problems()
    assert problem.code == "feature-map"
    assert "channels last" in problem.message
    (fix,) = problem.fixes
    for edit in fix.edits:
        edit.apply(project)
    assert not Inference(project.graph).problems()


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"activation_layer": "GELU"}, "not-in-place", "inplace"),
        ({"groups": 2}, "groups-do-not-divide", "groups"),
        ({"norm_layer": "InstanceNorm2d", "kernel_size": 8, "padding": 0}, "one-value-per-channel", None),
        ({"padding": "same", "stride": 2}, "same-needs-stride-1", "padding"),
    ],
)
def test_a_block_that_torchvision_cannot_run_says_why(params, code, param):
    project = chain(
        ("x", "Input", {"shape": [3, 8, 8]}), ("b", "Conv2dNormActivation", params), ("y", "Output")
    )
    (problem,) = Inference(project.graph).problems()
    assert (problem.code, problem.param) == (code, param)
