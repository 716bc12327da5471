"""What is counted batch by batch equals what scikit-learn works out from all answers at once."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn import metrics as sklearn
from torch import Tensor

from runtime import tallies
from runtime.loss_choices import LOSSES
from runtime.loss_spec import needs_of
from runtime.metric_choices import METRICS, task_of
from runtime.options import parse_option
from runtime.tallies import ClassTally, LabelTally, NumberTally, Tally, roc_auc, tally_of

SAMPLES = 203


def counted(tally: Tally, outputs: Tensor, targets: Tensor, size: int = 32) -> Tally:
    for start in range(0, len(outputs), size):
        tally.update(outputs[start : start + size], targets[start : start + size])
    return tally


def class_answers(classes: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Logits that are right more often than not, some tied, and class numbers of which some are rare."""
    generator = torch.Generator().manual_seed(seed)
    frequency = torch.arange(1.0, classes + 1)
    targets = frequency.multinomial(SAMPLES, replacement=True, generator=generator)
    logits = torch.randn(SAMPLES, classes, generator=generator).mul(2).round().div(2)
    logits[torch.arange(SAMPLES), targets] += 1
    return logits, targets


@pytest.mark.parametrize("classes", [2, 3, 12])
@pytest.mark.parametrize("seed", range(3))
def test_classes_are_scored_as_scikit_learn_does(classes: int, seed: int) -> None:
    logits, targets = class_answers(classes, seed)
    found = counted(ClassTally(), logits, targets).metrics()
    answers, scores = logits.argmax(1), logits.softmax(1)
    averaged = {"average": "macro", "zero_division": 0}
    expected = {
        "accuracy": sklearn.accuracy_score(targets, answers),
        "precision": sklearn.precision_score(targets, answers, **averaged),
        "recall": sklearn.recall_score(targets, answers, **averaged),
        "f1": sklearn.f1_score(targets, answers, **averaged),
        "roc_auc": sklearn.roc_auc_score(
            targets, scores[:, 1] if classes == 2 else scores, multi_class="ovr"
        ),
    }
    if classes > 5:
        in_top = logits.topk(5, dim=1).indices == targets[:, None]
        expected["top5"] = in_top.any(dim=1).double().mean().item()
    assert found == pytest.approx(expected, abs=1e-6)


def test_without_ties_the_five_likeliest_are_those_of_scikit_learn() -> None:
    logits = torch.randn(SAMPLES, 9, generator=torch.Generator().manual_seed(1))
    targets = torch.arange(SAMPLES) % 9
    expected = sklearn.top_k_accuracy_score(targets, logits, k=5)
    assert counted(ClassTally(), logits, targets).metrics()["top5"] == pytest.approx(expected)


def test_the_confusion_matrix_is_that_of_scikit_learn() -> None:
    logits, targets = class_answers(4)
    expected = sklearn.confusion_matrix(targets, logits.argmax(1))
    assert counted(ClassTally(), logits, targets).confusion() == tuple(map(tuple, expected.tolist()))


def test_too_many_classes_are_not_tabulated() -> None:
    logits, targets = class_answers(tallies.MOST_IN_CONFUSION + 1)
    tally = counted(ClassTally(), logits, targets)
    assert tally.confusion() == ()
    assert tally.metrics()["accuracy"] == (logits.argmax(1) == targets).double().mean().item()


def test_too_many_scores_are_not_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST_RANKED", SAMPLES * 3 - 1)
    assert "roc_auc" not in counted(ClassTally(), *class_answers(3)).metrics()
    monkeypatch.setattr(tallies, "MOST_RANKED", SAMPLES * 3)
    assert "roc_auc" in counted(ClassTally(), *class_answers(3)).metrics()


def test_a_class_number_that_does_not_count_leaves_the_rest() -> None:
    logits, targets = class_answers(3)
    kept = torch.arange(SAMPLES) % 4 > 0
    marked = targets.where(kept, -100)
    whole, rest = (
        counted(ClassTally(-100), logits, marked),
        counted(ClassTally(), logits[kept], targets[kept]),
    )
    assert whole.metrics() == rest.metrics()
    assert whole.confusion() == rest.confusion()


def test_every_position_of_a_map_is_an_answer() -> None:
    logits, targets = class_answers(3)
    maps, marks = logits[:200].reshape(50, 2, 2, 3).permute(0, 3, 1, 2), targets[:200].reshape(50, 2, 2)
    assert (
        counted(ClassTally(), maps, marks).metrics()
        == counted(ClassTally(), logits[:200], targets[:200]).metrics()
    )


@pytest.mark.parametrize("labels", [1, 4])
def test_yes_and_no_are_scored_as_scikit_learn_does(labels: int) -> None:
    generator = torch.Generator().manual_seed(labels)
    targets = (torch.rand(SAMPLES, labels, generator=generator) < 0.3).float()
    logits = (torch.randn(SAMPLES, labels, generator=generator) + 2 * targets - 1).mul(4).round().div(4)
    found = counted(LabelTally(0.0), logits, targets).metrics()
    answers = logits > 0
    average = {"average": "binary"} if labels == 1 else {"average": "macro"}
    one = (lambda each: each.squeeze(1)) if labels == 1 else (lambda each: each)
    expected = {
        "accuracy": (answers == (targets > 0.5)).double().mean().item(),
        "precision": sklearn.precision_score(one(targets), one(answers), **average),
        "recall": sklearn.recall_score(one(targets), one(answers), **average),
        "f1": sklearn.f1_score(one(targets), one(answers), **average),
        "roc_auc": sklearn.roc_auc_score(targets, logits, average="macro"),
    }
    assert found == pytest.approx(expected)


def test_one_question_has_a_confusion_matrix() -> None:
    scores, targets = torch.tensor([0.2, 0.7, 0.9, 0.4, 0.6]), torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0])
    expected = sklearn.confusion_matrix(targets, scores > 0.5).tolist()
    assert counted(LabelTally(0.5), scores, targets, size=2).confusion() == tuple(map(tuple, expected))
    assert counted(LabelTally(0.5), scores.repeat(2, 1).T, targets.repeat(2, 1).T).confusion() == ()


@pytest.mark.parametrize("shape", [(SAMPLES,), (SAMPLES, 1), (SAMPLES, 3), (SAMPLES, 2, 2)])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_numbers_are_scored_as_scikit_learn_does(shape: tuple[int, ...], offset: float) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randn(shape, generator=generator) + offset
    outputs = targets + torch.randn(shape, generator=generator).mul(0.5)
    flat, other = targets.reshape(SAMPLES, -1).double(), outputs.reshape(SAMPLES, -1).double()
    expected = {
        "mae": sklearn.mean_absolute_error(flat, other),
        "rmse": math.sqrt(sklearn.mean_squared_error(flat, other)),
        "r2": sklearn.r2_score(flat, other, multioutput="variance_weighted"),
    }
    assert counted(NumberTally(), outputs, targets).metrics() == pytest.approx(expected)


def test_targets_that_never_change_have_no_share_explained() -> None:
    found = counted(NumberTally(), torch.rand(8, 1), torch.ones(8, 1)).metrics()
    assert sorted(found) == ["mae", "rmse"]


def test_a_class_that_is_always_or_never_there_has_no_roc_curve() -> None:
    positive = torch.tensor([[True, False, True], [True, False, False]])
    areas = roc_auc(torch.tensor([[0.1, 0.2, 0.9], [0.3, 0.1, 0.2]]), positive)
    assert areas.isnan().tolist() == [True, True, False]
    assert areas[2] == 1


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_says_how_its_answers_are_scored(loss: str) -> None:
    needs = needs_of(parse_option({"type": loss}, "loss", LOSSES))
    tally = tally_of(needs)
    assert (tally is None) == (task_of(needs) is None)
    is_right_or_wrong = needs.target.kind == "class" or needs.yes_above is not None
    assert (task_of(needs) in ("classes", "labels")) == is_right_or_wrong


def test_all_that_is_counted_is_declared() -> None:
    found = {"classes": counted(ClassTally(), *class_answers(7)).metrics()}
    found["labels"] = counted(LabelTally(0.0), torch.randn(9, 2), torch.eye(9)[:, :2]).metrics()
    found["numbers"] = counted(NumberTally(), torch.rand(5, 1), torch.rand(5, 1)).metrics()
    for task, names in found.items():
        assert set(names) == {name for name, spec in METRICS.items() if task in spec.tasks}
