"""Exported files: compared, atomic, and told in words when they cannot be."""

import subprocess
import sys

import onnx
import onnxruntime
import pytest
import safetensors.torch
import torch

from codegen import export
from codegen.export import export_onnx, export_python
from codegen.exporting import fresh
from codegen.exporting.comparison import compare
from codegen.exporting.samples import Samples
from codegen.exporting.weights import live_with_weights
from codegen.formats import FORMATS
from codegen.live import build
from codegen.parity import ExportError, ParityError
from codegen.source import GenerationError, generate
from tests.codegen.drawing import chain, draw
from tests.codegen.networks import residual, sequence_lstm, small_cnn, two_ends


@pytest.fixture
def run(tmp_path):
    """A run folder of SmallCNN whose weights are not those of its seed."""
    folder = tmp_path / "run"
    (folder / "checkpoints" / "best").mkdir(parents=True)
    weights = build(small_cnn(), seed=99).module.state_dict()
    weights["norm1.running_mean"] += 0.3
    safetensors.torch.save_file(weights, folder / "checkpoints" / "best" / "model.safetensors")
    return folder


def test_python_is_the_generated_source(tmp_path):
    path = tmp_path / "net.py"
    assert export_python(small_cnn(), path) is None
    assert path.read_bytes() == generate(small_cnn()).text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_python_is_compared_in_a_fresh_interpreter(tmp_path):
    path = tmp_path / "größe.py"
    before = torch.get_rng_state()
    report = export_python(two_ends(), path, verify=True)
    assert report.ok
    assert report.max_abs_difference == 0
    assert str(report) == (
        "The live network and the exported file in a fresh interpreter agree bit for bit "
        "for batches of 1 and 5. Largest difference: 0."
    )
    assert path.read_text(encoding="utf-8") == generate(two_ends()).text
    assert torch.equal(torch.get_rng_state(), before)


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(fresh, "RUNNER", fresh.RUNNER.replace("tensor.clone()", "(tensor * 2)"))
    with pytest.raises(ParityError, match=r"do not agree bit for bit.*Largest difference: [1-90]") as caught:
        export_python(small_cnn(), tmp_path / "net.py", verify=True)
    assert not caught.value.report.ok
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_run_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fresh, "RUNNER", "raise SystemExit('no such thing')")
    with pytest.raises(ExportError, match="does not run in a fresh interpreter: no such thing"):
        export_python(small_cnn(), tmp_path / "net.py", verify=True)


def test_the_exported_file_needs_torch_only(tmp_path):
    export_python(small_cnn(), tmp_path / "net.py")
    code = "import net, sys; net.SmallCNN(); print(*{name.partition('.')[0] for name in sys.modules})"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not set(answer.stdout.split()) & {
        "graph",
        "codegen",
        "runtime",
        "builder",
        "PySide6",
        "networkx",
        "pydantic",
    }


@pytest.mark.parametrize("place", [".", "checkpoints/best", "checkpoints/best/model.safetensors"])
def test_weights_are_found_in_a_run(run, place):
    module = live_with_weights(small_cnn(), run / place).module
    assert not module.training
    expected = safetensors.torch.load_file(run / "checkpoints" / "best" / "model.safetensors")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in module.state_dict().items())


def test_the_last_checkpoint_serves_where_there_is_no_best(run):
    (run / "checkpoints" / "best").rename(run / "checkpoints" / "last")
    live_with_weights(small_cnn(), run)


def test_the_last_checkpoint_serves_where_the_best_is_of_the_network_before_a_change(run):
    project = small_cnn()
    project.graph.replace_node(project.graph.nodes["n12"].with_(params={"out_features": 3}))
    weights = build(project, seed=98).module.state_dict()
    (run / "checkpoints" / "last").mkdir()
    safetensors.torch.save_file(weights, run / "checkpoints" / "last" / "model.safetensors")
    found = live_with_weights(project, run).module.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in weights.items())
    with pytest.raises(ExportError, match=r"checkpoints/best/model\.safetensors: .* not of this network"):
        live_with_weights(project, run / "checkpoints" / "best")


@pytest.mark.parametrize("seed", [None, "text", 5])
def test_without_weights_the_seed_of_the_plan_decides(seed):
    project = small_cnn()
    project.training = {} if seed is None else {"seed": seed}
    expected = build(project, seed=seed if isinstance(seed, int) else 0).module.state_dict()
    assert torch.equal(live_with_weights(project, None).module.conv1.weight, expected["conv1.weight"])


def test_weights_of_another_network_are_refused(run):
    with pytest.raises(
        ExportError, match=r"not of this network: missing: conv1\.bias; unknown: 'head\.bias'.* and 9 more"
    ):
        live_with_weights(chain(
            ("image", "Input", {"shape": [1, 28, 28]}), ("conv1", "Conv2d", {"out_channels": 3}),
            ("conv2", "Conv2d", {"out_channels": 3}), ("out", "Output"),
        ), run)  # fmt: skip


def test_weights_of_another_shape_are_refused(run):
    project = small_cnn()
    project.graph.replace_node(project.graph.nodes["n12"].with_(params={"out_features": 3}))
    with pytest.raises(
        ExportError, match=r"of another shape: head\.weight \(\(10, 16\) instead of \(3, 16\)\)"
    ):
        live_with_weights(project, run)


def test_missing_and_broken_weights_are_told(run, tmp_path):
    with pytest.raises(ExportError, match="no such run folder or weights file"):
        live_with_weights(small_cnn(), tmp_path / "nowhere")
    with pytest.raises(ExportError, match=r"holds no weights\. Expected checkpoints/best"):
        live_with_weights(small_cnn(), tmp_path)
    (run / "checkpoints" / "best" / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0no")
    with pytest.raises(ExportError, match=r"the weights cannot be read: .*\. Choose another checkpoint"):
        live_with_weights(small_cnn(), run)


def test_errors_of_the_project_come_first(tmp_path):
    for name in FORMATS:
        with pytest.raises(GenerationError, match="no Output"):
            FORMATS[name].export(draw(("image", "Input")), tmp_path / "net", tmp_path / "nowhere", True, None)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ExportError, match=r"not written: .*\. Make the folder or choose another place"):
        export_python(small_cnn(), tmp_path / "missing" / "net.py")


# ONNX


def shapes_of(values):
    return {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}


def test_onnx_of_a_cnn_with_trained_weights(run, tmp_path, capfd):
    path = tmp_path / "net.onnx"
    before = torch.get_rng_state()
    report = export_onnx(small_cnn(), path, run)
    assert report.ok
    assert report.batch_sizes == (1, 5)
    assert report.max_abs_difference < 1e-5
    assert str(report).startswith(
        "The live network and ONNX Runtime agree for batches of 1 and 5. Largest difference: "
    )
    assert capfd.readouterr().out == ""
    assert torch.equal(torch.get_rng_state(), before)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert shapes_of(model.graph.input) == {"image": ["batch", 1, 28, 28]}
    assert shapes_of(model.graph.output) == {"logits": ["batch", 10]}
    image = torch.randn(3, 1, 28, 28)
    (given,) = onnxruntime.InferenceSession(path).run(None, {"image": image.numpy()})
    with torch.no_grad():
        expected = live_with_weights(small_cnn(), run).module(image)
    torch.testing.assert_close(torch.from_numpy(given), expected, rtol=1e-3, atol=1e-5)


def test_onnx_holds_no_paths(tmp_path):
    path = tmp_path / "net.onnx"
    export_onnx(residual(), path)
    data = path.read_bytes()
    assert b"<netloom:" not in data
    assert b".py" not in data
    assert list(tmp_path.iterdir()) == [path]


def test_onnx_of_a_gru_with_a_fixed_length(tmp_path):
    rows = [("rows", "Input", {"shape": [8, 8]}), ("gru", "GRU", {"hidden_size": 6}), ("last", "LastStep")]
    assert export_onnx(chain(*rows, ("logits", "Output")), tmp_path / "net.onnx").ok


def test_onnx_with_two_ends_and_a_free_length(tmp_path, caplog):
    path = tmp_path / "net.onnx"
    assert export_onnx(two_ends(), path).ok
    model = onnx.load(path)
    assert shapes_of(model.graph.input) == {"image": ["batch", 3, 8, 8], "tokens": ["batch", "T"]}
    assert shapes_of(model.graph.output) == {"logits": ["batch", 10], "value": ["batch", 1]}


def test_onnx_of_an_lstm_with_a_free_length(tmp_path):
    path = tmp_path / "net.onnx"
    assert export_onnx(sequence_lstm(), path).ok
    sequence = torch.randn(2, 31, 8)
    (given,) = onnxruntime.InferenceSession(path).run(None, {"sequence": sequence.numpy()})
    expected = build(sequence_lstm(), seed=0).module(sequence).detach()
    torch.testing.assert_close(torch.from_numpy(given), expected, rtol=1e-3, atol=1e-5)


def test_onnx_without_its_packages_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ONNX_PACKAGES", ("onnx", "not_there", "nor_this"))
    with pytest.raises(
        ExportError, match=r'needs not_there and nor_this. Run: pip install "netloom\[onnx\]"'
    ):
        export_onnx(small_cnn(), tmp_path / "net.onnx")


def test_onnx_that_differs_is_not_written(tmp_path, monkeypatch):
    from codegen.exporting import onnx_file

    monkeypatch.setattr(onnx_file, "outputs_of", lambda module, inputs: (module(*inputs).detach() + 0.1,))
    with pytest.raises(
        ParityError, match=r"do not agree for batches.*Largest difference: 0\.1.*No file was written"
    ):
        export_onnx(
            chain(("a", "Input", {"shape": [4]}), ("fc", "Linear"), ("out", "Output")), tmp_path / "net.onnx"
        )
    assert not list(tmp_path.iterdir())


def test_what_onnx_cannot_express_is_told_with_its_node(tmp_path, monkeypatch):
    from codegen.exporting import onnx_file

    def fails(live, samples):
        live.module(torch.ones(2, 5))

    monkeypatch.setattr(onnx_file, "_from_exported_program", fails)
    monkeypatch.setattr(onnx_file, "_from_trace", fails)
    project = chain(("a", "Input", {"shape": [4]}), ("fc", "Linear"), ("out", "Output"))
    with pytest.raises(ExportError, match=r"ONNX cannot express this network\. fc: mat1 and mat2 shapes"):
        export_onnx(project, tmp_path / "net.onnx")


def test_formats_export(tmp_path):
    assert list(FORMATS) == ["python", "onnx"]
    project = chain(("a", "Input", {"shape": [4]}), ("fc", "Linear"), ("out", "Output"))
    for each in FORMATS.values():
        path = tmp_path / f"net{each.suffix}"
        assert each.export(project, path, None, True, None).ok
        assert path.stat().st_size > 0


def test_listing_formats_loads_no_torch():
    code = "import codegen.formats, sys; print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


# Sample inputs and comparison


def test_indices_stay_below_every_embedding_that_reads_them():
    project = draw(
        ("tokens", "Input", {"shape": ["T", 1], "dtype": "int64"}),
        ("large", "Embedding", {"num_embeddings": 50}),
        ("squeeze", "Squeeze"),
        ("small", "Embedding", {"num_embeddings": 3}),
        ("a", "Output"),
        ("b", "Output"),
        edges="tokens -> large, tokens -> squeeze, squeeze -> small, large -> a, small -> b",
    )
    (tokens,) = Samples(project).inputs(500)
    assert (tokens.dtype, tokens.min(), tokens.max()) == (torch.int64, 0, 2)


def test_symbolic_dims_get_a_size_that_runs():
    project = chain(
        ("signal", "Input", {"shape": [1, "T"]}), ("conv", "Conv1d", {"kernel_size": 100}), ("out", "Output")
    )
    samples = Samples(project)
    assert samples.sizes == {"T": 256}
    assert samples.inputs(2, longer=3)[0].shape == (2, 1, 259)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int64", "uint8", "bool"])
def test_samples_have_the_dtype_of_their_input(dtype):
    project = chain(("given", "Input", {"shape": [4], "dtype": dtype}), ("out", "Output"))
    samples = Samples(project)
    assert samples.inputs(2)[0].dtype == getattr(torch, dtype)
    assert torch.equal(samples.inputs(2)[0], samples.inputs(2)[0])


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("live", "exported", "difference", "ok"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0, True),
        ([1.0, 2.0], [1.0, 2.001], 0.001, True),
        ([1.0, 2.0], [1.0, 2.1], 0.1, False),
        ([0.0], [2e-5], 2e-5, False),
        ([NAN, INF], [NAN, INF], 0, True),
        ([NAN], [1.0], INF, False),
        ([INF], [1.0], INF, False),
        ([1.0], [1.0, 1.0], INF, False),
    ],
)
def test_tolerant_comparison(live, exported, difference, ok):
    report = compare("it", [(torch.tensor(live), torch.tensor(exported))], (1,), rtol=1e-3, atol=1e-5)
    assert report.ok is ok
    assert report.max_abs_difference == pytest.approx(difference, rel=1e-3)


def test_exact_comparison():
    one = torch.tensor([1.0, NAN])
    assert compare("it", [(one, one.clone())], (1,)).ok
    assert not compare("it", [(torch.zeros(1), -torch.zeros(1))], (1,)).ok
    assert not compare("it", [(torch.zeros(1), torch.zeros(1).double())], (1,)).ok
    assert compare("it", [(torch.tensor(True), torch.tensor(True))], (1,)).ok
