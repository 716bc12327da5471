"""What plan suits a network and its data, setting by setting, each with a reason; needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.catalog.params import Value
from graph.lint.plan import part
from runtime.data.source_choices import is_usual_spread
from runtime.loss_choices import LOSSES
from runtime.loss_spec import BALANCED
from runtime.metric_choices import task_of
from runtime.optimizer_choices import SPARSE_ADAM
from runtime.options import PlanError, rough
from runtime.output_suggestion import LossesAdvice, suggested_losses
from runtime.plan import DEFAULT_DATA, DEFAULT_LOSS, DEFAULT_OPTIMIZER, OUTPUTS, TYPE_KEYS, TrainingPlan
from runtime.suggestion_facts import RARE, DataFacts, DeviceFacts, NetworkFacts

DEFAULT_TYPES = {"data": DEFAULT_DATA, "loss": DEFAULT_LOSS, "optimizer": DEFAULT_OPTIMIZER}
SEQUENCES = frozenset({"Recurrent", "Attention", "Transformer"})  # families whose gradients leap
MAPS = frozenset({"Convolution", "Backbone"})
STEPS_AN_EPOCH = 50  # batches should be small enough for so many
WANTED_STEPS = 3000  # optimizer steps after which a small network has mostly learnt
LEAST_BATCH, LARGEST_BATCH = 8, 256
LEAST_EPOCHS, MOST_EPOCHS = 5, 50
FINE_TUNING_LR, SEQUENCE_LR, USUAL_LR = 1e-4, 3e-4, 1e-3


@dataclass(frozen=True)
class Advice:
    """One setting as it is suggested.

    Args:
        path: of the setting; a whole part, such as `optimizer`, is given by its type and what belongs to it.
        value: as the project file writes it.
        why: one sentence.
        needs: the part and the type in it without which the setting means nothing.
    """

    path: str
    value: Value
    why: str
    needs: tuple[str, str] | None = None

    def now(self, plan: TrainingPlan) -> Value:
        """What a plan has there."""
        found: Any = plan.to_mapping(defaults=self.path != OUTPUTS)
        for key in self.path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(self.value, Mapping) and isinstance(found, Mapping):
            return {key: found.get(key) for key in self.value if key in found}
        return found

    def is_followed(self, plan: TrainingPlan) -> bool:
        """Whether a plan has it already."""
        return self.suits(plan.to_mapping(defaults=True)) and bool(self.now(plan) == self.value)

    def suits(self, training: Mapping[str, Value]) -> bool:
        """Whether a plan has the type that this needs."""
        if self.needs is None:
            return True
        name, kind = self.needs
        return bool(_part(training, name)[TYPE_KEYS[name]] == kind)


@dataclass(frozen=True)
class Situation:
    """All that a suggestion is made from.

    Args:
        plan: as it is.
        largest_batch: that fits into half of the free memory; None where nobody knows.
    """

    plan: TrainingPlan
    data: DataFacts
    network: NetworkFacts
    device: DeviceFacts
    largest_batch: int | None

    @property
    def is_autoencoder(self) -> bool:
        """Whether the network gives back what it takes, and no label has that shape."""
        given = self.network.given
        return given is not None and given == self.network.taken and given != self.data.output_shape

    @property
    def has_one_loss(self) -> bool:
        """Whether the plan's loss is that of the only Output."""
        return self.network.outputs == 1 and not self.plan.outputs

    @property
    def losses(self) -> LossesAdvice | None:
        """What each of several Outputs should learn; None where that is not known, or one loss takes all."""
        if self.has_one_loss or not self.network.ends:
            return None
        return suggested_losses(self.plan, self.data, self.network, is_imbalanced=self.is_imbalanced)

    @property
    def is_sequence(self) -> bool:
        """Whether layers read sequences, whose gradients can leap."""
        return not self.network.families.isdisjoint(SEQUENCES)

    @property
    def is_imbalanced(self) -> bool:
        """Whether a class is rare."""
        return not self.is_autoencoder and (self.data.imbalance or 1.0) >= RARE

    @property
    def batch_size(self) -> int:
        """A power of two that gives an epoch enough steps and fits into the memory."""
        wanted = min(max(self.data.train_samples // STEPS_AN_EPOCH, LEAST_BATCH), LARGEST_BATCH)
        most = wanted if self.largest_batch is None else min(wanted, max(self.largest_batch, 1))
        return 1 << (most.bit_length() - 1)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return -(-self.data.train_samples // self.batch_size)

    @property
    def epochs(self) -> int:
        """As many as give the network enough steps to learn."""
        return min(max(-(-WANTED_STEPS // self.steps_per_epoch), LEAST_EPOCHS), MOST_EPOCHS)

    @property
    def loss(self) -> str | None:
        """The loss that suits; None where Outputs have losses of their own, or need them."""
        if not self.has_one_loss:
            return None
        if self.is_autoencoder:
            return "MSELoss"
        current = self.plan.loss.type
        return current if current in self.data.other_losses else self.data.loss


def suggested(situation: Situation) -> tuple[Advice, ...]:
    """A plan for a network and its data, in the order of the form."""
    parts: tuple[Callable[[Situation], Iterator[Advice]], ...] = (
        _data, _length, _loss, _optimizer, _schedule, _device, _ending,
    )  # fmt: skip
    return tuple(advice for part_of in parts for advice in part_of(situation))


def applied(training: Mapping[str, Value], taken: Iterable[Advice]) -> dict[str, Value]:
    """A project's plan with some of the advice taken; what needs another type is left out.

    Raises:
        PlanError: what is taken does not go together with the rest of the plan.
    """
    changed = dict(training)
    for advice in taken:
        if advice.suits(changed):
            _put(changed, advice.path, advice.value)
    TrainingPlan.from_mapping(changed)
    return changed


def fits(training: Mapping[str, Value], taken: Iterable[Advice]) -> str:
    """Why some advice cannot be taken without the rest, in words; empty where it can."""
    try:
        applied(training, taken)
    except PlanError as error:
        return str(error)
    return ""


def _put(training: dict[str, Value], path: str, value: Value) -> None:
    first, _, inner = path.partition(".")
    if inner:
        training[first] = {**_part(training, first), inner: value}
    elif isinstance(value, Mapping) and first in TYPE_KEYS:
        current, key = _part(training, first), TYPE_KEYS[first]
        training[first] = {**current, **value} if current.get(key) == value[key] else dict(value)
    else:
        training[path] = value


def _part(training: Mapping[str, Value], name: str) -> dict[str, Value]:
    """A part of a plan, with its type written out if it has one."""
    key = TYPE_KEYS.get(name)
    if key is None:
        return dict(part(training, name))
    usual = DEFAULT_TYPES.get(name)
    return {**({key: usual} if usual else {}), **part(training, name, key)}


def _data(given: Situation) -> Iterator[Advice]:
    data, plan = given.data, given.plan
    if given.has_one_loss and given.is_autoencoder:
        why = "The Output has the shape of the Input, so the network learns to give back what it gets."
        yield Advice("data.target", "input", why)
    elif given.has_one_loss and plan.data.target != "label":
        yield Advice(
            "data.target", "label", "The Output has another shape than the Input, so it learns labels."
        )
    if not data.val_samples:
        why = "Samples that are never trained on tell whether the network has understood or only memorised."
        yield Advice("data.val_fraction", 0.2, why)
    if given.is_imbalanced and not data.is_text:
        yield Advice("data.stratify", True, "So that rare classes are among the samples held back, too.")
    is_as_read = plan.data.source.params.get("standardize_target") is False
    if is_as_read and data.spread and not is_usual_spread(data.spread):
        why = (
            f"The numbers to predict are about {rough(data.spread)} apart; scaled to 1, usual steps reach "
            "them."
        )
        yield Advice("data.standardize_target", True, why)


def _length(given: Situation) -> Iterator[Advice]:
    size, steps = given.batch_size, given.steps_per_epoch
    why = f"{given.data.train_samples:,} samples make {steps:,} steps an epoch; {_room(given)}."
    yield Advice(
        "epochs", given.epochs, f"About {given.epochs * steps:,} steps in all; a run may end sooner."
    )
    yield Advice("batch_size", size, why)


def _room(given: Situation) -> str:
    """What a batch is to the memory."""
    if given.largest_batch is None:
        return "how much memory a batch takes is not known, as a size of the network is a symbol"
    if given.largest_batch < 2 * given.batch_size:
        return f"more would not leave half of the memory of {given.device.place} free"
    return f"{given.largest_batch:,} would fit into half of the free memory of {given.device.place}"


def _loss(given: Situation) -> Iterator[Advice]:
    loss, losses = given.loss, given.losses
    if losses is not None:
        yield Advice(OUTPUTS, losses.value, losses.why)
    if loss is None:
        return
    if given.is_autoencoder:
        why = "The mean squared error tells how far what comes out is from what went in."
    else:
        why = f"{given.data.reason} {LOSSES[loss].help}"
    yield Advice("loss", {"type": loss}, why)
    names = [spec.name for spec in LOSSES[loss].params]
    weight = next((name for name in ("weight", "alpha", "pos_weight") if name in names), None)
    if given.is_imbalanced and weight and task_of(LOSSES[loss].needs) == "classes":
        times = f"{given.data.imbalance:.0f} times"
        why = f"One class has {times} as many samples as another, so the rare ones weigh more."
        yield Advice(f"loss.{weight}", BALANCED, why, needs=("loss", loss))


def _optimizer(given: Situation) -> Iterator[Advice]:
    kind = SPARSE_ADAM if given.network.has_sparse_gradients else DEFAULT_OPTIMIZER
    if kind == SPARSE_ADAM:
        why = "An embedding has sparse gradients, which it takes; the other weights learn by Adam."
    else:
        why = f"{kind} finds the length of the step for each weight itself, so it learns well without tuning."
    yield Advice("optimizer", {"type": kind}, why)
    needs = ("optimizer", kind)
    if given.network.is_pretrained:
        lr, why = FINE_TUNING_LR, "Weights that were trained before are only to be adjusted: small steps."
    elif not given.network.families.isdisjoint({"Attention", "Transformer"}):
        lr, why = SEQUENCE_LR, "Attention becomes unstable with long steps; 0.0003 is a usual start."
    else:
        lr, why = USUAL_LR, f"The usual start for {kind}; the LR finder can tell more."
    yield Advice("optimizer.lr", lr, why, needs)
    if kind == SPARSE_ADAM:
        return
    yield Advice(
        "optimizer.weight_decay",
        0.01,
        "Keeps weights small, so that the network does not rely on few.",
        needs,
    )
    why = "Biases and norms are few and have to be free to move: shrinking them only makes learning harder."
    yield Advice("optimizer.decay_norm_and_bias", False, why, needs)


def _schedule(given: Situation) -> Iterator[Advice]:
    warmup = min(round(max(given.epochs / 20, 0.25), 2), 1.0)
    value = {"type": "CosineAnnealingLR", "warmup_epochs": warmup}
    why = "Short steps first, while the weights are still random, then longer ones, then finer and finer."
    yield Advice("scheduler", value, why)


def _device(given: Situation) -> Iterator[Advice]:
    device = given.device
    if device.kind != "cuda":
        why = f"On {device.place} shorter numbers are not faster."
        if device.has_bfloat16:
            why = (
                f"Exact on {device.place}. With amp-bfloat16 and channels_last wide convolutions and large "
                "matrices take about half the time here, small ones longer: try it."
            )
        yield Advice("precision", "float32", why)
        return
    if device.has_bfloat16:
        why = f"{device.place} multiplies bfloat16 several times as fast, and it needs half the memory."
        yield Advice("precision", "amp-bfloat16", why)
    else:
        why = f"{device.place} multiplies float16 fast; a scaler keeps small gradients from vanishing."
        yield Advice("precision", "amp-float16", why)
    if not given.network.families.isdisjoint(MAPS):
        yield Advice("channels_last", True, "Convolutions are faster on GPUs with the channels last.")


def _ending(given: Situation) -> Iterator[Advice]:
    if given.is_sequence:
        why = (
            "Gradients through a sequence can leap; cutting them at 1 keeps one batch from undoing the rest."
        )
        yield Advice("clip_grad_norm", 1.0, why)
    metric, why = _judged_by(given)
    yield Advice("monitor", metric, why)
    patience = max(given.epochs // 5, 3)
    why = f"After {patience} epochs without a better one the run ends and goes back to the best."
    yield Advice("early_stopping.patience", patience, why)


def _judged_by(given: Situation) -> tuple[str, str]:
    """The metric that tells the best epoch."""
    loss, losses = given.loss, given.losses
    if losses is not None and losses.tells_classes and not given.is_imbalanced:
        why = "The share of right answers on samples held back, the mean over the Outputs, is to be high."
        return "val_accuracy", why
    task = None if loss is None or given.data.is_text else task_of(LOSSES[loss].needs)
    if given.is_autoencoder or task not in ("classes", "labels"):
        return "val_loss", "The loss on samples held back tells best how good the predictions are."
    if given.is_imbalanced or (task == "labels" and given.data.output_shape != (1,)):
        return "val_f1", "Where yes or a class is rare, F1 tells more than the share of right answers."
    return "val_accuracy", "The share of right answers on samples held back is what you want to be high."
