"""What each Output learns, as the plan's mapping has it, changed key by key; a wrong value is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from builder.ends import Ends
from builder.panels.field_text import UNSET
from builder.panels.plan_edits import DEFAULTS, Training, note_problem, part_of
from graph.catalog.params import Value
from graph.inference import Inference
from graph.shapes import TensorSpec
from runtime.loss_choices import LOSSES
from runtime.output_choices import OUTPUT_SETTINGS
from runtime.plan import OUTPUTS

LOSS = "loss"
TYPE = "type"
IMAGE_NDIM = 4  # (N, C, H, W)


def is_per_output(training: Training) -> bool:
    """Whether Outputs learn by losses of their own."""
    return isinstance(training.get(OUTPUTS), Mapping) and bool(training[OUTPUTS])


def entry_of(training: Training, output: str) -> dict[str, Value]:
    """What the plan says about an Output, with its loss written out."""
    outputs = training.get(OUTPUTS)
    entry = outputs.get(output) if isinstance(outputs, Mapping) else None
    entry = dict(entry) if isinstance(entry, Mapping) else {}
    loss = entry.get(LOSS, part_of(training, LOSS))
    return {**entry, LOSS: {TYPE: DEFAULTS[LOSS], **loss} if isinstance(loss, Mapping) else {TYPE: loss}}


def with_entry(training: Training, output: str, entry: Mapping[str, Value]) -> dict[str, Any]:
    """The plan with another entry for an Output."""
    outputs = training.get(OUTPUTS)
    return {**training, OUTPUTS: {**(outputs if isinstance(outputs, Mapping) else {}), output: dict(entry)}}


def with_output_loss(training: Training, output: str, name: str) -> dict[str, Any]:
    """The plan with another loss for an Output; parameters that both know stay."""
    entry = entry_of(training, output)
    known = [spec.name for spec in LOSSES[name].params] if name in LOSSES else []
    kept = {key: value for key, value in entry[LOSS].items() if key in known}
    return with_entry(training, output, {**entry, LOSS: {TYPE: name, **kept}})


def with_output_value(training: Training, output: str, keys: Sequence[str], value: Value) -> dict[str, Any]:
    """The plan with one setting of an Output changed, or left out.

    Args:
        training: the plan.
        output: id of the Output.
        keys: that lead to it: `weight`, or `loss` and a parameter of the loss.
        value: UNSET leaves it out.
    """
    entry = entry_of(training, output)
    *outer, last = keys
    inner = entry[LOSS] if outer else entry
    inner = {key: item for key, item in inner.items() if key != last}
    if value is not UNSET:
        inner[last] = value
    return with_entry(training, output, {**entry, LOSS: inner} if outer else inner)


def with_own_losses(training: Training, ends: Ends, inference: Inference) -> dict[str, Any]:
    """The plan with a loss for each Output.

    An Output that gives what the Input takes is set to learn that; the others keep the loss of the plan.
    """
    usual = part_of(training, LOSS)
    spec = LOSSES.get(usual[TYPE]) if isinstance(usual[TYPE], str) else None
    if spec is None or len(spec.needs.outputs) > 1:
        usual = {TYPE: DEFAULTS[LOSS]}
    entered = _entering(ends, inference)
    entries = {}
    for node in ends.outputs:
        given = next(iter(inference.result(node.id).inputs.values()), None)
        entries[node.id] = _first_entry(given, entered, usual)
    return {**training, OUTPUTS: entries}


def takes_image(ends: Ends, inference: Inference) -> bool:
    """Whether an Input takes (C, H, W)."""
    found = _entering(ends, inference)
    return any(tensor is not None and tensor.ndim == IMAGE_NDIM for tensor in found)


def _entering(ends: Ends, inference: Inference) -> list[TensorSpec | None]:
    return [tensor for node in ends.inputs for tensor in inference.result(node.id).outputs.values()]


def _first_entry(
    given: TensorSpec | None, entered: Sequence[TensorSpec | None], usual: Mapping[str, Value]
) -> dict[str, Value]:
    if given is not None and given in entered:
        return {LOSS: {TYPE: "MSELoss"}, "target": "input"}
    return {LOSS: dict(usual)}


def output_problems(training: Training) -> dict[str, str]:
    """What is wrong in what single Outputs learn, by path: every unsuitable value."""
    found: dict[str, str] = {}
    outputs = training.get(OUTPUTS)
    for output in outputs if isinstance(outputs, Mapping) else ():
        entry = entry_of(training, output)
        for spec in OUTPUT_SETTINGS:
            note_problem(found, spec, entry.get(spec.name, UNSET), f"{OUTPUTS}.{output}.{spec.name}")
        loss = LOSSES.get(entry[LOSS][TYPE]) if isinstance(entry[LOSS][TYPE], str) else None
        for spec in loss.params if loss else ():
            path = f"{OUTPUTS}.{output}.{LOSS}.{spec.name}"
            note_problem(found, spec, entry[LOSS].get(spec.name, UNSET), path)
    return found
