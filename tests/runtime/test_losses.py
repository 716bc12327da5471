"""Every loss of torch.nn is a choice, gives torch's numbers, and is told what it is given."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from runtime.loss_choices import LOSSES
from runtime.loss_spec import BALANCED, REST, TARGET, needs_of
from runtime.losses import build_loss
from runtime.metrics import judge_of
from runtime.plan import PlanError, TrainingPlan

EXCLUDED = {
    "AdaptiveLogSoftmaxWithLoss": "a layer: it has weights, which a loss of the plan has not; "
    "draw a Linear and choose CrossEntropyLoss",
    "LinearCrossEntropyLoss": "a layer, too: a Linear and CrossEntropyLoss in one; draw the Linear",
}
OWN_DEFAULTS = {"distance_function": None}  # torch's name for what is called euclidean here


def plan(**loss: Any) -> TrainingPlan:
    return TrainingPlan.from_mapping({"loss": loss})


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


CLASSES = torch.tensor([0, 2, 1, 2])
MAPS = torch.tensor([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])
LOGITS = numbers(4, 3)
YES_NO = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
PAIR = numbers(4, 2)
SIGNS = 2 * YES_NO - 1
VALUES = numbers(4, 2, seed=1)
THREE = tuple(numbers(4, 5, seed=seed) for seed in (1, 2, 3))
SHARES = numbers(4, 3, seed=4).softmax(dim=1)
SEQUENCES = torch.tensor([[1, 2, -1], [3, 3, 1]])
WEIGHT = torch.tensor([1.0, 0.5, 2.0])
TWO = torch.tensor([1.0, 3.0])


def ctc_by_hand(log_probabilities: Tensor, targets: Tensor) -> Tensor:
    by_step = log_probabilities.transpose(0, 1)
    return F.ctc_loss(by_step, torch.tensor([1, 2, 3, 3, 1]), torch.tensor([8, 8]), torch.tensor([2, 3]))


# Settings, what the model gives, targets, and the loss as one writes it by hand.
Case = tuple[dict[str, Any], Any, Tensor, Callable[[Any, Tensor], Tensor]]
CASES: list[Case] = [
    ({"type": "CrossEntropyLoss"}, LOGITS, CLASSES, F.cross_entropy),
    (
        {"type": "CrossEntropyLoss", "weight": [1, 0.5, 2], "ignore_index": 1, "label_smoothing": 0.1},
        LOGITS, CLASSES,
        lambda x, y: F.cross_entropy(x, y, weight=WEIGHT, ignore_index=1, label_smoothing=0.1),
    ),
    ({"type": "CrossEntropyLoss"}, numbers(2, 3, 2, 2), MAPS, F.cross_entropy),
    (
        {"type": "NLLLoss", "weight": [1, 0.5, 2], "ignore_index": 0}, LOGITS.log_softmax(1), CLASSES,
        lambda x, y: F.nll_loss(x, y, weight=WEIGHT, ignore_index=0),
    ),
    ({"type": "FocalLoss", "gamma": 0}, LOGITS, CLASSES, F.cross_entropy),
    (
        {"type": "FocalLoss", "task": "binary", "gamma": 0}, PAIR, YES_NO,
        F.binary_cross_entropy_with_logits,
    ),
    (
        {"type": "MultiMarginLoss", "p": 2, "margin": 0.5, "weight": [1, 0.5, 2]}, LOGITS, CLASSES,
        lambda x, y: F.multi_margin_loss(x, y, p=2, margin=0.5, weight=WEIGHT),
    ),
    (
        {"type": "BCEWithLogitsLoss", "pos_weight": [1, 3]}, PAIR, YES_NO,
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, pos_weight=TWO),
    ),
    ({"type": "BCELoss"}, PAIR.sigmoid(), YES_NO, F.binary_cross_entropy),
    ({"type": "SoftMarginLoss"}, PAIR, SIGNS, F.soft_margin_loss),
    (
        {"type": "MultiLabelSoftMarginLoss", "weight": [1, 3]}, PAIR, YES_NO,
        lambda x, y: F.multilabel_soft_margin_loss(x, y, weight=TWO),
    ),
    (
        {"type": "MultiLabelMarginLoss"}, LOGITS, torch.tensor([[0, 2, -1], [1, -1, -1]] * 2),
        F.multilabel_margin_loss,
    ),
    ({"type": "MSELoss"}, PAIR, VALUES, F.mse_loss),
    ({"type": "L1Loss"}, PAIR, VALUES, F.l1_loss),
    ({"type": "SmoothL1Loss", "beta": 0.5}, PAIR, VALUES, lambda x, y: F.smooth_l1_loss(x, y, beta=0.5)),
    ({"type": "HuberLoss", "delta": 0.5}, PAIR, VALUES, lambda x, y: F.huber_loss(x, y, delta=0.5)),
    (
        {"type": "GaussianNLLLoss", "full": True, "eps": 1e-3}, (PAIR, VALUES.exp()), YES_NO,
        lambda x, y: F.gaussian_nll_loss(x[0], y, x[1], full=True, eps=1e-3),
    ),
    ({"type": "PoissonNLLLoss"}, PAIR, YES_NO * 4, F.poisson_nll_loss),
    (
        {"type": "PoissonNLLLoss", "log_input": False, "full": True, "eps": 1e-3}, PAIR.exp(), YES_NO * 4,
        lambda x, y: F.poisson_nll_loss(x, y, log_input=False, full=True, eps=1e-3),
    ),
    (
        {"type": "KLDivLoss"}, LOGITS.log_softmax(1), SHARES,
        lambda x, y: F.kl_div(x, y, reduction="batchmean"),
    ),
    (
        {"type": "KLDivLoss", "log_target": True}, LOGITS.log_softmax(1), SHARES.log(),
        lambda x, y: (y.exp() * (y - x)).sum(dim=1).mean(),
    ),
    (
        {"type": "CosineEmbeddingLoss", "margin": 0.2}, THREE[:2], SIGNS[:, 0],
        lambda x, y: F.cosine_embedding_loss(*x, y, margin=0.2),
    ),
    (
        {"type": "HingeEmbeddingLoss", "margin": 2}, PAIR.abs(), SIGNS,
        lambda x, y: F.hinge_embedding_loss(x, y, margin=2),
    ),
    (
        {"type": "MarginRankingLoss", "margin": 0.5}, (PAIR, VALUES), SIGNS,
        lambda x, y: F.margin_ranking_loss(*x, y, margin=0.5),
    ),
    (
        {"type": "TripletMarginLoss", "margin": 2, "p": 1, "eps": 1e-3, "swap": True}, THREE, CLASSES,
        lambda x, y: F.triplet_margin_loss(*x, margin=2, p=1, eps=1e-3, swap=True),
    ),
    (
        {"type": "TripletMarginWithDistanceLoss"}, THREE, CLASSES,
        lambda x, y: F.triplet_margin_with_distance_loss(*x),
    ),
    (
        {"type": "TripletMarginWithDistanceLoss", "distance_function": "manhattan", "swap": True},
        THREE, CLASSES,
        lambda x, y: F.triplet_margin_with_distance_loss(
            *x, distance_function=nn.PairwiseDistance(p=1), swap=True
        ),
    ),
    (
        {"type": "TripletMarginWithDistanceLoss", "distance_function": "cosine", "margin": 0.5},
        THREE, CLASSES,
        lambda x, y: F.triplet_margin_with_distance_loss(
            *x, distance_function=lambda a, b: 1 - F.cosine_similarity(a, b), margin=0.5
        ),
    ),
    ({"type": "CTCLoss"}, numbers(2, 8, 4).log_softmax(2), SEQUENCES, ctc_by_hand),
]  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case[0].values())))


def with_gradient(outputs: Any) -> Any:
    if isinstance(outputs, tuple):
        return tuple(with_gradient(each) for each in outputs)
    return outputs.clone().requires_grad_()


def gradients(loss: Tensor, outputs: Any) -> list[Tensor]:
    return list(torch.autograd.grad(loss, outputs if isinstance(outputs, tuple) else [outputs]))


def torch_losses() -> list[str]:
    return [name for name, value in vars(nn).items() if inspect.isclass(value) and name.endswith("Loss")]


@pytest.mark.parametrize("name", torch_losses())
def test_a_loss_of_torch_is_a_choice_or_left_out_for_a_reason(name):
    assert (name in LOSSES) + (name in EXCLUDED) == 1


def test_there_are_21_losses_of_torch_and_the_focal_loss():
    assert set(LOSSES) - set(torch_losses()) == {"FocalLoss"}
    assert len(LOSSES) == 22
    assert set(EXCLUDED) <= set(torch_losses())
    assert {case[0]["type"] for case in CASES} == set(LOSSES)


@pytest.mark.parametrize("spec", [s for s in LOSSES.values() if hasattr(nn, s.type)], ids=lambda s: s.type)
def test_parameters_are_those_of_torch_in_its_order_and_with_its_defaults(spec):
    signature = inspect.signature(getattr(nn, spec.type).__init__).parameters
    for param in spec.params:
        assert signature[param.name].default == OWN_DEFAULTS.get(param.name, param.default)
    assert [param.name for param in spec.params] == [name for name in signature if spec_has(spec, name)]


def spec_has(spec, name):
    return name in [param.name for param in spec.params]


@pytest.mark.parametrize("spec", LOSSES.values(), ids=lambda spec: spec.type)
def test_what_a_loss_needs_is_declared_without_contradiction(spec):
    all_needs = [spec.needs, *(needs for _, _, needs in spec.variants)]
    for needs in all_needs:
        names = [need.name for need in needs.outputs]
        assert len(set(names)) == len(names)
        if len(names) > 1:
            assert set(spec.arguments) - {TARGET} == set(names)
        dims = {dim for need in needs.outputs for dim in need.layout}
        assert all(need.layout[0] == "N" and REST not in need.layout[:-1] for need in needs.outputs)
        assert all(need.remedy for need in needs.outputs if need.is_limited)
        assert {dim for dim, _ in spec.at_least} <= dims
        assert needs.target.dtype == ("int64" if needs.target.kind in ("class", "label-list", "sequence")
                                      else "float32")  # fmt: skip
    assert {dim for _, dim in spec.per_dim} <= {dim for need in spec.needs.outputs for dim in need.layout}
    assert {name for name, _ in spec.per_dim} <= {param.name for param in spec.params}
    for name, value, _ in spec.variants:
        assert spec.default(name) != value
        assert spec.details({name: value}) != spec.details({}) == f"{spec.help} {spec.needs.describe()}"


@each_case
def test_the_loss_and_its_gradient_are_those_of_torch(case):
    settings, given, targets, by_hand = case
    ours, theirs = with_gradient(given), with_gradient(given)
    loss, expected = build_loss(plan(**settings).loss)(ours, targets), by_hand(theirs, targets)
    torch.testing.assert_close(loss, expected)
    for gradient, wanted in zip(gradients(loss, ours), gradients(expected, theirs), strict=True):
        torch.testing.assert_close(gradient, wanted)


@each_case
def test_a_loss_can_be_computed_from_bfloat16_under_autocast(case):
    settings, given, targets, by_hand = case
    outputs = given if isinstance(given, tuple) else (given,)
    halves = tuple(each.bfloat16().requires_grad_() for each in outputs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = build_loss(plan(**settings).loss)(halves if isinstance(given, tuple) else halves[0], targets)
    torch.testing.assert_close(loss.float(), by_hand(given, targets), rtol=0.05, atol=0.05)
    assert all(gradient.isfinite().all() for gradient in gradients(loss, halves))


def focal_by_hand(logits: Tensor, targets: Tensor, gamma: float, alpha: list[float]) -> Tensor:
    losses = []
    for row, target in zip(logits.double(), targets.tolist(), strict=True):
        p = (row[target] - row.logsumexp(0)).exp()
        losses.append(-alpha[target] * (1 - p) ** gamma * p.log())
    return torch.stack(losses).mean()


def test_the_focal_loss_of_classes_is_the_papers_formula():
    ours, theirs = with_gradient(LOGITS), with_gradient(LOGITS)
    loss = build_loss(plan(type="FocalLoss", gamma=1.5, alpha=[1, 0.5, 2]).loss)(ours, CLASSES)
    expected = focal_by_hand(theirs, CLASSES, 1.5, [1, 0.5, 2])
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=0)
    torch.testing.assert_close(gradients(loss, ours), gradients(expected, theirs))


def test_the_focal_loss_of_labels_is_the_papers_formula():
    loss = build_loss(plan(type="FocalLoss", task="binary", alpha=[0.25]).loss)(PAIR, YES_NO)
    p = torch.where(YES_NO > 0, PAIR.sigmoid(), 1 - PAIR.sigmoid())
    alpha = torch.where(YES_NO > 0, 0.25, 0.75)
    torch.testing.assert_close(loss, -(alpha * (1 - p) ** 2 * p.log()).mean())


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_the_focal_loss_of_a_perfect_answer_has_a_slope(gamma):
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    loss = build_loss(plan(type="FocalLoss", gamma=gamma).loss)(logits, torch.tensor([0]))
    assert loss == 0
    assert gradients(loss, logits)[0].isfinite().all()


def test_balanced_class_weights_make_up_for_rare_classes():
    targets = torch.tensor([0, 0, 0, 0, 1, 1, -100])
    for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"):
        weight = build_loss(plan(type=name, weight=BALANCED).loss, targets[:6], 3).weight
        assert weight.tolist() == [6 / (3 * 4), 6 / (3 * 2), 0]
    loss = build_loss(plan(type="CrossEntropyLoss", weight=BALANCED).loss, targets, 2)
    assert loss.weight.tolist() == [0.75, 1.5]
    alpha = build_loss(plan(type="FocalLoss", alpha=BALANCED).loss, targets[:6], 2).alpha
    assert alpha.tolist() == [0.75, 1.5]


def test_balanced_weights_of_yes_make_up_for_rare_labels():
    targets = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    weight = build_loss(plan(type="BCEWithLogitsLoss", pos_weight=BALANCED).loss, targets).pos_weight
    assert weight.tolist() == [1.5, 1.0]  # 3 no to 2 yes; a label that is never yes keeps its weight
    on_maps = build_loss(
        plan(type="BCEWithLogitsLoss", pos_weight=BALANCED).loss, targets[:, None]
    ).pos_weight
    assert on_maps.tolist() == 4.0
    alpha = build_loss(plan(type="FocalLoss", task="binary", alpha=BALANCED).loss, targets).alpha
    assert alpha.item() == pytest.approx(0.8)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("nan")])
def test_bceloss_of_no_probability_is_no_number_and_no_crash(wrong):
    outputs = torch.tensor([[0.5], [wrong]], requires_grad=True)
    loss = build_loss(plan(type="BCELoss").loss)(outputs, torch.ones(2, 1))
    assert loss.isnan()


def test_a_negative_variance_is_no_number_and_no_crash():
    loss = build_loss(plan(type="GaussianNLLLoss").loss)((PAIR, -VALUES.abs()), YES_NO)
    assert loss.isnan()


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        ({"type": "CrossEntropyLoss", "weight": "balance"}, "Did you mean 'balanced'?"),
        ({"type": "CrossEntropyLoss", "weight": [0, 0]}, "Expected at least one number above 0."),
        ({"type": "CrossEntropyLoss", "weight": [1, -1]}, "Expected a list of numbers of at least 0, or bal"),
        ({"type": "CrossEntropyLoss", "weight": [1.0] * 10**6}, "Expected a list of numbers"),
        ({"type": "CrossEntropyLoss", "ignore_index": 1.5}, "loss.ignore_index is 1.5."),
        ({"type": "FocalLoss", "task": "binary", "alpha": [0.5, 0.5]}, "Expected one number from 0 to 1"),
        ({"type": "FocalLoss", "alpha": [0, 0]}, "Expected at least one number above 0."),
        ({"type": "MultiMarginLoss", "p": 3}, "Expected an integer from 1 to 2."),
        ({"type": "TripletMarginLoss", "margin": 0}, "Expected a number above 0."),
        ({"type": "CosineEmbeddingLoss", "margin": 2}, "Expected a number from -1 to 1."),
        ({"type": "CrossEntropy"}, "Did you mean 'CrossEntropyLoss'?"),
    ],
)
def test_a_setting_that_does_not_suit_is_explained(loss, text):
    with pytest.raises(PlanError) as caught:
        plan(**loss)
    assert text in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "right"),
    [
        ({"type": "CrossEntropyLoss"}, LOGITS, LOGITS.argmax(1), [1, 1, 1, 1]),
        ({"type": "CrossEntropyLoss"}, numbers(2, 3, 2, 2), numbers(2, 3, 2, 2).argmax(1), [1, 1]),
        ({"type": "BCEWithLogitsLoss"}, torch.tensor([[0.2], [-1.0]]), torch.ones(2, 1), [1, 0]),
        ({"type": "BCELoss"}, torch.tensor([[0.2], [0.7]]), torch.ones(2, 1), [0, 1]),
        ({"type": "SoftMarginLoss"}, torch.tensor([[0.2, 3.0]]), torch.tensor([[-1.0, 1.0]]), [0.5]),
        ({"type": "BCEWithLogitsLoss"}, torch.ones(1, 1, 2, 2), torch.eye(2)[None, None], [0.5]),
    ],
)
def test_right_answers_are_told(loss, outputs, targets, right):
    judge = judge_of(needs_of(plan(**loss).loss))
    assert judge is not None
    assert judge(outputs, targets).tolist() == right


@pytest.mark.parametrize(
    "name", ["MSELoss", "HingeEmbeddingLoss", "TripletMarginLoss", "KLDivLoss", "CTCLoss"]
)
def test_where_nothing_is_quite_right_there_is_no_accuracy(name):
    assert judge_of(needs_of(plan(type=name).loss)) is None


def test_what_does_not_count_leaves_the_accuracy_of_the_rest():
    judge = judge_of(needs_of(plan(type="CrossEntropyLoss").loss), -100)
    targets = torch.cat([LOGITS.argmax(1)[:1], (LOGITS.argmax(1)[1:3] + 1) % 3, torch.tensor([-100])])
    assert judge is not None
    assert judge(LOGITS, targets).mean().item() == pytest.approx(1 / 3)
