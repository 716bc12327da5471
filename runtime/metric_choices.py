"""The metrics that tell how well a model does, as declarations; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runtime.loss_spec import Needs

Task = Literal["classes", "labels", "numbers"]

SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics."


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """One way to score answers.

    Args:
        name: as the run folder has it behind `val_`.
        title: as the window shows it.
        help: one line for a student.
        source: the page that defines it.
        tasks: where it means something.
        is_better_higher: whether more of it is better.
        is_fraction: whether it is shown in percent.
    """

    name: str
    title: str
    help: str
    source: str
    tasks: tuple[Task, ...]
    is_better_higher: bool = True
    is_fraction: bool = True


_ANSWERS: tuple[Task, ...] = ("classes", "labels")

METRICS: Mapping[str, MetricSpec] = {
    spec.name: spec
    for spec in (
        MetricSpec(
            name="accuracy", title="Accuracy", tasks=_ANSWERS, source=f"{SKLEARN}accuracy_score.html",
            help="Share of the answers that are right.",
        ),
        MetricSpec(
            name="top5", title="Top-5 accuracy", tasks=("classes",),
            source=f"{SKLEARN}top_k_accuracy_score.html",
            help="Share of the samples whose class is among the five that the model thinks likeliest.",
        ),
        MetricSpec(
            name="precision", title="Precision", tasks=_ANSWERS, source=f"{SKLEARN}precision_score.html",
            help="Of those called a class, the share that are; mean over the classes.",
        ),
        MetricSpec(
            name="recall", title="Recall", tasks=_ANSWERS, source=f"{SKLEARN}recall_score.html",
            help="Of those that are of a class, the share that were found; mean over the classes.",
        ),
        MetricSpec(
            name="f1", title="F1", tasks=_ANSWERS, source=f"{SKLEARN}f1_score.html",
            help="Harmonic mean of precision and recall; mean over the classes.",
        ),
        MetricSpec(
            name="roc_auc", title="ROC AUC", tasks=_ANSWERS, source=f"{SKLEARN}roc_auc_score.html",
            help="How often a sample of a class scores higher for it than one of another; mean over classes.",
        ),
        MetricSpec(
            name="mae", title="MAE", tasks=("numbers",), is_better_higher=False, is_fraction=False,
            source=f"{SKLEARN}mean_absolute_error.html",
            help="Mean distance from the target, in its unit.",
        ),
        MetricSpec(
            name="rmse", title="RMSE", tasks=("numbers",), is_better_higher=False, is_fraction=False,
            source=f"{SKLEARN}root_mean_squared_error.html",
            help="Root of the mean squared distance from the target, in its unit; large errors count more.",
        ),
        MetricSpec(
            name="r2", title="R²", tasks=("numbers",), is_fraction=False, source=f"{SKLEARN}r2_score.html",
            help="Share of the targets' variance that is explained: 1 is perfect, 0 as good as their mean.",
        ),
    )
}  # fmt: skip


def task_of(needs: Needs) -> Task | None:
    """What a loss has the model learn, as far as answers can be scored; None where they cannot."""
    if needs.target.kind == "class":
        return "classes"
    if needs.yes_above is not None:
        return "labels"
    is_scored = needs.target.kind == "value" and needs.outputs[0].layout == needs.target.layout
    return "numbers" if is_scored else None
