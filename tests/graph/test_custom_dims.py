"""Sizes recognised as dims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.custom_dims import MAX_SYMBOLS, recognised, symbols_of, trials
from graph.dims import evaluate, symbol
from graph.shapes import BATCH, TensorSpec

T, S = symbol("T"), symbol("S")
INPUTS = (TensorSpec((BATCH, T, 8)), TensorSpec((BATCH, S)))
RUNS = trials(INPUTS)


def seen(dim):
    """What the trials show of a dim."""
    return [evaluate(dim, sizes) for sizes in RUNS]


@pytest.mark.parametrize(
    "dim",
    [
        0, 1, 7, BATCH, T, BATCH * 4, T + 3, T * 2 + -1, BATCH * T, BATCH * T * 8, T * T, BATCH * (T + 1),
        T // 2, (T + 1) // 2, (T + -3) // 4, (T // 2) * 16, BATCH * (T // 8), T + S, T * S, BATCH * T * S,
        (S + 5) // 3 + T, T * 3 + S * 2 + 1,
    ],
    ids=str,
)  # fmt: skip
def test_a_dim_is_recognised(dim):
    assert recognised(seen(dim), RUNS) == dim


@given(
    st.integers(1, 9), st.integers(-20, 20), st.integers(1, 8), st.sampled_from([BATCH, T, S]), st.booleans()
)
def test_a_quotient_is_recognised_as_one_that_agrees_everywhere(factor, more, divisor, name, batched):
    dim = (name + more) // divisor * factor * (BATCH if batched else 1)
    found = recognised(seen(dim), RUNS)
    if name is BATCH and divisor > 1:  # a batch takes few sizes, and nobody divides it
        return
    assert found is not None
    for size in range(40, 60):
        sizes = {"N": 11, "T": size, "S": size + 50}
        assert evaluate(found, sizes) == evaluate(dim, sizes)


@pytest.mark.parametrize(
    "size",
    [lambda run: run["T"] ** 2 % 7, lambda run: run["T"].bit_length(), lambda run: run["N"] ^ run["T"]],
)
def test_what_follows_no_rule_is_not_recognised(size):
    assert recognised([size(run) for run in RUNS], RUNS) is None


def test_every_trial_gives_every_symbol_another_size():
    assert symbols_of(INPUTS) == ["S", "T"]
    assert all(len(set(run.values())) == len(run) == 3 for run in RUNS)
    assert {len({run[name] for run in RUNS}) > 2 for name in RUNS[0]} == {True}
    many = TensorSpec((BATCH, *(symbol(name) for name in "ABC"[:MAX_SYMBOLS])))
    assert len(trials([many])[0]) == MAX_SYMBOLS + 1


def test_without_symbols_only_the_batch_changes():
    assert [dict(run) for run in trials([TensorSpec((BATCH, 3))])] == [{"N": n} for n in (2, 3, 5, 7)]
