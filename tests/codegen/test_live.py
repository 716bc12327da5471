"""The live module: it is the exported file, and its errors lead back to nodes."""

import ast
import importlib.util
import inspect

import pytest
import torch
from torch import nn

from codegen.exporting.samples import Samples
from codegen.live import build
from codegen.source import GenerationError
from tests.codegen.drawing import chain, draw
from tests.codegen.networks import ALL, residual, sequence_lstm, small_cnn, two_ends


def imported(source, folder):
    """The class as somebody gets it who imports the exported file."""
    path = folder / f"{source.class_name}.py"
    path.write_text(source.text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(source.class_name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, source.class_name)


def as_tuple(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_live_and_exported_are_the_same_to_the_last_bit(make, tmp_path):
    project = make()
    torch.manual_seed(7)
    live = build(project)
    after_live = torch.get_rng_state()
    torch.manual_seed(7)
    exported = imported(live.source, tmp_path)()
    assert torch.equal(torch.get_rng_state(), after_live)
    assert list(live.module.state_dict()) == list(exported.state_dict())
    inputs, gradients, outputs = Samples(project).inputs(4), [], []
    for module in (live.module, exported):
        torch.manual_seed(8)  # for the dropout
        results = as_tuple(module(*inputs))
        sum(result.sum() for result in results).backward()
        outputs.append(results)
        gradients.append([parameter.grad for parameter in module.parameters()])
    for one, other in zip(*outputs, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(live.module.state_dict().values(), exported.state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_the_file_imports_torch_only(make):
    tree = ast.parse(build(make(), device="meta").source.text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    assert names | {node.module for node in imports if isinstance(node, ast.ImportFrom)} <= {
        "torch", "torch.nn.functional",
    }  # fmt: skip


def test_an_own_seed_gives_the_weights_of_that_seed():
    torch.manual_seed(3)
    by_global = build(sequence_lstm()).module.state_dict()
    by_own = build(sequence_lstm(), seed=3).module.state_dict()
    assert all(torch.equal(by_global[name], tensor) for name, tensor in by_own.items())


def test_meta_modules_hold_no_memory():
    module = build(small_cnn(), device="meta").module
    assert {parameter.device.type for parameter in module.parameters()} == {"meta"}


def test_a_module_comes_in_training_mode():
    assert build(small_cnn()).module.training


def test_errors_in_the_project_are_raised():
    with pytest.raises(GenerationError, match="no Output"):
        build(draw(("image", "Input")))


def test_parameters_and_buffers_lead_to_their_node():
    live = build(small_cnn())
    assert live.node_of_parameter("conv1.weight") == "n2"
    assert live.node_of_parameter("norm2.running_mean") == "n7"
    assert live.node_of_parameter("nothing.weight") is None


def test_the_class_can_be_inspected():
    live = build(residual())
    assert inspect.getsource(type(live.module)).startswith("class Residual(nn.Module):")


class Broken(nn.Module):
    def forward(self, x):
        raise ValueError("broken on purpose")


class Odd(nn.Module):
    def forward(self, x):
        return "no tensor"


def failure(live, *inputs):
    with pytest.raises(Exception, match=r"\w") as caught:
        live.module(*inputs)
    return live.explain(caught.value)


def test_an_error_inside_a_nested_call_leads_to_its_node():
    live = build(small_cnn())
    assert failure(live, torch.ones(2, 3, 28, 28)).node_id == "n2"
    live.module.norm1 = Broken()
    assert failure(live, torch.ones(2, 1, 28, 28)) == ("n3", "norm1: broken on purpose")
    live.module.norm1 = Odd()
    node_id, message = failure(live, torch.ones(2, 1, 28, 28))
    assert (node_id, message[:7]) == ("n4", "relu1: ")


def test_an_error_in_an_operator_leads_to_its_node():
    live = build(residual())
    live.module.norm2 = Odd()
    assert failure(live, torch.ones(2, 3, 8, 8)).node_id == "n6"


def test_an_error_in_the_returned_call_leads_to_its_node():
    live = build(small_cnn())
    live.module.head = Broken()
    assert failure(live, torch.ones(2, 1, 28, 28)).node_id == "n12"


def test_columns_are_right_behind_letters_of_several_bytes():
    rows = [("größe", "Input", {"shape": [4]}), ("ääääää", "Linear"), ("öö", "BatchNorm1d"), ("ReLU", "ReLU")]
    live = build(chain(*rows, ("out", "Output")))
    assert failure(live, torch.ones(2, 5)).node_id == "n2"
    live.module.öö = Broken()
    assert failure(live, torch.ones(2, 4)).node_id == "n3"


def test_an_index_out_of_range_leads_to_the_embedding():
    live = build(two_ends())
    node_id, message = failure(live, torch.ones(1, 3, 8, 8), torch.tensor([[5]]))
    assert (node_id, message) == ("n7", "embed: index out of range in self")


def step(module, *inputs):
    try:
        module(*inputs)
    except ValueError as error:
        raise RuntimeError("step 3 failed") from error


def test_a_wrapped_error_leads_to_its_node():
    live = build(small_cnn())
    live.module.conv1 = Broken()
    with pytest.raises(RuntimeError, match="step 3") as caught:
        step(live.module, torch.ones(2, 1, 28, 28))
    assert live.explain(caught.value) == ("n2", "conv1: step 3 failed")


def test_an_error_from_elsewhere_has_no_node():
    assert build(small_cnn()).explain(OSError("disk full")) == (None, "OSError: disk full")
    assert build(small_cnn()).explain(KeyError()) == (None, "KeyError: KeyError")
