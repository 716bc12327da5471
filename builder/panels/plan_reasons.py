"""Why single settings of the plan mean nothing as it stands: they are shown, but cannot be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from builder.panels.form_row import FieldState
from builder.panels.output_edits import LOSS, TYPE, entry_of, is_per_output
from builder.panels.plan_edits import Training, part_of
from builder.texts import tr
from runtime.data.choices import SOURCES
from runtime.loss_choices import LOSSES
from runtime.output_choices import LABEL, ONLY_LABELS
from runtime.plan import OUTPUTS

CLASSES = ("class", "binary", "sign")  # kinds of targets that samples can be told apart by


@dataclass(frozen=True)
class Reasons:
    """By path, why a setting means nothing; those that do are not among them."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, training: Training) -> Reasons:
        """The reasons in a plan."""
        return cls(dict(_reasons(training)))

    def applied(self, state: FieldState, path: str) -> FieldState:
        """The state of a setting, with why it means nothing, if it does; one that was set can be cleared."""
        return replace(state, disabled=self.texts.get(path, ""))


def _reasons(training: Training) -> Iterator[tuple[str, str]]:
    data = part_of(training, "data")
    if is_per_output(training):
        yield "data.target", tr("Each Output has a target of its own.")
        for output in training[OUTPUTS]:
            yield from _of_output(training, output, data)
    elif data.get("target", LABEL) != LABEL:
        yield "data.stratify", tr("The target is the input, so there are no classes.")
    elif not _tells_classes(part_of(training, LOSS)):
        yield "data.stratify", tr("The loss compares with numbers, so there are no classes.")
    if data.get("val_fraction") == 0:
        yield "data.stratify", tr("Nothing is held back.")
    if data.get("feed") in ("cache", "stream"):
        yield "data.memory_mb", tr("Samples are not kept in memory.")
    elif not _is_decoded(data):
        yield "data.workers", tr("This data lies in memory as a whole: there is nothing to decode.")


def _of_output(training: Training, output: str, data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    entry = entry_of(training, output)
    if entry.get("target", LABEL) != LABEL:
        for name in ONLY_LABELS:
            yield f"{OUTPUTS}.{output}.{name}", tr("The target is the input, not a label.")
    elif not data.get("target_columns"):
        yield f"{OUTPUTS}.{output}.columns", tr("The data has no target columns: they are set for a table.")


def _is_decoded(data: Mapping[str, object]) -> bool:
    spec = SOURCES.get(str(data["source"]))
    return spec is None or spec.is_decoded


def _tells_classes(loss: Mapping[str, object]) -> bool:
    spec = LOSSES.get(str(loss[TYPE]))
    return spec is None or spec.needs_with(loss).target.kind in CLASSES
