"""What a training step costs, in closed form by the batch size."""

import pytest

from graph.catalog.call import Compute, Processor
from graph.cost_memory import TrainingMemory, largest_batch, training_memory
from graph.cost_trace import LOWER, trace
from graph.dims import below, symbol
from graph.inference import Inference
from tests.graph.builders import chain

N = symbol("N")


def memory_of(graph, optimizer_states=0, precision="float32", device="cpu"):
    return training_memory(trace(Inference(graph), Compute(device, LOWER.get(precision))), optimizer_states)


def activations(*layers, shape=(3, 8, 8), **run):
    return memory_of(chain(("Input", {"shape": shape}), *layers, "Output"), **run).activations


CONV = ("Conv2d", {"out_channels": 4, "padding": 1, "bias": False})


@pytest.mark.parametrize(
    ("layers", "numbers"),
    [
        ([CONV], 0),  # its input is the batch, which is counted as such
        ([CONV, CONV], 4 * 64),
        ([CONV, "ReLU"], 4 * 64),
        ([CONV, "ReLU", CONV], 4 * 64),  # ReLU's output is the second convolution's input: one tensor
        ([CONV, "GELU", CONV], 2 * 4 * 64),
        ([CONV, "ReLU", "Flatten", ("Linear", {})], 4 * 64),  # a view is no copy
        ([CONV, ("Permute", {"dims": [0, 2, 3, 1]}), "Flatten", ("Linear", {})], 4 * 64),  # this is one
        ([CONV, ("Permute", {"dims": [0, 2, 3, 1]}), "Identity", ("Linear", {})], 4 * 64),
        (["ReLU", "GELU"], 0),  # no weights before them, no gradient
    ],
)
def test_what_autograd_saves_is_counted_once(layers, numbers):
    assert activations(*layers) == N * (4 * numbers)


def test_statistics_are_kept_once_for_the_batch():
    assert activations(CONV, "BatchNorm2d") == N * (4 * 4 * 64) + 2 * 4 * 4


def test_lower_precision_halves_activations_and_adds_copies_of_the_weights():
    weights = 4 * 3 * 9 + 4 * 4 * 9
    in_lower = activations(CONV, CONV, precision="amp-bfloat16")
    assert in_lower == N * (2 * (3 + 4) * 64) + 2 * weights


def test_a_cast_has_the_dtype_that_was_asked_for_in_any_precision():
    graph = chain(("Input", {"shape": [8]}), ("Linear", {}), ("Cast", {"dtype": "float32"}), "Output")
    steps = trace(Inference(graph), Compute(autocast="float16"))
    made = [step.makes[0].spec.dtype for step in steps if step.makes]
    assert made == ["float32", "float16", "float32"]


def test_a_gpu_keeps_a_byte_for_what_dropout_dropped_and_norms_in_float32():
    on = [
        activations(("Linear", {"out_features": 8}), "Dropout", shape=[4], device=d) for d in ("cpu", "cuda")
    ]
    assert on == [N * 32, N * 8]


def test_weights_gradients_and_optimizer_state_are_four_bytes_a_number():
    graph = chain(("Input", {"shape": [10]}), ("Linear", {"out_features": 5}), "Output")
    memory = memory_of(graph, optimizer_states=2)
    assert (memory.parameters, memory.gradients, memory.optimizer) == (220, 220, 440)
    assert memory.batch == N * (40 + 8)


@pytest.mark.parametrize("kind", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize(("frozen", "numbers"), [(False, 4), (True, 0)])
def test_a_sparse_gradient_has_a_row_and_its_index_for_each_index_of_the_batch(kind, frozen, numbers):
    params = {"num_embeddings": 10_000, "embedding_dim": 4, "sparse": True, "frozen": frozen}
    tokens = ("Input", {"shape": [6], "dtype": "int64"})
    memory = memory_of(chain(tokens, (kind, params), "Flatten", ("Linear", {"out_features": 5}), "Output"))
    linear = 4 * 5 * (1 + (4 if kind == "EmbeddingBag" else 24))
    assert memory.gradients == N * 6 * (4 * numbers + 8) * (not frozen) + linear
    dense = memory_of(chain(tokens, (kind, {**params, "sparse": False}), "Flatten", ("Linear", {}), "Output"))
    assert frozen or memory.peak(8) < 0.7 * dense.peak(8)


def test_the_peak_grows_with_the_batch():
    layers = (CONV, "BatchNorm2d", "ReLU", CONV, "Flatten", ("Linear", {}))
    memory = memory_of(chain(("Input", {"shape": [3, 16, 16]}), *layers, "Output"), 2)
    assert memory.parameters + memory.optimizer < memory.peak(1) < memory.peak(2) < memory.peak(1000)


@pytest.mark.parametrize("budget", [10_000, 123_456, 10**9, 10**12])
def test_the_largest_batch_fits_and_one_more_does_not(budget):
    memory = TrainingMemory(0, 0, 0, 0, 0, (N * 1000 + 5000, N * 1200 + 100))
    batch = largest_batch(memory, budget)
    assert memory.peak(batch) <= budget < memory.peak(batch + 1)


def test_no_batch_fits_where_the_weights_do_not():
    memory = memory_of(chain(("Input", {"shape": [1000]}), ("Linear", {"out_features": 1000}), "Output"))
    assert largest_batch(memory, 1_000_000) == 0


def test_a_length_that_is_not_known_leaves_the_memory_unknown():
    memory = memory_of(chain(("Input", {"shape": ["T", 8]}), ("Linear", {}), ("Linear", {}), "Output"))
    assert memory.activations == N * symbol("T") * 256
    assert memory.peak(1) is None
    assert largest_batch(memory, 10**9) is None


def test_huge_layers_are_counted_without_being_made():
    memory = memory_of(chain(("Input", {"shape": [10**6]}), ("Linear", {"out_features": 10**6}), "Output"))
    assert memory.peak(2**31) > 2**31 * 4 * 10**6


def test_nodes_that_are_wrong_are_left_out():
    graph = chain(("Input", {"shape": [8]}), ("Linear", {}), ("Linear", {"in_features": 3}), "ReLU")
    assert [step.node for step in trace(Inference(graph), Compute())] == ["n1", "n2"]


def test_a_larger_batch_that_takes_less_is_found_too():
    less_from_10_on = TrainingMemory(0, 0, 0, 0, 0, (N * 100 + N * 100 * below(N, 10),))
    assert [less_from_10_on.peak(size) for size in (9, 10)] == [1800, 1000]
    assert largest_batch(less_from_10_on, 1000) == 10
    assert largest_batch(less_from_10_on, 999) == 4
    assert largest_batch(less_from_10_on, 199) == 0


@pytest.mark.parametrize(
    ("groups", "in_blocks", "in_tiles"), [(1, 16, 2 * 4), (2, 16, 2 * 4), (4, 16, 16)], ids=str
)
def test_what_a_convolution_gives_is_laid_out_twice_in_tiles_unless_filters_have_one_channel(
    groups, in_blocks, in_tiles
):
    params = {"in_channels": 4, "out_channels": 4, "padding": 1, "groups": groups}
    inference = Inference(chain(("Input", {"shape": (4, 8, 8)}), ("Conv2d", params), "Output"))
    for has_tiles, channels in ((False, in_blocks), (True, in_tiles)):
        _, step, _ = trace(inference, Compute(autocast="bfloat16", processor=Processor(has_tiles=has_tiles)))
        assert step.forward == (N * 4 * 64 * 2, N * channels * 64 * 2)  # what comes in, then what goes out
    _, step, _ = trace(inference, Compute(processor=Processor(has_tiles=True)))
    assert step.forward == (N * 4 * 64 * 4, N * 16 * 64 * 4), "in float32 no tiles are multiplied"
