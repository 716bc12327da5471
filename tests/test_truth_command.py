"""The command that looks for layers which Netloom and torch see differently."""

from io import StringIO

import pytest

from graph.shapes import TensorSpec
from tests import truth
from tests.graph import agreement
from tests.graph.strategies import layer_types


@pytest.fixture
def looked_at(monkeypatch):
    """Every case that is looked at, in order, none of them with torch."""
    seen = []
    monkeypatch.setattr(truth, "agrees_with_torch", lambda case: seen.append(case) is None)
    return seen


def run(*arguments):
    out, err = StringIO(), StringIO()
    return truth.main(arguments, out, err), out.getvalue(), err.getvalue()


def test_nothing_found_is_success():
    code, out, err = run("--cases", "60", "--type", "Linear")
    assert code == 0
    assert out.startswith("60 cases, ")
    assert out.endswith("; disagreements: 0; seed: 0\n")
    assert err.startswith("60 cases, ")


def test_the_smallest_disagreement_is_printed(monkeypatch):
    def widened(case):
        result = infer(case)
        outputs = {port: TensorSpec((*spec.shape[:-1], 999)) for port, spec in result.outputs.items()}
        return type(result)(result.inputs, outputs, result.params, result.parameters)

    infer = agreement.infer
    monkeypatch.setattr(agreement, "infer", widened)
    code, out, _ = run("--cases", "500", "--type", "Identity", "--seed", "4")
    assert code == 1
    assert out.startswith(
        "Case(type='Identity', params={}, inputs=([],), dtypes=('float32',))\n  Netloom gives [[((999,), "
    )
    assert "\n  torch gives [[((7,), 'float32')]" in out
    assert "; disagreements: 1; seed: 4" in out


def test_a_seed_finds_the_same_cases_and_another_one_others(looked_at):
    for seed in ("7", "7", "8"):
        run("--cases", "30", "--type", "Conv2d", "--seed", seed)
    assert looked_at[:30] == looked_at[30:60]
    assert looked_at[:30] != looked_at[60:]


def test_every_type_has_its_share(looked_at):
    types = layer_types()
    assert run("--cases", str(3 * len(types)))[0] == 0
    assert [case.type for case in looked_at] == [name for name in types for _ in range(3)]


def test_the_rounds_make_up_the_whole():
    assert list(truth.rounds(1000, 4)) == [100, 100, 50]
    assert list(truth.rounds(2, 4)) == [1]


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_networks_are_looked_at_too():
    assert run("--graphs", "2", "--seed", "3") == (0, "2 networks; disagreements: 0; seed: 3\n", "")


def test_a_network_that_is_not_what_was_drawn_is_printed(monkeypatch):
    monkeypatch.setattr(truth, "smallest_mismatch", lambda seed, num_nodes: f"network {seed}")
    assert run("--graphs", "5")[:2] == (1, "network 0\n5 networks; disagreements: 1; seed: 0\n")


@pytest.mark.parametrize(
    "arguments", [("--type", "Conv9d"), ("--cases", "0"), ("--cases", "many"), ("--seed", "--cases")]
)
def test_wrong_usage_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    assert arguments[1] in capsys.readouterr().err
