"""A live network as an ONNX model, compared in ONNX Runtime."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor

from codegen.exporting.comparison import CHECKED_BATCHES, compare, outputs_of
from codegen.exporting.samples import BATCH_SYMBOL, Samples
from codegen.live import LiveModel
from codegen.parity import ExportError, ParityReport
from graph.dims import Dim

# A batch of one would be taken for a constant: https://docs.pytorch.org/docs/stable/export.html
TRACED_BATCH = 2
OPSET = 20
RTOL, ATOL = 1e-3, 1e-5
LONGER = 3  # how much longer the symbolic dims of a check may be than the traced ones
MAX_BYTES = 2**31 - 1
QUIET = 3  # ONNX Runtime's level for errors only


def convert(live: LiveModel, samples: Samples) -> tuple[bytes, ParityReport]:
    """The network as the content of an ONNX file, and how far ONNX Runtime's outputs are from the live ones.

    The exporter that PyTorch recommends takes the length of a sequence in a recurrent layer for a constant
    (https://github.com/pytorch/pytorch/issues/126339); what it cannot do, its predecessor may.

    Raises:
        ExportError: neither can express the network.
    """
    reasons: list[Exception] = []
    report = None
    for export in (_from_exported_program, _from_trace):
        try:
            with _silence():
                model = export(live, samples)
                _name_result_dims(model, live)
                data = _serialized(model, live.source.class_name)
                report = _compared(live, samples, data)
        except Exception as error:  # the exporters and ONNX Runtime raise many unrelated types
            reasons.append(error)
            continue
        if report.ok:
            return data, report
    if report is not None:
        return b"", report
    raise ExportError(f"ONNX cannot express this network. {_reason(live, reasons[0])}") from reasons[0]


def _from_exported_program(live: LiveModel, samples: Samples) -> onnx.ModelProto:
    program = torch.onnx.export(
        live.module,
        samples.inputs(TRACED_BATCH),
        dynamo=True,
        verbose=False,
        opset_version=OPSET,
        input_names=live.source.input_names,
        output_names=live.source.output_names,
        dynamic_shapes=tuple(_free_dims(live)),
    )
    assert program is not None
    return program.model_proto


def _from_trace(live: LiveModel, samples: Samples) -> onnx.ModelProto:
    with TemporaryDirectory(prefix="netloom-export-") as folder:
        path = Path(folder) / "traced.onnx"
        torch.onnx.export(
            live.module,
            samples.inputs(TRACED_BATCH),
            path,
            dynamo=False,
            verbose=False,
            opset_version=OPSET,
            input_names=live.source.input_names,
            output_names=live.source.output_names,
            dynamic_axes=dict(zip(live.source.input_names, _free_dims(live), strict=True)),
        )
        return onnx.load(path)


def _free_dims(live: LiveModel) -> Iterator[dict[int, str]]:
    """For each argument the dims without a fixed size, and their names."""
    for tensor in live.source.input_tensors:
        yield {axis: _dim_name(dim) for axis, dim in enumerate(tensor.shape) if not isinstance(dim, int)}


def _dim_name(dim: Dim) -> str:
    return re.sub(rf"\b{BATCH_SYMBOL}\b", "batch", str(dim))


def _name_result_dims(model: onnx.ModelProto, live: LiveModel) -> None:
    """Says of every result what is known of its shape; the exporters leave some of it out."""
    for value, tensor in zip(model.graph.output, live.source.output_tensors, strict=True):
        dims = [dim if isinstance(dim, int) else _dim_name(dim) for dim in tensor.shape]
        known = onnx.helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, dims)
        value.CopyFrom(known)


def _serialized(model: onnx.ModelProto, name: str) -> bytes:
    """The file's content, without the exporter's notes, which hold paths of this machine."""
    model.graph.name = name
    del model.metadata_props[:], model.graph.metadata_props[:]
    for node in (*model.graph.node, *(node for function in model.functions for node in function.node)):
        del node.metadata_props[:]
        node.doc_string = ""
    if model.ByteSize() > MAX_BYTES:
        sizes = f"{model.ByteSize():,} bytes, but an ONNX file holds {MAX_BYTES:,}"
        raise ExportError(f"The network has {sizes}.")
    return bytes(model.SerializeToString())


def _compared(live: LiveModel, samples: Samples, data: bytes) -> ParityReport:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    pairs: list[tuple[Tensor, Tensor]] = []
    for index, batch_size in enumerate(CHECKED_BATCHES):
        inputs = samples.inputs(batch_size, longer=index * LONGER)
        given = {name: tensor.numpy() for name, tensor in zip(live.source.input_names, inputs, strict=True)}
        results: list[Any] = session.run(list(live.source.output_names), given)
        pairs += zip(outputs_of(live.module, inputs), map(torch.from_numpy, results), strict=True)
    return compare("ONNX Runtime", pairs, CHECKED_BATCHES, RTOL, ATOL)


def _reason(live: LiveModel, error: Exception) -> str:
    """What an exporter's many lines come down to, with the node if it is known."""
    if isinstance(error, ExportError):
        return str(error)
    node_id, text = live.explain(error)
    if node_id is None:
        text = re.sub(r"\x1b\[\d*m", "", str(error)).rpartition("## Exception summary")[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps the exporters' own deprecations from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
