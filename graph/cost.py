"""What a network costs in training, worked out when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from graph.catalog.call import USUAL_PROCESSOR, Compute, Processor
from graph.cost_memory import TrainingMemory, total, training_memory
from graph.cost_trace import LOWER, Step, Storage, trace
from graph.dims import Dim
from graph.inference import Inference
from graph.lazy import Lazy
from graph.model import Graph
from graph.pace import Pace, unpaced
from graph.receptive_field import ReceptiveField, receptive_fields


@dataclass(frozen=True)
class TrainingRun:
    """How a network is trained, as far as it changes the memory that this takes.

    Args:
        precision: `float32`, `amp-bfloat16` or `amp-float16`.
        optimizer_states: how many numbers the optimizer remembers of each weight.
        device: the kind of device, as torch calls it.
        processor: what a CPU computes with.
    """

    precision: str = "float32"
    optimizer_states: int = 2
    device: str = "cpu"
    processor: Processor = USUAL_PROCESSOR


class Cost:
    """The costs of a graph as it is now; make another after an edit.

    Args:
        graph: read, never written.
        inference: what is known about it.
        run: how it is trained.
        pace: at which all is worked out.
    """

    def __init__(
        self,
        graph: Graph,
        inference: Inference,
        run: TrainingRun = TrainingRun(),
        pace: Pace = unpaced,
    ) -> None:
        self._graph = graph
        self.inference = inference
        self.run = run
        self._pace = pace

    @Lazy
    def memory(self) -> TrainingMemory:
        """What a training step takes."""
        return training_memory(self._steps, self.run.optimizer_states, self._pace)

    @Lazy
    def receptive_fields(self) -> dict[str, ReceptiveField]:
        """How much of the input each pixel of a feature map sees, by node."""
        return receptive_fields(self._graph, self.inference, pace=self._pace)

    def activations(self, node_id: str) -> Dim | None:
        """Bytes that autograd keeps because of a node; what several keep counts for the first of them.

        None while that is not known.
        """
        is_passed = self.inference.result(node_id).passes is not None
        return 0 if is_passed else self._activations.get(node_id)

    def work_out(self) -> None:
        """Does all the work now, so that whatever is asked for later is there at once."""
        _ = self.memory, self.receptive_fields, self._activations

    @Lazy
    def _steps(self) -> list[Step]:
        run = self.run
        compute = Compute(run.device, LOWER.get(run.precision), run.processor)
        return trace(self.inference, compute, self._pace)

    @Lazy
    def _activations(self) -> dict[str, Dim]:
        kept: dict[str, list[Dim]] = {}
        unknown = {step.node for step in self._steps if not step.is_known}
        seen = set[Storage]()
        for step in self._pace(self._steps):
            fresh = [storage for storage in step.keeps if not storage.stays and storage not in seen]
            seen.update(fresh)
            kept.setdefault(step.node, []).extend(storage.bytes for storage in fresh)
        return {node_id: total(amounts) for node_id, amounts in kept.items() if node_id not in unknown}


def macs(flops: Dim) -> Dim:
    """Multiply-adds, each of which counts as two floating-point operations."""
    return flops // 2
