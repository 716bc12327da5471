"""Whole models as layers: their code, their weights, what stays frozen."""

import pickle
from collections.abc import Mapping

import pytest
import safetensors.torch
import torch
from torch import nn

from codegen.export import export_python
from codegen.exporting.weights import live_with_weights
from codegen.importers.weights import OLD_NAME, WeightsError, with_versions
from codegen.live import build
from codegen.parity import ExportError
from codegen.source import generate
from graph.document import Block, BlockParam, Project
from tests.codegen.drawing import chain, draw
from tests.graph.block_drawings import in_a_row

MODEL = "shufflenet_v2_x0_5"  # a small one, with batch norms and a head called `fc`


def backbone(**params):
    """A network of one model, with small images."""
    return chain(
        ("image", "Input", {"shape": [3, 32, 32]}),
        ("backbone", "Backbone", {"model": MODEL, **params}),
        ("logits", "Output"),
        name="Net",
    )


def weights_of(live) -> Mapping[str, torch.Tensor]:
    return live.module.backbone.state_dict()


@pytest.fixture(scope="module")
def trained():
    """Weights as a file of torchvision holds them."""
    return {name: tensor.clone() for name, tensor in weights_of(build(backbone(), seed=7)).items()}


def saved(folder, weights, name="weights.pt"):
    """A file with weights, by its path from the folder."""
    if name.endswith(".safetensors"):
        safetensors.torch.save_file(dict(weights), folder / name)
    else:
        torch.save(weights, folder / name)
    return name


@pytest.mark.parametrize(
    ("params", "lines"),
    [
        ({}, ["self.backbone = models.shufflenet_v2_x0_5()"]),
        (
            {"head": "replace", "num_classes": 7, "frozen": True},
            [
                "self.backbone = models.shufflenet_v2_x0_5()",
                "self.backbone.requires_grad_(False)",
                "self.backbone.fc = nn.Linear(1024, 7)",
            ],
        ),
        (
            {"model": "squeezenet1_1", "head": "replace"},
            [
                "self.backbone = models.squeezenet1_1()",
                "self.backbone.classifier[1] = nn.Conv2d(512, 10, kernel_size=1)",
            ],
        ),
        (
            {"model": "mnasnet0_5", "head": "cut", "weights": "/home/me/files/mnasnet.pth"},
            [
                "self.backbone = models.mnasnet0_5()",
                "# Training starts from the weights in mnasnet.pth.",
                "self.backbone.classifier[1] = nn.Identity()",
            ],
        ),
    ],
)
def test_a_model_is_written_as_a_person_would(params, lines):
    text = generate(backbone(**params)).text
    init = text.partition("super().__init__()\n")[2].partition("\n\n")[0]
    assert [line.strip() for line in init.splitlines()] == lines
    assert "from torchvision import models\n" in text


def test_models_with_several_results_are_built_with_one():
    text = generate(
        chain(
            ("x", "Input", {"shape": [3, 64, 64]}), ("b", "Backbone", {"model": "googlenet"}), ("y", "Output")
        )
    ).text
    assert "models.googlenet(aux_logits=False, init_weights=True)" in text


def test_a_file_name_cannot_add_code_or_imports():
    project = backbone(weights="ops.relu.pt")
    assert "import models\n" in generate(project).text
    with pytest.raises(Exception, match="weights is 'a"):
        generate(backbone(weights="a\nimport os"))


def test_a_frozen_model_stays_as_in_evaluation_and_only_its_new_head_learns():
    live = build(backbone(head="replace", frozen=True), seed=0)
    before = {name: tensor.clone() for name, tensor in weights_of(live).items()}
    network = live.module.train()
    assert network.training
    assert not any(part.training for part in network.backbone.modules())
    optimizer = torch.optim.SGD([each for each in network.parameters() if each.requires_grad], lr=0.1)
    network(torch.randn(4, 3, 32, 32)).square().sum().backward()
    optimizer.step()
    changed = {name for name, tensor in weights_of(live).items() if not torch.equal(tensor, before[name])}
    assert changed == {"fc.weight", "fc.bias"}


def test_a_model_that_is_not_frozen_trains_as_a_whole():
    live = build(backbone(head="replace"), seed=0)
    assert "def train" not in live.source.text
    assert all(part.training for part in live.module.train().modules())
    assert all(each.requires_grad for each in live.module.parameters())


@pytest.mark.parametrize("name", ["weights.pt", "weights.pth", "weights.safetensors"])
def test_weights_are_read_from_a_file_beside_the_project(tmp_path, trained, name):
    project = backbone(weights=saved(tmp_path, trained, name))
    read = weights_of(build(project, seed=0, weights_folder=tmp_path))
    assert all(torch.equal(tensor, trained[key]) for key, tensor in read.items())
    drawn = weights_of(build(project, seed=0))
    assert not torch.equal(drawn["conv1.0.weight"], trained["conv1.0.weight"])


@pytest.mark.parametrize("head", ["replace", "cut"])
def test_the_heads_weights_are_left_in_the_file(tmp_path, trained, head):
    project = backbone(head=head, weights=saved(tmp_path, trained))
    read = weights_of(build(project, seed=0, weights_folder=tmp_path))
    assert torch.equal(read["conv1.0.weight"], trained["conv1.0.weight"])
    assert "fc.weight" not in read or read["fc.weight"].shape == (10, 1024)


def test_what_training_scripts_wrap_around_weights_is_looked_through(tmp_path, trained):
    project = backbone(weights=saved(tmp_path, {"epoch": 3, "state_dict": trained}))
    assert torch.equal(weights_of(build(project, weights_folder=tmp_path))["fc.bias"], trained["fc.bias"])


def test_weights_from_before_batch_norms_counted_are_taken(tmp_path, trained):
    old = {name: tensor for name, tensor in trained.items() if not name.endswith("num_batches_tracked")}
    project = backbone(weights=saved(tmp_path, old))
    read = weights_of(build(project, weights_folder=tmp_path))
    assert torch.equal(read["conv1.1.running_var"], trained["conv1.1.running_var"])


def test_names_that_densenet_once_had_are_understood():
    old = "features.denseblock1.denselayer12.norm.2.running_mean"
    assert OLD_NAME.sub(r"\1", old) == "features.denseblock1.denselayer12.norm2.running_mean"
    new = "features.denseblock1.denselayer12.norm2.running_mean"
    assert OLD_NAME.sub(r"\1", new) == new


EXECUTED = []


class Trap:
    """What runs as soon as it is unpickled."""

    def __reduce__(self):
        return EXECUTED.append, (1,)


def without(weights, name):
    return {key: tensor for key, tensor in weights.items() if key != name}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, r"backbone: there is no file .*weights\.pt with weights\..* Put it there, or clear weights\."),
        (b"", "cannot be read"),
        (b"not a file of torch", "cannot be read"),
        (pickle.dumps({"fc.bias": Trap()}, protocol=2), "cannot be read"),
        ([1, 2], "it holds no tensors by name"),
        ({"fc.bias": 3}, "it holds more than tensors by name"),
        (lambda trained: without(trained, "fc.bias"), "not of this model: missing: fc.bias"),
        (lambda trained: {**trained, "more": torch.zeros(1)}, "not of this model: unknown: 'more'"),
        (
            lambda trained: {**trained, "fc.bias": torch.zeros(3)},
            r"of another shape: fc.bias \(\(3,\) instead of \(1000,\)\)",
        ),
    ],
)
def test_a_file_that_does_not_serve_is_told_in_three_parts(tmp_path, trained, content, text):
    if isinstance(content, bytes):
        (tmp_path / "weights.pt").write_bytes(content)
    elif content is not None:
        saved(tmp_path, content(trained) if callable(content) else content)
    with pytest.raises(WeightsError, match=text) as caught:
        build(backbone(weights="weights.pt"), weights_folder=tmp_path)
    assert caught.value.node == "n2"
    assert "Expected" in str(caught.value)
    assert not EXECUTED


def test_an_export_without_trained_weights_starts_from_the_file(tmp_path, trained):
    project = backbone(weights=saved(tmp_path, trained))
    live = live_with_weights(project, None, tmp_path)
    assert torch.equal(weights_of(live)["fc.bias"], trained["fc.bias"])
    (tmp_path / "weights.pt").unlink()
    with pytest.raises(ExportError, match="there is no file"):
        live_with_weights(project, None, tmp_path)


def test_trained_weights_do_not_need_the_file_that_training_started_from(tmp_path, trained):
    run = tmp_path / "model.safetensors"
    safetensors.torch.save_file({f"backbone.{name}": tensor for name, tensor in trained.items()}, run)
    live = live_with_weights(backbone(weights="gone.pt"), run, tmp_path)
    assert torch.equal(weights_of(live)["fc.bias"], trained["fc.bias"])


def test_a_model_that_asks_for_the_version_of_its_weights_can_be_saved_and_exported(tmp_path):
    project = backbone(model="mnasnet0_5", head="replace")
    module = build(project, seed=0).module
    weights = dict(build(project, seed=1).module.state_dict())
    with pytest.raises(ValueError, match="version"):
        module.load_state_dict(weights)
    module.load_state_dict(with_versions(module, weights))
    assert torch.equal(module.backbone.classifier[1].bias, weights["backbone.classifier.1.bias"])
    report = export_python(project, tmp_path / "net.py", verify=True)
    assert report is not None
    assert report.is_exact
    assert report.ok


def test_weights_with_a_version_still_have_to_be_complete():
    module = nn.Linear(2, 3)
    with pytest.raises(RuntimeError, match="Missing key"):
        module.load_state_dict(with_versions(module, {"weight": torch.zeros(3, 2)}))


def test_regnets_can_be_built_where_there_is_no_memory():
    project = backbone(model="regnet_y_400mf", head="cut")
    module = build(project, device="meta").module
    assert all(each.is_meta for each in module.parameters())
    assert module(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 440)


def two_eyes(**second) -> Project:
    """Two instances of a block that holds a model, side by side."""
    params = {"model": MODEL, "head": "replace", "num_classes": "=classes", "frozen": True}
    body = in_a_row(("Backbone", {**params, "weights": "weights.pt"}), shape=[3, 32, 32])
    drawn = draw(
        ("image", "Input", {"shape": [3, 32, 32]}),
        ("left", "Eye", {"classes": 7}),
        ("right", "Eye", {"classes": 9, **second}),
        ("seen", "Concat", {"dim": 1}),
        ("y", "Output"),
        edges="image -> left.x, image -> right.x, left.y -> seen.in0, right.y -> seen.in1, seen -> y",
    )
    return Project("Net", drawn.graph, {"Eye": Block("Eye", body, (BlockParam("classes", "int", 2),))})


def test_models_in_blocks_are_frozen_and_start_from_their_file_too(tmp_path, trained):
    saved(tmp_path, trained)
    live = build(two_eyes(), seed=0, weights_folder=tmp_path)
    assert live.source.text.count("class Eye") == 1
    assert live.source.text.count("def train(self, mode=True):") == 1
    assert "fc = nn.Linear(1024, classes)" in live.source.text
    for name, tensor in trained.items():
        if not name.startswith("fc."):
            assert torch.equal(live.module.state_dict()[f"left.layer1.{name}"], tensor)
            assert torch.equal(live.module.state_dict()[f"right.layer1.{name}"], tensor)
    live.module.train()
    assert not live.module.left.layer1.training
    assert live.module(torch.randn(2, 3, 32, 32)).shape == (2, 16)


def test_repeated_models_in_blocks_each_start_from_the_file(tmp_path, trained):
    saved(tmp_path, trained)
    side = in_a_row(
        ("Backbone", {"model": MODEL, "head": "cut", "weights": "weights.pt"}),
        ("Linear", {"out_features": 3 * 8 * 8}),
        ("Reshape", {"shape": [3, 8, 8]}),
        shape=[3, 8, 8],
    )
    chain_of_two = draw(
        ("image", "Input", {"shape": [3, 8, 8]}), ("twice", "Eye", {"repeat": 2}), ("y", "Output"),
        edges="image -> twice.x, twice.y -> y",
    )  # fmt: skip
    project = Project("Net", chain_of_two.graph, {"Eye": Block("Eye", side)})
    state = build(project, seed=0, weights_folder=tmp_path).module.state_dict()
    for index in range(2):
        assert torch.equal(state[f"twice.{index}.layer1.conv1.0.weight"], trained["conv1.0.weight"])


def test_a_missing_file_of_a_block_is_told(tmp_path):
    with pytest.raises(WeightsError, match="layer1: there is no file") as caught:
        build(two_eyes(), weights_folder=tmp_path)
    assert caught.value.node == "Eye/n2"
