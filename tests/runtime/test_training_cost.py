"""How a plan changes what training costs."""

import pytest
import torch

from graph.inference import Inference
from graph.templates import template
from runtime.optim import build_optimizer
from runtime.optimizer_choices import OPTIMIZERS
from runtime.plan import TrainingPlan
from runtime.training_cost import training_cost, training_run


def plan(**values):
    return TrainingPlan.from_mapping(values)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in ("Muon", "SparseAdam", "LBFGS")])
@pytest.mark.parametrize(
    "settings", [{}, {"amsgrad": True}, {"momentum": 0.9}, {"momentum": 0.9, "centered": True}]
)
def test_an_optimizer_remembers_as_many_numbers_as_declared(name, settings):
    names = {param.name for param in OPTIMIZERS[name].params}
    known = {key: value for key, value in settings.items() if key in names}
    run = training_run(plan(optimizer={"type": name, **known}))
    weight = torch.nn.Parameter(torch.ones(100))
    optimizer = getattr(torch.optim, name)([weight], lr=0.1, **known)
    weight.sum().backward()
    optimizer.step()
    assert run.optimizer_states * 100 == numbers_kept(optimizer, weight)


def numbers_kept(optimizer, weight):
    state = [value for value in optimizer.state[weight].values() if torch.is_tensor(value)]
    return sum(value.numel() for value in state if value.ndim)


def test_adafactor_remembers_no_more_of_matrices_than_declared():
    weight = torch.nn.Parameter(torch.ones(30, 40))
    optimizer = torch.optim.Adafactor([weight])
    weight.sum().backward()
    optimizer.step()
    assert numbers_kept(optimizer, weight) == 30 + 40
    assert training_run(plan(optimizer="Adafactor")).optimizer_states == 1


def test_muon_remembers_of_a_vector_what_adamw_does_and_less_of_a_matrix():
    layer = torch.nn.Linear(10, 20)
    training = plan(optimizer="Muon")
    optimizer = build_optimizer(training, layer)
    layer(torch.ones(1, 10)).sum().backward()
    optimizer.step()
    assert training_run(training).optimizer_states * 20 == numbers_kept(optimizer, layer.bias)
    assert numbers_kept(optimizer, layer.weight) == 200


def test_sparse_adam_remembers_as_much_as_adam_of_sparse_and_of_dense_weights():
    model = torch.nn.Sequential(torch.nn.Embedding(10, 20, sparse=True), torch.nn.Linear(20, 5))
    training = plan(optimizer="SparseAdam")
    optimizer = build_optimizer(training, model)
    model(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    states = training_run(training).optimizer_states
    assert [numbers_kept(optimizer, weight) for weight in (model[0].weight, model[1].weight)] == [
        states * 200, states * 100
    ]  # fmt: skip


def test_lbfgs_remembers_as_many_numbers_as_declared_once_its_history_is_full():
    training = plan(optimizer={"type": "LBFGS", "history_size": 4, "max_iter": 20, "tolerance_change": 0.0})
    weight = torch.nn.Parameter(torch.linspace(1, 2, 100))
    optimizer = torch.optim.LBFGS([weight], **training.optimizer.spec.arguments(training.optimizer.params))

    def closure():
        optimizer.zero_grad()
        loss = (weight**4 * torch.linspace(1, 3, 100)).sum()
        loss.backward()
        return loss.detach()

    optimizer.step(closure)
    state = optimizer.state[weight]
    kept = [*state["old_dirs"], *state["old_stps"], state["d"], state["prev_flat_grad"]]
    assert len(state["old_dirs"]) == 4
    copy_of_the_weights = 1  # of a line search
    declared = training_run(training).optimizer_states
    assert declared == sum(each.numel() for each in kept) / 100 + copy_of_the_weights


def test_an_average_of_the_weights_is_one_more_copy():
    without, averaged = training_run(plan()), training_run(plan(ema_decay=0.99))
    assert averaged.optimizer_states == without.optimizer_states + 1


def test_precision_and_device_come_from_the_plan():
    assert training_run(plan(precision="amp-float16", device="cuda")).device == "cuda"
    assert training_run(plan(precision="amp-float16"), "mps").precision == "amp-float16"
    assert training_run(plan(), "mps").device == "mps"


def test_a_run_on_the_cpu_takes_the_threads_that_torch_is_set_to():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert training_run(plan()).processor.threads == 3
        assert training_run(plan(device="cuda")).processor.threads == 1
    finally:
        torch.set_num_threads(before)


def test_lower_precision_takes_less_of_a_large_batch():
    graph = template("CNN").project().graph
    inference = Inference(graph)
    whole, lower = (
        training_cost(graph, inference, plan(precision=precision)).memory.peak(256)
        for precision in ("float32", "amp-bfloat16")
    )
    assert lower < 0.7 * whole
