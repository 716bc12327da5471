"""What to say of a run that left out steps whose numbers were not finite."""

from __future__ import annotations


def left_out_warning(left_out: int, steps: int) -> str:
    """What is wrong with a run that left out more than half of its steps, and what to do; else nothing."""
    if 2 * left_out <= steps:
        return ""
    return (
        f"{left_out:,} of {steps:,} steps were left out, as their numbers were not finite: the network has "
        "hardly learned. Correct such values in the data, or lower the learning rate."
    )
