"""Steps whose loss or gradient is not finite: which of them end a run, and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from runtime.events import StepsSkipped
from runtime.failure import NonFiniteError
from runtime.meter import Measured
from runtime.nonfinite import Origin
from runtime.plan import TrainingPlan
from runtime.progress import Progress

# The fp16 scaler starts at 2**16 and halves at every skipped step: after this many in a row its factor is
# below 1/1000 and the overflow is not the scaler's doing. Nor does a network recover by itself after as many.
MAX_SKIPPED_STEPS = 26
MOST_TRACED = 3  # steps left out whose origin is looked for, which takes as long as two of them

FindOrigin = Callable[[int], Origin | None]


class StepWatch:
    """Looks at what steps measured when it reaches the host.

    Args:
        plan: whether such steps are left out.
        is_scaled: whether a gradient scaler leaves some out by itself.
        find_origin: gives where numbers stop being finite in a step of this number.
    """

    def __init__(self, plan: TrainingPlan, *, is_scaled: bool, find_origin: FindOrigin) -> None:
        self._tells = plan.on_nonfinite == "skip"
        self._may_skip = is_scaled or self._tells
        self._find_origin = find_origin
        self._count = self._traced = 0

    def last(self, measured: Measured, progress: Progress) -> int | None:
        """Index of the step that ends the run; counts those that may be left out."""
        self._count = 0
        if not self._may_skip:
            return measured.broken
        if measured.broken is None and not progress.skipped:
            return None
        for index in range(len(measured.losses)):
            is_finite = measured.finite(index)
            progress.count_skipped(is_finite)
            self._count += not is_finite
            if progress.skipped > MAX_SKIPPED_STEPS:
                return index
        return None

    def error(self, measured: Measured, index: int, step: int, names: Sequence[str]) -> NonFiniteError:
        """The error that a step stands for.

        Args:
            measured: what it and others measured.
            index: its place among them.
            step: its number.
            names: of the parameters, in the meter's order.
        """
        return self._error(measured, index, step, names, self._find_origin(step))

    def _error(
        self, measured: Measured, index: int, step: int, names: Sequence[str], origin: Origin | None
    ) -> NonFiniteError:
        culprit = None if measured.culprit is None else names[measured.culprit]
        is_loss = not math.isfinite(measured.losses[index])
        return NonFiniteError("loss" if is_loss else "gradient", step, culprit, origin)

    def told(self, measured: Measured, progress: Progress, names: Sequence[str]) -> StepsSkipped | None:
        """What is said of the steps left out among those just recorded; None if there are none."""
        if not self._tells or not self._count or measured.broken is None:
            return None
        step = progress.recorded - len(measured.losses) + measured.broken + 1
        self._traced += 1
        origin = self._find_origin(step) if self._traced <= MOST_TRACED else None
        error = self._error(measured, measured.broken, step, names, origin)
        return StepsSkipped(step, self._count, error.what, error.node)
