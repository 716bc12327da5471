"""The sum of several losses, one for each Output of a network, and what each of them measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import torch
from torch import Tensor, nn

from runtime.data.feed import Targets
from runtime.metrics import Judge
from runtime.tallies import Confusion, Tally

Outputs = Tensor | tuple[Tensor, ...]


class PartedLoss(nn.Module):
    """The weighted sum of a loss for each Output, called as `loss(outputs, targets)`.

    Args:
        losses: in the order of the Outputs.
        weights: of each in the sum.
        judges: tell which answers of an Output are right; None where its loss knows no right and wrong.
    """

    def __init__(
        self, losses: Sequence[nn.Module], weights: Sequence[float], judges: Sequence[Judge | None]
    ) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.weights, self.judges = tuple(weights), tuple(judges)

    def forward(self, outputs: Outputs, targets: Targets) -> Tensor:
        return self.total(self.parts(outputs, targets))

    def parts(self, outputs: Outputs, targets: Targets) -> list[Tensor]:
        """The loss of each Output, before it is weighted."""
        pairs = zip(self.losses, several(outputs), several(targets), strict=True)
        return [loss(output, target) for loss, output, target in pairs]

    def total(self, parts: Sequence[Tensor]) -> Tensor:
        """The sum that is trained on, added up in the order of the Outputs."""
        first, *rest = (
            part if weight == 1 else weight * part for weight, part in zip(self.weights, parts, strict=True)
        )
        for part in rest:
            first = first + part
        return first

    def figures(
        self, parts: Sequence[Tensor], outputs: Outputs, targets: Targets, share: float = 1.0
    ) -> Tensor:
        """The share of each loss that a batch adds to its step, then how many answers are right.

        The answers are those of each Output that has a judge.

        Shape: gives (parts + judges,).
        """
        losses = [part.detach().float() * share for part in parts]
        triples = zip(self.judges, several(outputs), several(targets), strict=True)
        hits = [
            judge(output.detach(), target).sum().float()
            for judge, output, target in triples
            if judge is not None
        ]
        return torch.stack([*losses, *hits])


class PartedTally:
    """Counts the answers of each Output by itself.

    Args:
        tallies: by the name of their Output; None where its answers cannot be scored.
    """

    def __init__(self, tallies: Mapping[str, Tally | None]) -> None:
        self._tallies = tallies

    def update(self, outputs: Outputs, targets: Targets) -> None:
        triples = zip(self._tallies.values(), several(outputs), several(targets), strict=True)
        for tally, output, target in triples:
            if tally is not None:
                tally.update(output, target)

    def metrics(self) -> dict[str, float]:
        """The metrics of each Output, as `accuracy.logits`, behind the mean of their accuracies."""
        known = ((name, tally) for name, tally in self._tallies.items() if tally is not None)
        each = {
            f"{metric}.{name}": value for name, tally in known for metric, value in tally.metrics().items()
        }
        accuracy = mean_accuracy(each, "accuracy")
        return each if accuracy is None else {"accuracy": accuracy, **each}

    def confusion(self) -> Confusion:
        """That of the first Output that tells classes apart."""
        found = (tally.confusion() for tally in self._tallies.values() if tally is not None)
        return next(filter(None, found), ())


def mean_accuracy(figures: Mapping[str, float], name: str) -> float | None:
    """How right Outputs are on average, from figures such as `accuracy.logits`; None where none can be.

    Args:
        figures: of the Outputs.
        name: of the accuracy among them.
    """
    accuracies = [value for each, value in figures.items() if each.startswith(f"{name}.")]
    return mean(accuracies) if accuracies else None


def several(values: Outputs) -> tuple[Tensor, ...]:
    """One for each Output, as a network of a single one gives no tuple."""
    return values if isinstance(values, tuple) else (values,)
