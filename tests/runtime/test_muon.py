"""Muon for matrices beside AdamW for the rest, against PyTorch's two apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from runtime.optim import build_optimizer, muons_own
from runtime.plan import TrainingPlan


class Reader(nn.Module):
    """An embedding, two linear layers, a norm and a convolution."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words, self.conv = nn.Embedding(7, 6), nn.Conv1d(6, 6, 3, padding=1)
        self.hidden, self.norm, self.head = nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 3)

    def forward(self, tokens):
        mixed = self.conv(self.words(tokens).transpose(1, 2)).transpose(1, 2)
        return self.head(self.norm(self.hidden(mixed)).relu().mean(dim=1))


def plan(**settings) -> TrainingPlan:
    return TrainingPlan.from_mapping({"optimizer": {"type": "Muon", "lr": 0.02, **settings}})


def learn(model: Reader, optimizers, steps: int = 4) -> None:
    tokens = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6]])
    for _ in range(steps):
        model.zero_grad()
        nn.functional.cross_entropy(model(tokens), torch.tensor([0, 2])).backward()
        for optimizer in optimizers:
            optimizer.step()


def test_every_matrix_but_that_of_an_embedding_is_muons():
    assert muons_own(Reader()) == {"hidden.weight", "head.weight"}
    assert muons_own(nn.Linear(2, 3)) == {"weight"}


@pytest.mark.parametrize("settings", [{}, {"adjust_lr_fn": "match_rms_adamw", "nesterov": False}])
def test_each_part_learns_as_by_its_own_optimizer(settings):
    ours, theirs = Reader(), Reader()
    learn(ours, [build_optimizer(plan(weight_decay=0.05, **settings), ours)])
    matrices = [theirs.hidden.weight, theirs.head.weight]
    others = [each for each in theirs.parameters() if all(each is not matrix for matrix in matrices)]
    learn(theirs, [
        torch.optim.Muon(matrices, lr=0.02, weight_decay=0.05, **settings),
        torch.optim.AdamW(others, lr=0.02, weight_decay=0.05, fused=True),
    ])  # fmt: skip
    for name, weights in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], weights), name


def test_biases_and_norms_can_be_spared_the_decay():
    optimizer = build_optimizer(plan(decay_norm_and_bias=False), Reader())
    told = [
        (group["moved_by"], group["weight_decay"], group["param_names"]) for group in optimizer.param_groups
    ]
    assert told == [
        ("Muon", 0.1, ["hidden.weight", "head.weight"]),
        ("AdamW", 0.1, ["words.weight", "conv.weight"]),
        ("AdamW", 0.0, ["conv.bias", "hidden.bias", "norm.weight", "norm.bias", "head.bias"]),
    ]


def test_what_was_saved_goes_on_to_the_same_weights():
    whole, cut = Reader(), Reader()
    learn(whole, [build_optimizer(plan(), whole)], steps=6)
    before = build_optimizer(plan(), cut)
    learn(cut, [before], steps=3)
    after = build_optimizer(plan(), cut)
    after.load_state_dict(before.state_dict())
    learn(cut, [after], steps=3)
    for name, weights in whole.state_dict().items():
        assert torch.equal(cut.state_dict()[name], weights), name


@pytest.mark.parametrize("layer", [nn.Linear(3, 2, bias=False), nn.LayerNorm(3)])
def test_there_may_be_matrices_alone_or_none(layer):
    optimizer = build_optimizer(plan(), layer)
    before = layer.weight.detach().clone()
    layer(torch.ones(2, 3)).square().sum().backward()
    optimizer.step()
    assert not torch.equal(layer.weight, before)


def test_the_rate_of_all_groups_can_be_moved():
    optimizer = build_optimizer(plan(), Reader())
    torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.1 / 25] * 2)
