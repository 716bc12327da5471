"""What an export can end in: agreement with the live network, or a reason why there is no file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class ExportError(Exception):
    """Nothing was exported and no file was touched; the text says why and what to do."""


@dataclass(frozen=True)
class ParityReport:
    """How far the outputs of an exported network are from those of the live one.

    Args:
        subject: what ran the exported network.
        batch_sizes: the sizes of the batches that both were given.
        max_abs_difference: the largest difference of two numbers; infinite where shapes or dtypes differ.
        rtol: allowed difference as a part of the live number.
        atol: allowed difference besides.
        ok: whether every number is within what is allowed.
    """

    subject: str
    batch_sizes: tuple[int, ...]
    max_abs_difference: float
    rtol: float
    atol: float
    ok: bool

    @property
    def is_exact(self) -> bool:
        """Whether every bit had to be the same."""
        return not self.rtol and not self.atol

    def __str__(self) -> str:
        verdict = f"{'agree' if self.ok else 'do not agree'}{' bit for bit' if self.is_exact else ''}"
        allowed = "" if self.is_exact else f" (allowed: {self.atol:g} + {self.rtol:g} of the value)"
        return (
            f"The live network and {self.subject} {verdict} for batches of {_listed(self.batch_sizes)}. "
            f"Largest difference: {self.max_abs_difference:.3g}{allowed}."
        )


class ParityError(ExportError):
    """The exported network computes something else than the live one.

    Attributes:
        report: how far they are apart.
    """

    def __init__(self, report: ParityReport) -> None:
        super().__init__(f"{report} No file was written.")
        self.report = report


def _listed(numbers: Iterable[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} and {last}" if others else last
