"""What the catalogue says of torchvision's models is what torchvision says of them."""

import json
import os

import pytest
import torch
from torch import nn

from graph.catalog import CATALOG
from graph.catalog.backbone import MODELS
from graph.dims import evaluate
from graph.document import Project
from graph.edits import SetParams
from graph.inference import Inference
from graph.shapes import evaluate_shape
from tests import backbones
from tests.graph.builders import chain, infer_single, only_problem

BATCH = 2
# Sides that fall between the steps of every map; the first serves in the suite, the others when asked for.
SIZES = ((187, 250), (224, 224), (300, 129), (96, 401))
USED_SIZES = SIZES if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else SIZES[:1]
# One of every way to place, size or write a head.
HEADS = (
    "alexnet", "convnext_tiny", "maxvit_t", "mnasnet0_5", "mobilenet_v3_small", "resnet18", "squeezenet1_1",
    "swin_t", "vit_b_32",
)  # fmt: skip
LIMITED = ("alexnet", "convnext_tiny", "inception_v3", "maxvit_t", "squeezenet1_1", "swin_t", "vit_b_32")


def sides(name: str, height: int, width: int) -> tuple[int, int]:
    """A size as near to the wanted one as the model takes."""
    model = MODELS[name]
    least, most = model.least, model.most or max(height, width)
    return min(max(height, least), most), min(max(width, least), most)


def replaced(name: str, head: str, num_classes: int) -> nn.Module:
    """The model with its head replaced or cut by hand."""
    model = backbones.on_meta(name)
    path, _, attribute = MODELS[name].head.rpartition(".")
    old = model.get_submodule(MODELS[name].head)
    new: nn.Module = nn.Identity()
    if head == "replace" and isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None, device="meta")
    elif head == "replace":
        assert isinstance(old, nn.Conv2d)
        new = nn.Conv2d(old.in_channels, num_classes, 1, device="meta")
    setattr(model.get_submodule(path), attribute, new)
    return model


def test_every_classification_model_of_torchvision_is_there():
    assert list(MODELS) == sorted(backbones.names())
    assert len(MODELS) == 80
    assert CATALOG["Backbone"].param("model").choices == tuple(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_shape_parameters_and_flops_of_a_whole_model_are_torchs(name):
    model = backbones.on_meta(name)
    learned = sum(each.numel() for each in model.parameters())
    for size in USED_SIZES:
        height, width = sides(name, *size)
        result = infer_single("Backbone", {"model": name}, [([3, height, width], "float32")])
        assert not result.problems
        assert result.parameters == learned
        assert result.flops == sum(backbones.costs(model, height, width))
        assert evaluate_shape(result.outputs["out"].shape, {"N": BATCH}) == (BATCH, 1000)


@pytest.mark.parametrize("head", ["replace", "cut"])
@pytest.mark.parametrize("name", HEADS)
def test_a_model_with_another_head_is_as_if_made_by_hand(name, head):
    height, width = sides(name, 97, 130)
    params = {"model": name, "head": head, "num_classes": 7}
    result = infer_single("Backbone", params, [([3, height, width], "float32")])
    model = replaced(name, head, 7)
    assert result.parameters == sum(each.numel() for each in model.parameters())
    assert result.flops == sum(backbones.costs(model, height, width))
    with torch.no_grad():
        given = model(torch.empty(BATCH, 3, height, width, device="meta"))
    assert evaluate_shape(result.outputs["out"].shape, {"N": BATCH}) == tuple(given.shape)


@pytest.mark.parametrize("name", LIMITED)
def test_an_image_is_accepted_exactly_if_the_model_takes_its_size(name):
    model, facts = backbones.on_meta(name), MODELS[name]
    other = facts.most or 230
    sizes = [(facts.least - 1, other), (other, facts.least - 1), (facts.least, other)]
    sizes += [(facts.most, facts.most + 1), (facts.most + 1, facts.most)] if facts.most else []
    for height, width in sizes:
        result = infer_single("Backbone", {"model": name}, [([3, height, width], "float32")])
        assert backbones.runs(model, height, width) == (not result.problems), (height, width)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "swin_t", "inception_v3"])
def test_flops_follow_symbolic_sizes(name):
    result = infer_single("Backbone", {"model": name}, [([3, "T", 224], "float32")])
    model = backbones.on_meta(name)
    for height in (131, 224):
        assert evaluate(result.flops, {"T": height}) == sum(backbones.costs(model, height, 224))


@pytest.mark.parametrize(
    ("shape", "model", "text"),
    [
        ([1, 64, 64], "resnet18", "resnet18 reads images of 3 channels, but input1 gives (N, 1, 64, 64)."),
        ([8, 64, 64], "resnet18", "Insert a Conv2d before it that gives 3 channels."),
        ([3, 28, 28], "alexnet", "with sides of at least 63 pixels, but input1 gives (N, 3, 28, 28)."),
        ([3, 28, 28], "vit_b_16", "with sides of 224 pixels, but input1 gives (N, 3, 28, 28)."),
        ([3, 448, 448], "maxvit_t", "with sides of 221 to 224 pixels, but input1 gives (N, 3, 448, 448)."),
    ],
)
def test_an_image_that_does_not_fit_is_told_and_mended(shape, model, text):
    graph = chain(("Input", {"shape": shape}), ("Backbone", {"model": model}), "Output")
    problem = only_problem(graph)
    assert text in problem.message
    project = Project(graph=graph)
    for edit in problem.fixes[0].edits:
        edit.apply(project)
    assert not Inference(graph).problems()


def test_a_model_of_one_size_wants_a_known_one():
    graph = chain(("Input", {"shape": [3, "T", 224]}), ("Backbone", {"model": "vit_b_16"}), "Output")
    assert "vit_b_16 reads images of a fixed size" in only_problem(graph).message


def test_a_mistyped_model_is_answered_with_those_spelled_alike():
    graph = chain(("Input", {"shape": [3, 64, 64]}), ("Backbone", {"model": "resnet-50"}), "Output")
    problem = only_problem(graph)
    assert "resnet50" in problem.expected
    assert "(80 in all)" in problem.expected
    SetParams("n2", {"model": "resnet50"}).apply(Project(graph=graph))
    assert not Inference(graph).problems()


@pytest.mark.parametrize("value", ["a\nb.pt", "  ", "", "\x00"])
def test_a_file_name_that_no_disk_holds_is_refused(value):
    params = {"model": "resnet18", "weights": value}
    (problem,) = infer_single("Backbone", params, [([3, 64, 64], "float32")]).problems
    assert (problem.code, problem.param) == ("bad-value", "weights")


def test_the_table_can_be_made_anew():
    name = "squeezenet1_1"
    written = json.loads("\n".join(backbones.lines({name: backbones.facts(name)})))
    assert written[name] == json.loads(backbones.FILE.read_text("utf-8"))[name]
