"""The user's own arrays, in files of NumPy, safetensors or PyTorch."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from runtime.data.raw import DataError, Loading, RawData, Request, Samples, require_file
from runtime.events import DataProgress

Array = npt.NDArray[np.generic]
KEYS = {"x": ("x", "X"), "y": ("y", "Y"), "x_val": ("x_val", "X_val"), "y_val": ("y_val", "Y_val")}
KNOWN_NAMES = frozenset(name for spellings in KEYS.values() for name in spellings)
READ_ERRORS = (
    OSError, ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, SafetensorError,
)  # fmt: skip
EXPECTED = "an .npz, .npy, .safetensors or .pt file"


@dataclass(frozen=True)
class Named:
    """An array and what messages call it."""

    name: str
    array: Array


def load_arrays(request: Request) -> Loading[RawData]:
    """Reads x and y of one file, or of two .npy files; x_val and y_val become the validation set.

    Raises:
        DataError: no such file, not a file of numbers, a missing key, or arrays that do not fit.
    """
    if request.params.path is None:
        raise DataError(
            "data.path is empty, so the source arrays has no file. "
            "Expected an .npz, .safetensors or .pt with x and y, or an .npy of x. Set data.path."
        )
    path = request.resolve(request.params.path)
    yield DataProgress(f"Reading {path.name}", 0, None)
    arrays = _read(request, path)
    train = _samples(arrays, "x", "y", path)
    val = None
    if "x_val" in arrays or "y_val" in arrays:
        val = _samples(arrays, "x_val", "y_val", path)
        for one, other, name in zip(train, val, ("x", "y"), strict=True):
            _require_alike(one, other, f"{path}, {name}")
    return RawData(Samples(*train), val and Samples(*val), num_classes=request.params.num_classes)


def _read(request: Request, path: Path) -> dict[str, Named]:
    """The arrays by canonical key."""
    content = _contents(path, "data.path")
    if isinstance(content, dict):
        found = {key: _first(content, spellings) for key, spellings in KEYS.items()}
        return {key: Named(f"{path}, {name}", content[name]) for key, name in found.items() if name}
    target_path = _target_path(request)
    target = _contents(target_path, "data.target_path")
    if isinstance(target, dict):
        raise _unreadable(target_path, "it holds several arrays, not one")
    return {"x": Named(str(path), content), "y": Named(str(target_path), target)}


def _contents(path: Path, key: str) -> Array | dict[str, Array]:
    """The array of an .npy, or the arrays that this source knows of another file, by name."""
    require_file(path, EXPECTED, key)
    try:
        return READERS.get(path.suffix.lower(), _read_numpy)(path)
    except READ_ERRORS as error:
        raise _unreadable(path, error) from error


def _read_numpy(path: Path) -> Array | dict[str, Array]:
    with path.open("rb") as file:  # np.load would leave a damaged archive open
        content = np.load(file, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        return {name: content[name] for name in content.files if name in KNOWN_NAMES}


def _read_safetensors(path: Path) -> dict[str, Array]:
    with safe_open(path, framework="pt") as file:
        return {name: _as_array(file.get_tensor(name)) for name in file.keys() if name in KNOWN_NAMES}  # noqa: SIM118


def _read_pt(path: Path) -> dict[str, Array]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:  # its own text shows how to run what is in the file
        raise ValueError("it holds other objects than tensors") from error
    if isinstance(content, tuple | list) and len(content) in (2, 4):
        content = dict(zip(KEYS, content, strict=False))
    if not isinstance(content, Mapping):
        raise ValueError(f"it holds a {type(content).__name__}, not tensors by name")
    known = {name: value for name, value in content.items() if name in KNOWN_NAMES}
    if not all(isinstance(value, Tensor) for value in known.values()):
        raise ValueError("x or y is no tensor")
    return {name: _as_array(value) for name, value in known.items()}


def _as_array(tensor: Tensor) -> Array:
    plain = tensor.detach().to_dense() if tensor.layout != torch.strided else tensor.detach()
    is_short = plain.is_floating_point() and plain.itemsize < torch.float32.itemsize  # some NumPy has not got
    array: Array = (plain.to(torch.float32) if is_short else plain).numpy()
    return array


READERS: Mapping[str, Callable[[Path], Array | dict[str, Array]]] = {
    ".safetensors": _read_safetensors,
    ".pt": _read_pt,
    ".pth": _read_pt,
}


def _target_path(request: Request) -> Path:
    if request.params.target_path is None:
        raise DataError(
            f"data.path names {request.params.path}, which holds only x. Expected an .npy of y beside it. "
            "Set data.target_path, or save both as one .npz: np.savez('data.npz', x=x, y=y)."
        )
    return request.resolve(request.params.target_path)


def _first(files: Iterable[str], spellings: tuple[str, ...]) -> str | None:
    return next((name for name in spellings if name in files), None)


def _unreadable(path: Path, reason: object) -> DataError:
    return DataError(
        f"{path} cannot be read ({reason}). Expected {EXPECTED} of plain numbers. "
        "Save it again with np.savez or torch.save; objects are refused, since they can carry code."
    )


def _samples(arrays: Mapping[str, Named], x_key: str, y_key: str, path: Path) -> tuple[Tensor, Tensor]:
    for key in (x_key, y_key):
        if key not in arrays:
            raise DataError(
                f"{path} has no array {key!r}. Expected {x_key} and {y_key}. "
                f"Save both: np.savez('data.npz', x=x, y=y), with x_val and y_val if you like."
            )
    x, y = (_tensor(arrays[key]) for key in (x_key, y_key))
    if x.ndim < 2:
        raise _wrong_shape(arrays[x_key], "(N, ...), the samples first and at least two dims", "x[:, None]")
    if y.ndim < 1:
        raise _wrong_shape(arrays[y_key], "(N,) or (N, K), the samples first", "y[None]")
    if not x.numel() or not y.numel():
        raise DataError(f"{path}: {x_key} or {y_key} is empty. Expected samples. Save some, or another file.")
    if len(x) != len(y):
        raise DataError(
            f"{arrays[x_key].name} has {len(x)} samples, but {arrays[y_key].name} has {len(y)}. "
            "Expected one target a sample. Save matching arrays."
        )
    return _finite(x, arrays[x_key].name), _finite(y, arrays[y_key].name)


def _require_alike(train: Tensor, val: Tensor, name: str) -> None:
    """Nothing, if the validation array is like the training array in all but its length."""
    if (train.shape[1:], train.dtype) != (val.shape[1:], val.dtype):
        kinds = [
            f"{tuple(each.shape[1:])} of {str(each.dtype).removeprefix('torch.')}" for each in (train, val)
        ]
        raise DataError(
            f"{name}_val has samples {kinds[1]}, but the training samples are {kinds[0]}. "
            "Expected the same shape and kind. Save both the same way."
        )


def _wrong_shape(named: Named, expected: str, example: str) -> DataError:
    return DataError(
        f"{named.name} has shape {named.array.shape}. Expected {expected}. Reshape it, as in {example}."
    )


def _tensor(named: Named) -> Tensor:
    array = named.array
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{named.name} has dtype {array.dtype}. Expected numbers, such as float32, int64 or uint8. "
            "Convert it with astype."
        )
    if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
        raise DataError(
            f"{named.name} holds {array.max()}. Expected whole numbers below 2**63. "
            "Convert it with astype('float64'), or take smaller numbers."
        )
    wide = np.float32 if array.dtype.kind == "f" else np.int64
    with np.errstate(over="ignore"):  # what is too large becomes infinite and is reported as such
        whole = np.asarray(array, dtype=array.dtype if array.dtype == np.uint8 else wide, order="C")
    return torch.from_numpy(whole)


def _finite(values: Tensor, name: str) -> Tensor:
    if values.is_floating_point() and not torch.isfinite(values).all():
        rows = (~torch.isfinite(values).view(len(values), -1)).any(dim=1).nonzero().flatten()
        raise DataError(
            f"{name} has NaN or infinity in {len(rows)} of {len(values)} samples, "
            f"first in sample {int(rows[0])}. Expected finite numbers. Remove those samples or fill the gaps."
        )
    return values
