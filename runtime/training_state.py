"""What a checkpoint keeps of a run beside the weights, and how a run goes on from it.

With the plan and the network that it was saved with, a run goes on to the same numbers as one that was never
stopped. With others, everything that still fits is carried over, and the learning rate goes on as if it had
been planned that way from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from codegen.importers.weights import with_versions
from runtime.checkpoint import Checkpoint, CheckpointError
from runtime.optim import MOMENTUM, MOVED_BY
from runtime.plan import TrainingPlan, lr_at
from runtime.progress import Progress
from runtime.random_state import random_state, set_random_state

if TYPE_CHECKING:
    from runtime.carrying import Carried
    from runtime.trainer import Trainer

Names = Mapping[str, str]  # of a parameter or buffer: what it was called when it was saved

ORDER_KEYS = ("data", "batch_size", "drop_last", "sampler", "accumulate_steps", "seed")  # of the samples
JUDGE_KEYS = ("monitor", "loss", "outputs")
RATE_KEYS = ("optimizer", "scheduler", "epochs", "max_steps", "channels_last", *ORDER_KEYS, *JUDGE_KEYS)
PLATEAU_CLOCK = ("cooldown_counter", "last_epoch")
PLATEAU_COUNTS = ("best", "num_bad_epochs", *PLATEAU_CLOCK)


def state_of(trainer: Trainer) -> dict[str, Any]:
    """All that a run needs to go on, in tensors, numbers and containers of them."""
    return {
        "plan": trainer.plan.to_mapping(defaults=True),
        "steps_per_epoch": trainer.steps_per_epoch,
        "progress": asdict(trainer.progress),
        "optimizer": trainer.optimizer.state_dict(),
        **{name: None if part is None else part.state_dict() for name, part in _parts(trainer).items()},
        "random": random_state(trainer.device),
    }


def load_state(trainer: Trainer, checkpoint: Checkpoint, carried: Carried | None = None) -> None:
    """Goes back to where a checkpoint was saved, random numbers included.

    Args:
        trainer: a fresh one.
        checkpoint: of a run.
        carried: where the network was changed, what it takes over; parameters and buffers that are not named
            there, or have another shape now, start afresh.

    Raises:
        CheckpointError: it was saved by another model or optimizer, or by an earlier version.
    """
    state = checkpoint.trainer
    if "random" not in state:
        raise CheckpointError(
            "The checkpoint was saved by an earlier version of Netloom, which kept less of a run. "
            "Expected one that this version saved. Start a new run."
        )
    plan = trainer.plan.to_mapping(defaults=True)
    changed = {key for key in RATE_KEYS if plan.get(key) != state["plan"].get(key)}
    if carried is None:
        _load_weights(trainer, checkpoint.weights)
    else:
        _carry_weights(trainer, checkpoint.weights, carried.names)
    _load_parts(trainer, state, carried is not None or bool(changed), checkpoint.weights, carried)
    progress = _progress(state["progress"])
    if changed & set(ORDER_KEYS):
        progress.begin_epoch()
    if not _is_comparable(trainer, state, carried, _best_metric):
        progress.forget_best()
    if not _is_comparable(trainer, state, carried, _stopping_metric):
        progress.forget_stopping()
    trainer.go_on_from(progress)
    set_random_state(state["random"], trainer.device)


def _best_metric(plan: TrainingPlan) -> str:
    return plan.monitor


def _stopping_metric(plan: TrainingPlan) -> str:
    return plan.early_stopping.metric or plan.monitor


def _is_comparable(
    trainer: Trainer,
    state: Mapping[str, Any],
    carried: Carried | None,
    metric_of: Callable[[TrainingPlan], str],
) -> bool:
    """Whether later epochs can be held against earlier ones: by the same metric, on the same samples.

    With another network they cannot, as it has no use for the best weights of the one before.
    """
    if carried is not None and not carried.answers_alike:
        return False
    before = TrainingPlan.from_mapping(state["plan"])
    return all(of(before) == of(trainer.plan) for of in (metric_of, _judged_on))


def _judged_on(plan: TrainingPlan) -> tuple[object, ...]:
    """What the figures of an epoch hang on beside the network."""
    data = plan.data
    prepared = replace(
        data, train_transforms=(), own_eval_transforms=data.eval_transforms,
        feed="auto", workers=None, memory_mb=None,
    )  # fmt: skip
    return plan.loss, plan.outputs, plan.seed, prepared


def _load_parts(
    trainer: Trainer,
    state: Mapping[str, Any],
    is_changed: bool,
    weights: Mapping[str, Tensor],
    carried: Carried | None,
) -> None:
    names = None if carried is None else carried.names
    parts = _parts(trainer)
    if is_changed:
        _carry_optimizer(trainer, state, weights, names)
        _replan_rates(trainer, state, carried)
        parts = {name: parts[name] for name in ("scaler", "average")}
    else:
        trainer.optimizer.load_state_dict(state["optimizer"])
    for name, part in parts.items():
        if part is not None and state.get(name) is not None:
            part.load_state_dict(_renamed(state[name], names) if name == "average" else state[name])


def _load_weights(trainer: Trainer, weights: dict[str, Tensor]) -> None:
    try:
        trainer.model.load_state_dict(with_versions(trainer.model, weights))
    except RuntimeError as error:
        raise CheckpointError(
            f"The checkpoint has other layers or sizes than the project ({error}). "
            "Expected the project that the run was started with. "
            "Open project.netloom of the run folder, or start a new run."
        ) from error


def _carry_weights(trainer: Trainer, weights: Mapping[str, Tensor], names: Names) -> None:
    fresh: dict[str, Tensor] = trainer.model.state_dict()
    kept = {
        name: tensor
        for name, tensor in _renamed(weights, names).items()
        if name in fresh and tensor.shape == fresh[name].shape
    }
    trainer.model.load_state_dict(with_versions(trainer.model, {**fresh, **kept}))


def _renamed(tensors: Mapping[str, Tensor], names: Names | None) -> Mapping[str, Tensor]:
    """Saved tensors by what they are called now."""
    if names is None:
        return tensors
    return {name: tensors[before] for name, before in names.items() if before in tensors}


def _carry_optimizer(
    trainer: Trainer, state: Mapping[str, Any], weights: Mapping[str, Tensor], names: Names | None
) -> None:
    """Takes over what is remembered of each weight that is still there and still moved by the same optimizer.

    What is remembered of all weights together is of no use to others.
    """
    option = trainer.plan.optimizer
    if state["plan"]["optimizer"]["type"] != option.type or (option.spec.evaluates and names is not None):
        return
    saved = state["optimizer"]
    remembered = {
        (group.get(MOVED_BY, option.type), name): saved["state"].get(index)
        for group in saved["param_groups"]
        for name, index in _indexed(group)
    }
    own = trainer.optimizer.state_dict()
    parameters = dict(trainer.model.named_parameters())
    for group in own["param_groups"]:
        for name, index in _indexed(group):
            before = name if names is None else names.get(name, "")
            known = remembered.get((group[MOVED_BY], before))
            if known and weights[before].shape == parameters[name].shape:
                own["state"][index] = _laid_out_like(parameters[name], known)
        if group.get("fused"):
            _complete_momentum(own["state"], {index: parameters[name] for name, index in _indexed(group)})
    trainer.optimizer.load_state_dict(own)


def _indexed(group: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The parameters of a saved group: what they are called, and where their state is."""
    return zip(group["param_names"], group["params"], strict=True)


def _complete_momentum(state: dict[int, dict[str, Any]], parameters: Mapping[int, Tensor]) -> None:
    """Lets the parameters of a group begin at a momentum of 0 where others go on with theirs.

    The fused kernel of SGD wants one of all parameters or of none.
    """
    known = [index for index in parameters if torch.is_tensor(state.get(index, {}).get(MOMENTUM))]
    if known:
        for index in parameters.keys() - set(known):
            state[index] = {MOMENTUM: torch.zeros_like(parameters[index])}


def _laid_out_like(parameter: Tensor, remembered: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered of a weight, in memory as the weight is now: fused kernels go by that."""
    return {
        name: torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)
        if torch.is_tensor(value) and value.shape == parameter.shape and value.ndim and not value.is_sparse
        else value
        for name, value in remembered.items()
    }


def _replan_rates(trainer: Trainer, state: Mapping[str, Any], carried: Carried | None) -> None:
    """Brings the learning rate to where the plan has it at this step."""
    step = _progress(state["progress"]).taken
    if trainer.scheduler is not None:
        _fast_forward(trainer.scheduler, step)
    before = state.get("plateau")
    if trainer.plateau is not None and before is not None:
        is_comparable = _is_comparable(trainer, state, carried, _best_metric)
        counts = {name: before[name] for name in PLATEAU_COUNTS if is_comparable or name in PLATEAU_CLOCK}
        trainer.plateau.load_state_dict(trainer.plateau.state_dict() | counts)
        _lower(trainer.plateau, _drops(state, step))


def _fast_forward(scheduler: LRScheduler, steps: int) -> None:
    for _ in range(steps):
        scheduler.step()


def _drops(state: Mapping[str, Any], step: int) -> float:
    """The factor that a plateau had lowered the rate by."""
    planned = lr_at(TrainingPlan.from_mapping(state["plan"]), step, state["steps_per_epoch"])
    now: float = state["optimizer"]["param_groups"][0]["lr"]
    return now / planned if planned else 1.0


def _lower(plateau: ReduceLROnPlateau, factor: float) -> None:
    for group in plateau.optimizer.param_groups:
        group["lr"] *= factor


def _parts(trainer: Trainer) -> dict[str, Any]:
    """Whatever else has a state; None where the plan has none."""
    return {
        "scheduler": trainer.scheduler,
        "plateau": trainer.plateau,
        "scaler": trainer.precision.scaler,
        "average": trainer.average,
    }


def _progress(saved: Mapping[str, Any]) -> Progress:
    known = asdict(Progress())
    return Progress(**{name: value for name, value in saved.items() if name in known})
