"""How much memory a training step takes at each of its moments, in closed form by the batch size."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from graph.cost_trace import WEIGHT_BYTES, Step, Storage, Value, bytes_of
from graph.dims import Below, Dim, Monomial, as_expr, evaluate, jumps, polynomial, symbols
from graph.pace import Pace, unpaced
from graph.shapes import BATCH_NAME, ITEM_BYTES, num_elements

MAX_BATCH = 2**31
MANY = 1000  # moments from which on comparing them all takes longer than it saves
CONSTANT: Monomial = ()
BATCH: Monomial = (BATCH_NAME,)
NO_LENGTHS: Mapping[str, int] = MappingProxyType({})
Terms = dict[Monomial, int]


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes of a training step; those that grow with the batch are formulas of `N`.

    Weights, gradients and optimizer state stay; activations go one by one while gradients come, so that the
    peak is less than the sum. What a kernel needs for itself while it runs is not in it.

    Args:
        parameters: the weights.
        gradients: of the weights, once the backward pass is through.
        optimizer: what the optimizer remembers of each weight.
        activations: what autograd keeps for the backward pass, at its most.
        batch: inputs and targets, and constants of the network.
        moments: all that is there at the moments that can be the peak; empty while a layer keeps nobody
            knows what.
    """

    parameters: int
    gradients: Dim
    optimizer: int
    activations: Dim
    batch: Dim
    moments: tuple[Dim, ...]

    def peak(self, batch_size: int, lengths: Mapping[str, int] = NO_LENGTHS) -> int | None:
        """The most bytes at any moment; None while a layer is not known or a symbol has no size.

        Args:
            batch_size: how many samples a step takes.
            lengths: what other symbols stand for.
        """
        sizes = {**lengths, BATCH_NAME: batch_size}
        if not self.moments or any(symbols(moment) - sizes.keys() for moment in self.moments):
            return None
        return max(evaluate(moment, sizes) for moment in self.moments)

    def drops(self, lengths: Mapping[str, int] = NO_LENGTHS) -> list[int]:
        """The batch sizes from which on a kernel works in another way, so that they may take less."""
        found = set()
        for jump in {jump for moment in self.moments for jump in jumps(moment)}:

            def is_reached(batch_size: int, jump: Below = jump) -> bool:
                return evaluate(jump.dim, {**lengths, BATCH_NAME: batch_size}) >= jump.limit

            found.add(_first(is_reached, 1, MAX_BATCH))
        return sorted(found)


def training_memory(steps: Sequence[Step], optimizer_states: int, pace: Pace = unpaced) -> TrainingMemory:
    """The memory of a training step, from the steps of its forward pass.

    Args:
        steps: as `trace` gives them.
        optimizer_states: how many numbers the optimizer remembers of each weight: 2 for Adam.
        pace: at which what comes and goes is put together.
    """
    parameters = sum(step.parameters for step in steps) * WEIGHT_BYTES
    trained = sum(step.trained for step in steps) * WEIGHT_BYTES
    stored = {value.storage for step in steps for value in step.makes if value.storage.stays}
    batch = total([*(storage.bytes for storage in stored), _targets(steps)])
    kept = {storage for step in steps for storage in step.keeps if not storage.stays}
    casts = sum(step.casts if step.keeps_casts else step.cached for step in steps)
    stays = total([parameters, trained * optimizer_states, batch])
    moments = _sweep(stays, _spans(steps), _inside(steps), _Clock(len(steps)).update + 1, pace)
    return TrainingMemory(
        parameters=parameters,
        gradients=total(step.gradient for step in steps),
        optimizer=trained * optimizer_states,
        activations=total([casts, *(storage.bytes for storage in kept)]),
        batch=batch,
        moments=_highest(moments) if all(step.is_known for step in steps) else (),
    )


def largest_batch(memory: TrainingMemory, budget: int, lengths: Mapping[str, int] = NO_LENGTHS) -> int | None:
    """The largest batch whose training step fits into `budget` bytes, 0 if not even one sample does.

    None while a symbol other than the batch has no size in `lengths`.
    """
    if memory.peak(1, lengths) is None:
        return None

    def fits(batch_size: int) -> bool:
        peak = memory.peak(batch_size, lengths)
        return peak is not None and peak <= budget

    end = MAX_BATCH + 1
    for start in reversed([1, *memory.drops(lengths)]):
        if fits(start):
            return _first(lambda batch_size: not fits(batch_size), start, end) - 1
        end = start
    return 0


def _first(holds: Callable[[int], bool], start: int, end: int) -> int:
    """The first number from `start` on for which something holds that then goes on to hold; else `end`."""
    return start + bisect_left(range(start, end), True, key=holds)


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes that are there from one moment to another, both included."""

    bytes: Dim
    first: int
    last: int


def _results(steps: Sequence[Step]) -> list[Value]:
    """What the loss looks at."""
    return [value for step in steps if not step.makes for value in step.reads]


def _targets(steps: Sequence[Step]) -> Dim:
    """Bytes of a class number for each sample, and for each position of a sequence."""
    leading = (value.spec.shape[:1] for value in _results(steps))
    return total(num_elements(shape) * ITEM_BYTES["int64"] for shape in leading)


class _Clock:
    """The moments of a training step: each node, the loss, its gradient, each node back in two, the update.

    A node's gradients come first, in the precision that it computed in; then its weights' become float32.
    """

    def __init__(self, num_steps: int) -> None:
        self.loss = num_steps
        self.loss_back = num_steps + 1
        self.update = 3 * num_steps + 2

    def back(self, index: int) -> int:
        """The first moment of a node's turn in the backward pass."""
        return self.update - 2 * (index + 1)


def _inside(steps: Sequence[Step]) -> Mapping[int, tuple[Dim, ...]]:
    """What there is inside a layer, at the moments of its turns."""
    clock = _Clock(len(steps))
    forward = {index: step.forward for index, step in enumerate(steps)}
    return forward | {clock.back(index): step.backward for index, step in enumerate(steps)}


def _spans(steps: Sequence[Step]) -> Iterable[_Span]:
    """Everything that comes and goes."""
    clock = _Clock(len(steps))
    read = {
        value.storage: i if step.makes else clock.loss for i, step in enumerate(steps) for value in step.reads
    }
    yield from _activations(steps, read, clock)
    yield from _gradients(steps, read, clock)
    yield from _weights(steps, clock)
    yield from _loss(steps, clock)


def _activations(steps: Sequence[Step], read: Mapping[Storage, int], clock: _Clock) -> Iterable[_Span]:
    """Tensors until they are read for the last time, or their keepers have had their turn back."""
    held = {storage: index for index, step in enumerate(steps) for storage in step.frees}
    born, kept = dict[Storage, int](), dict[Storage, int]()
    for index, step in enumerate(steps):
        for storage in (*(value.storage for value in step.makes), *step.keeps):
            born.setdefault(storage, index)
        for storage in step.keeps:
            kept.setdefault(storage, clock.back(index))
    for storage, first in born.items():
        last_read = read.get(storage, first)
        until = clock.update if last_read == clock.loss else last_read
        if not storage.stays:
            yield _Span(storage.bytes, first, max(until, held.get(storage, first), kept.get(storage, first)))


def _gradients(steps: Sequence[Step], read: Mapping[Storage, int], clock: _Clock) -> Iterable[_Span]:
    """Gradients of activations, from the turn of their last reader to that of their maker."""
    seen = set[Storage]()
    for index, step in enumerate(steps):
        for value in step.makes:
            if value.needs_grad and value.storage in read and value.storage not in seen:
                seen.add(value.storage)
                last = read[value.storage]
                first = clock.loss_back if last == clock.loss else clock.back(last) + steps[last].gives_late
                yield _Span(value.storage.bytes, first, clock.back(index))


def _weights(steps: Sequence[Step], clock: _Clock) -> Iterable[_Span]:
    """Gradients of weights until the update, and the copies of weights and gradients in lower precision."""
    for index, step in enumerate(steps):
        turn, cached = clock.back(index), step.cached
        if step.keeps_casts:
            yield _Span(step.casts, index, turn)
        else:
            yield _Span(cached, index, clock.loss)
            yield _Span(step.casts - cached, index, index)
        yield _Span(cached, turn, turn + 1)
        yield _Span(step.gradient, turn + bool(cached), clock.update)


def _loss(steps: Sequence[Step], clock: _Clock) -> Iterable[_Span]:
    """The loss works in float32 on as many numbers as the network gives, there and back."""
    for value in _results(steps):
        size = num_elements(value.spec.shape) * WEIGHT_BYTES
        yield _Span(size, clock.loss, clock.loss_back)
        yield _Span(size, clock.loss_back, clock.loss_back)
        if bytes_of(value.spec) != size:
            yield _Span(size, clock.loss, clock.loss_back)


def _sweep(
    stays: Dim,
    spans: Iterable[_Span],
    inside: Mapping[int, tuple[Dim, ...]],
    num_moments: int,
    pace: Pace,
) -> Iterable[Terms]:
    """The terms of the bytes that are there, moment by moment.

    Args:
        stays: what is always there.
        spans: what comes and goes.
        inside: what else there is at some moments, one after the other.
        num_moments: how many there are.
        pace: at which they are gone through.
    """
    changes: list[Terms] = [{} for _ in range(num_moments + 1)]
    for span in pace(spans):
        _add(changes[span.first], span.bytes, 1)
        _add(changes[span.last + 1], span.bytes, -1)
    present: Terms = {}
    _add(present, stays, 1)
    for index, change in enumerate(pace(changes[:num_moments])):
        for monomial, factor in change.items():
            present[monomial] = present.get(monomial, 0) + factor
        for amount in inside.get(index, (0,)):
            moment = dict(present)
            _add(moment, amount, 1)
            yield moment


def _highest(moments: Iterable[Terms]) -> tuple[Dim, ...]:
    """The moments without those that another exceeds whatever the symbols are."""
    listed = list(moments)
    if all(moment.keys() <= {CONSTANT, BATCH} for moment in listed):
        listed = list(_rising(listed))
    elif len(listed) < MANY:
        listed = _unexceeded(listed)
    return tuple(polynomial(moment) for moment in listed)


def _unexceeded(moments: list[Terms]) -> list[Terms]:
    highest: list[Terms] = []
    for moment in moments:
        if not any(_exceeds(other, moment) for other in highest):
            highest = [other for other in highest if not _exceeds(moment, other)]
            highest.append(moment)
    return highest


def _rising(moments: list[Terms]) -> Iterable[Terms]:
    """Of those that hang on the batch alone, those that no steeper one exceeds at every size from 1."""
    most = -1
    for moment in sorted(moments, key=lambda each: (-each.get(BATCH, 0), -each.get(CONSTANT, 0))):
        at_one = moment.get(BATCH, 0) + moment.get(CONSTANT, 0)
        if at_one > most:
            most = at_one
            yield moment


def _exceeds(high: Terms, low: Terms) -> bool:
    """Whether no term of `low` is larger, which settles it as sizes are never negative."""
    return all(high.get(monomial, 0) >= low.get(monomial, 0) for monomial in high.keys() | low.keys())


def total(amounts: Iterable[Dim]) -> Dim:
    """The sum, in one pass."""
    terms: Terms = {}
    for amount in amounts:
        _add(terms, amount, 1)
    return polynomial(terms)


def _add(terms: Terms, amount: Dim, sign: int) -> None:
    for monomial, factor in as_expr(amount).terms:
        terms[monomial] = terms.get(monomial, 0) + sign * factor
