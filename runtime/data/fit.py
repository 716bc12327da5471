"""Tells before the first step whether model, data and loss go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runtime.data.prepared import TrainData
from runtime.data.raw import DataError
from runtime.loss_spec import BALANCED, REST, Layout, LossSpec, OutputNeed, needs_of, shown_layout
from runtime.options import Option, PlanError, join

SampleShape = Sequence[int | str]  # without the batch; a name stands for any size
Sizes = dict[str, tuple[int, ...]]  # of the dims whose size is known, by name


class FitError(DataError):
    """An output of the model does not suit.

    Attributes:
        output: which one, the first being 0.
    """

    def __init__(self, text: str, output: int) -> None:
        super().__init__(text)
        self.output = output


def check_input(data: TrainData, shape: SampleShape) -> None:
    """Nothing, if the data suits the model's Input.

    Raises:
        DataError: it does not.
    """
    if not _agree(shape, data.input_shape):
        raise DataError(
            f"The model takes inputs {_shown(shape)}, but the data has {_shown(data.input_shape)}. "
            f"Expected the same shape. Set Input.shape to {list(data.input_shape)}, or transform the data."
        )


def check_outputs(
    data: TrainData, loss: Option[LossSpec], shapes: Sequence[SampleShape], path: str = "loss"
) -> None:
    """Nothing, if the model's outputs suit the loss and the targets.

    Args:
        data: what the model is to learn.
        loss: the plan's.
        shapes: of the Outputs, as many as the loss needs, in their order.
        path: of the loss in the plan.

    Raises:
        FitError: an output does not suit.
        DataError: the targets do not suit.
        PlanError: a parameter of the loss does not suit.
    """
    needs = needs_of(loss)
    target = tuple(data.train_y.shape[1:])
    sizes: Sizes = {}
    if needs.target.kind != "none" and not _bind(needs.target.layout, target, sizes):
        raise DataError(
            f"The targets have {_shown(target)}. {loss.type} expects {needs.target.describe()}. "
            "Save y in that shape, or choose another loss."
        )
    for index, (need, shape) in enumerate(zip(needs.outputs, shapes, strict=True)):
        who = "The model" if len(shapes) == 1 else f"The output for {need.name}"
        if not _bind(need.layout, shape, sizes):
            raise FitError(_mismatch(data, loss, need, f"{who} gives {_shown(shape)}", sizes), index)
        _check_count(data, loss, need, shape, f"{who} gives {_shown(shape)}", index)
    _check_params(data, loss, sizes, path)


def _mismatch(data: TrainData, loss: Option[LossSpec], need: OutputNeed, found: str, sizes: Sizes) -> str:
    if need.layout == needs_of(loss).target.layout:
        return (
            f"{found}, but the targets have {_shown(data.train_y.shape[1:])}. "
            f"{loss.type} expects the same shape. Give the last layer as many outputs as there are targets."
        )
    if data.num_classes is not None and "classes" in need.layout:
        wanted = _shown([data.num_classes, *sizes.get(REST, ())])
        flat = "End the model with a Flatten and a Linear."
        hint = "Give it the sizes of the targets, behind the classes." if sizes.get(REST) else flat
        return f"{found}. {loss.type} expects one {need.each} a class, {wanted}. {hint}"
    known = ", ".join(f"{name} = {_listed(size)}" for name, size in sizes.items() if name in need.layout)
    given = f" with {known}" if known else ""
    return (
        f"{found}. {loss.type} expects {need.name} {shown_layout(need.layout)}{given}. "
        "End that branch with a layer that gives this shape, such as Flatten and Linear."
    )


def _check_count(
    data: TrainData, loss: Option[LossSpec], need: OutputNeed, shape: SampleShape, found: str, index: int
) -> None:
    """Refuses an output of too few classes."""
    if data.num_classes is None or "classes" not in need.layout:
        return
    size = shape[need.layout.index("classes") - 1]
    if isinstance(size, int) and size < data.num_classes:
        text = (
            f"{found}, but the data has {data.num_classes} classes. {loss.type} expects one {need.each} "
            f"a class. Set out_features of the last layer to {data.num_classes}."
        )
        raise FitError(text, index)


def _check_params(data: TrainData, loss: Option[LossSpec], sizes: Sizes, path: str) -> None:
    """Refuses parameters that do not suit the sizes of outputs and targets."""
    for name, dim in loss.spec.per_dim:
        size = sizes.get(dim, ())[-1:]
        if size and loss.params[name] is not None:
            _check_weight(loss, join(path, name), dim, size[0], data.num_classes)
    for longer, shorter in loss.spec.at_least:
        (length,), (least,) = sizes.get(longer, sizes[shorter]), sizes[shorter]
        if length < least:
            raise FitError(
                f"The model gives {longer} = {length}, but the targets have {shorter} = {least}. "
                f"{loss.type} expects {longer} to be at least {shorter}. Make the output longer.", 0
            )  # fmt: skip
    if loss.spec.reserved:
        _check_reserved(data, loss, sizes, path)


def _check_weight(loss: Option[LossSpec], path: str, dim: str, size: int, num_classes: int | None) -> None:
    value = loss.params[path.rpartition(".")[2]]
    what = "number" if dim == REST else dim.removesuffix("s").removesuffix("e")
    if value == BALANCED:
        if dim == "classes" and num_classes not in (None, size):
            raise PlanError(
                path,
                f"{path} is balanced, which gives a weight for each of the data's {num_classes} classes, "
                f"but the model gives {size}.",
                f"{num_classes} outputs",
                f"Set out_features of the last layer to {num_classes}.",
            )
    elif len(value) != size and not (dim == REST and len(value) == 1):
        raise PlanError(
            path,
            f"{path} has {len(value)} numbers, but the model gives {size} for each sample.",
            f"one for each {what}, {size}",
            f"Write {size} numbers.",
        )


def _check_reserved(data: TrainData, loss: Option[LossSpec], sizes: Sizes, path: str) -> None:
    name = loss.spec.reserved
    value, path = loss.params[name], join(path, name)
    for size in sizes.get("classes", ()):
        if value < size:
            continue
        problem = f"{path} is {value}, but the model gives {size} classes."
        raise PlanError(path, problem, f"a class number below {size}", f"Set {path} to 0.")
    if bool((data.train_y == value).any()):
        problem = f"The targets hold the class number {value}, which {path} has taken."
        raise PlanError(path, problem, "targets without it", f"Number the labels from 1, or set {path}.")


def _bind(layout: Layout, shape: SampleShape, sizes: Sizes) -> bool:
    """Whether a shape fits a layout and the sizes that its dims have elsewhere; notes those of its own."""
    names = layout[1:]
    single = names[:-1] if names[-1:] == (REST,) else names
    if len(shape) < len(single) or (single == names and len(shape) > len(names)):
        return False
    found: dict[str, tuple[int | str, ...]] = {
        name: (size,) for name, size in zip(single, shape, strict=False)
    }
    if single != names:
        found[REST] = tuple(shape[len(single) :])
    agree = all(_agree(sizes.get(name, size), size) for name, size in found.items())
    for name, size in found.items():
        known = tuple(each for each in size if isinstance(each, int))
        if len(known) == len(size):
            sizes.setdefault(name, known)
    return agree


def _agree(one: SampleShape, other: SampleShape) -> bool:
    """Whether two shapes may be the same; a name stands for any size."""
    if len(one) != len(other):
        return False
    return all(isinstance(a, str) or isinstance(b, str) or a == b for a, b in zip(one, other, strict=True))


def _listed(size: SampleShape) -> str:
    return str(size[0]) if len(size) == 1 else _shown(size)


def _shown(shape: SampleShape) -> str:
    return f"({', '.join(['N', *(str(dim) for dim in shape)])})"


def bound(shape: SampleShape, names: Mapping[str, int]) -> list[int | str]:
    """The shape with the sizes that are known by name."""
    return [names.get(dim, dim) if isinstance(dim, str) else dim for dim in shape]
