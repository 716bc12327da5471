"""Networks laid out and compiled as planned; without a compiler, the reason."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from runtime.checkpoint import checkpoint_folder, load_checkpoint
from runtime.compiling import compiled
from runtime.events import EpochEnded
from runtime.failure import TrainingFailure
from tests.runtime.training import CPU, events_of, make_cnn, make_data, make_mlp, make_plan, of_type


def is_channels_last(model: nn.Module) -> bool:
    return model[0].weight.is_contiguous(memory_format=torch.channels_last)


def make_colour_cnn() -> nn.Module:
    torch.manual_seed(11)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 9, 3))


def test_channels_go_last_and_the_network_learns_the_same(tmp_path: Path) -> None:
    data, plain, last = make_data((3, 5, 5)), make_colour_cnn(), make_colour_cnn()
    list(events_of(plain, make_plan(), data))
    list(events_of(last, make_plan(channels_last=True), data, run_dir=tmp_path))
    assert is_channels_last(last)
    assert not is_channels_last(plain)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(last.state_dict()[name], weight, rtol=1e-3, atol=1e-5)
    resumed, checkpoint = make_colour_cnn(), load_checkpoint(checkpoint_folder(tmp_path, "last"))
    plan = make_plan(channels_last=True, epochs=3)
    events = list(events_of(resumed, plan, data, checkpoint=checkpoint))
    assert is_channels_last(resumed)
    assert [ended.epoch for ended in of_type(events, EpochEnded)] == [3]


def test_channels_may_go_last_in_the_middle_of_a_run(tmp_path: Path) -> None:
    data, whole, changed = make_data((3, 5, 5)), make_colour_cnn(), make_colour_cnn()
    list(events_of(whole, make_plan(epochs=4), data))
    list(events_of(make_colour_cnn(), make_plan(epochs=4, max_steps=14), data, run_dir=tmp_path))
    checkpoint = load_checkpoint(checkpoint_folder(tmp_path, "last"))
    list(events_of(changed, make_plan(epochs=4, channels_last=True), data, checkpoint=checkpoint))
    assert is_channels_last(changed)
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(changed.state_dict()[name], weight, rtol=1e-3, atol=1e-5)


def test_a_compiled_network_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_eagerly = partial(torch.compile, backend="eager")  # what the compiler reads, run as it is
    monkeypatch.setattr(torch, "compile", compile_eagerly)
    ours, plain = make_mlp(), make_mlp()
    events = list(events_of(ours, make_plan(compile=True), make_data()))
    list(events_of(plain, make_plan(), make_data()))
    assert events[-1].state == "finished"
    for name, weight in plain.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weight), name


def test_without_a_compiler_a_run_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import cpp_builder, exc

    def missing() -> str:
        raise exc.InvalidCxxCompiler

    monkeypatch.setattr(cpp_builder, "get_cpp_compiler", missing)
    text = r"finds no C\+\+ compiler on this computer.* Expected g\+\+ or clang.* or set compile = false"
    with pytest.raises(TrainingFailure, match=text):
        list(events_of(make_mlp(), make_plan(compile=True), make_data()))


def test_on_a_gpu_the_compiler_is_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.utils._triton.has_triton", lambda: False)
    with pytest.raises(TrainingFailure, match=r"Triton.* is not installed.* or set compile = false"):
        compiled(make_mlp(), torch.device("cuda"))


def test_what_cannot_be_compiled_is_told_and_a_networks_own_error_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(model: nn.Module) -> object:
        def call(*_: object) -> None:
            raise torch._dynamo.exc.Unsupported("a loop over data\nand more")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(TrainingFailure, match=r"cannot compile the network: a loop over data\. Expected"):
        compiled(make_mlp(), CPU)(torch.ones(2, 6))
    monkeypatch.setattr(torch, "compile", lambda model: model)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        compiled(make_mlp(), CPU)(torch.ones(2, 7))


@pytest.mark.parametrize("layer", [nn.Embedding, nn.EmbeddingBag])
def test_sparse_gradients_of_limited_rows_are_not_compiled(layer: type[nn.Module]) -> None:
    model = nn.ModuleDict({"words": layer(9, 4, max_norm=1.0, sparse=True)})
    text = r"layer words, which has sparse .* Set compile = false, or clear sparse or max_norm of words\."
    with pytest.raises(TrainingFailure, match=text):
        compiled(model, CPU)


def test_a_network_of_images_alone_has_channels_to_put_last() -> None:
    model = make_cnn()
    list(events_of(model, make_plan(channels_last=True, epochs=1), make_data((1, 5, 5))))
    assert model[5].weight.is_contiguous()
