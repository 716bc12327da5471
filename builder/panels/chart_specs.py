"""Which charts the dashboard has, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle

from builder.texts import later, tr

SMOOTHING = 0.95  # usual weight of the past in the smoothed loss: a memory of about 20 steps
OUTPUT_COLORS = ("plot_train", "plot_val", "plot_lr", "plot_grad", "text_muted")  # taken in turn
OUTPUT = "output"  # as a label it stands for the Output's name
_MIN_STEPS = 16  # the x-axis shows at least that many
_MARGIN = 0.012  # of the x-axis, on either side, so that a dot at the end of the run is whole


@dataclass(frozen=True, slots=True)
class CurveSpec:
    """One curve of a chart.

    Attributes:
        series: name of the series in the history.
        label: legend text; empty for none.
        color: token of the theme.
        markers: whether points are marked, for a curve with one point an epoch.
        smooth: whether it is drawn antialiased: a curve without noise, which costs little then.
        is_named_by_user: whether the label is what the user calls something, and the same in every language.
    """

    series: str
    label: str
    color: str
    markers: bool = False
    smooth: bool = False
    is_named_by_user: bool = False

    @property
    def text(self) -> str:
        """The label as it is shown."""
        return self.label if self.is_named_by_user else tr(self.label)


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """What a chart shows.

    Attributes:
        name: stable name, "loss".
        title: shown above the plot, with the unit.
        curves: drawn in this order, later ones on top.
        scale: what values are multiplied with before they are drawn; 100 for per cent.
        from_zero: whether a linear axis always starts at 0.
        can_log: whether a logarithmic axis can be chosen.
        is_usual: whether it is shown unless it was taken away.
        is_expected: whether it is shown before it is known that there is something to show.
        each_output: curves of every Output that has a loss of its own: their series begin like this, and a
            colour is found for each Output.
    """

    name: str
    title: str
    curves: tuple[CurveSpec, ...]
    scale: float = 1.0
    from_zero: bool = False
    can_log: bool = False
    is_usual: bool = True
    is_expected: bool = True
    each_output: tuple[CurveSpec, ...] = ()

    def for_outputs(self, names: tuple[str, ...]) -> ChartSpec:
        """The chart of a run whose Outputs have losses of their own."""
        if not self.each_output or not names:
            return self
        curves = [
            replace(
                curve,
                series=f"{curve.series}.{name}",
                label=name if curve.label else "",
                color=color,
                is_named_by_user=True,
            )
            for name, color in zip(names, cycle(OUTPUT_COLORS))
            for curve in self.each_output
        ]
        return replace(self, curves=(*self.curves, *curves))


CHARTS: tuple[ChartSpec, ...] = (
    ChartSpec(
        "loss",
        later("Loss"),
        (
            CurveSpec("loss", later("step"), "plot_train_raw"),
            CurveSpec("smoothed_loss", later("smooth"), "plot_train", smooth=True),
            CurveSpec("val_loss", later("val"), "plot_val", markers=True),
        ),
        can_log=True,
    ),
    ChartSpec(
        "accuracy",
        later("Accuracy, %"),
        (
            CurveSpec("train_accuracy", later("train"), "plot_train", markers=True),
            CurveSpec("val_accuracy", later("val"), "plot_val", markers=True),
        ),
        scale=100.0,
    ),
    ChartSpec(
        "error",
        later("Error"),
        (
            CurveSpec("val_mae", later("val MAE"), "plot_train", markers=True),
            CurveSpec("val_rmse", later("val RMSE"), "plot_val", markers=True),
        ),
        can_log=True,
        is_expected=False,
    ),
    ChartSpec(
        "output_loss",
        later("Losses"),
        (),
        can_log=True,
        is_expected=False,
        each_output=(
            CurveSpec("smoothed_loss", OUTPUT, "", smooth=True),
            CurveSpec("val_loss", "", "", markers=True),
        ),
    ),
    ChartSpec(
        "output_accuracy",
        later("Accuracies, %"),
        (),
        scale=100.0,
        is_expected=False,
        each_output=(CurveSpec("val_accuracy", OUTPUT, "", markers=True),),
    ),
    ChartSpec(
        "lr",
        later("Learning rate"),
        (CurveSpec("lr", "", "plot_lr", smooth=True),),
        from_zero=True,
        can_log=True,
    ),
    ChartSpec("grad_norm", later("Gradient norm"), (CurveSpec("grad_norm", "", "plot_grad"),), can_log=True),
    ChartSpec(
        "quality",
        later("Quality, %"),
        (
            CurveSpec("val_precision", later("precision"), "plot_train", markers=True),
            CurveSpec("val_recall", later("recall"), "plot_val", markers=True),
            CurveSpec("val_f1", later("F1"), "plot_lr", markers=True),
            CurveSpec("val_roc_auc", later("ROC AUC"), "plot_grad", markers=True),
            CurveSpec("val_top5", later("top 5"), "text_muted", markers=True),
        ),
        scale=100.0,
        is_usual=False,
    ),
    ChartSpec("r2", later("R²"), (CurveSpec("val_r2", "", "plot_val", markers=True),), is_usual=False),
    ChartSpec(
        "update_ratio",
        later("Update / weight"),
        (CurveSpec("update_ratio", "", "plot_grad", smooth=True),),
        can_log=True,
        is_usual=False,
    ),
    ChartSpec(
        "speed",
        later("Samples / s"),
        (CurveSpec("samples_per_second", "", "plot_train", smooth=True),),
        from_zero=True,
        is_usual=False,
    ),
    ChartSpec(
        "memory",
        later("Memory, MB"),
        (CurveSpec("memory", "", "plot_val", smooth=True),),
        from_zero=True,
        is_usual=False,
    ),
)


def x_range(first: float, last: float, total: int) -> tuple[float, float]:
    """The steps a following chart shows: the whole run, or its first half, quarter, ... while it is young.

    So a young curve fills the plot, and the axis moves a few times in a run instead of at every step.
    """
    end = max(float(total), last, first + _MIN_STEPS)
    while (end - first) / 2 >= max(last - first, _MIN_STEPS):
        end = first + (end - first) / 2
    return first, end


def with_margin(first: float, last: float) -> tuple[float, float]:
    """From where to where an x-axis goes that shows these steps."""
    margin = _MARGIN * (last - first)
    return first - margin, last + margin
