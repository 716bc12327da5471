"""Whether sizes suit what flows through: windows and maps, features typed by hand, outputs nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from graph.catalog.rules import as_tuple
from graph.catalog.spec import DOCS, PortSpec
from graph.document import Node, PortRef
from graph.edits import Connect, Disconnect, SetParams
from graph.lint.context import LintContext
from graph.lint.reach import Reach
from graph.lint.rewiring import insert, remove
from graph.lint.rule import Finding, LayerRule
from graph.lint.window import Window, window_of
from graph.problems import Fix, shown
from graph.replacing import ReplaceType

WIDE = 5  # a window of this size and more is meant to look around
PASSES_PIXELS = ("activation", "dropout", "norm")


def _passes_pixels(context: LintContext, node: Node) -> bool:
    return context.has(node, *PASSES_PIXELS)


def _pixels(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))


def _as_param(values: tuple[int, ...]) -> int | list[int]:
    """One number where all sides have the same."""
    return values[0] if len(set(values)) == 1 else list(values)


def _large_kernels(context: LintContext, conv: Node) -> Iterator[Finding]:
    window = window_of(context, conv)
    if window is None or max(window.taken) == 1 or not _is_too_wide(window):
        return
    size = _pixels(window.taken)
    dilated = " with its dilation" if window.reach != window.kernel else ""
    fix = _smaller_kernel(context, conv, window)
    yield Finding(
        node=conv,
        what=f"its window spans {_pixels(window.reach)} pixels{dilated}, but the map has {size}",
        expected=f"a window of at most {size}",
        hint=fix.label if fix else "Use a smaller kernel_size, or a larger map",
        fixes=(fix,) if fix else (),
        param="kernel_size",
    )


def _is_too_wide(window: Window) -> bool:
    """Whether a window is wider than its map by more than 3x3 filters on the smallest maps are."""
    sides = zip(window.reach, window.kernel, window.taken, strict=True)
    return any(reach > size and (kernel >= WIDE or reach >= 2 * size) for reach, kernel, size in sides)


def _smaller_kernel(context: LintContext, conv: Node, window: Window) -> Fix | None:
    """A window that fits in, with as much less padding, so that the output keeps its size."""
    params = context.params(conv)
    sides = len(window.kernel)
    dilation = as_tuple(params["dilation"], sides)
    ends = zip(window.kernel, window.reach, window.taken, dilation, strict=True)
    kernel = tuple(_narrowed(*end) for end in ends)
    reach = tuple(step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True))
    if any(span > size for span, size in zip(reach, window.taken, strict=True)):
        return None
    values: dict[str, object] = {"kernel_size": _as_param(kernel)}
    if not isinstance(params["padding"], str):
        given = as_tuple(params["padding"], sides)
        changes = zip(given, window.kernel, kernel, dilation, strict=True)
        padding = tuple(pad - step * (wide - small) // 2 for pad, wide, small, step in changes)
        if min(padding) < 0:
            return None
        values["padding"] = _as_param(padding)
    label = "Set " + ", ".join(f"{name} = {shown(value)}" for name, value in values.items())
    return Fix(label, (SetParams(conv.id, values),))


def _narrowed(kernel: int, reach: int, size: int, step: int) -> int:
    """A window with as many taps less on both ends as lets it fit into a side, if it can."""
    pairs = max(0, -(-(reach - size) // (2 * step)))
    return kernel - 2 * min(pairs, (kernel - 1) // 2)


KERNEL_LARGER_THAN_MAP = LayerRule(
    code="kernel-larger-than-map",
    title="Windows no larger than their map",
    severity="warning",
    why=(
        "Where a window is larger than the map, part of it always lies on the padding and meets nothing but "
        "zeros. Those weights cost memory and time and see little or nothing of the picture."
    ),
    source=f"{DOCS}torch.nn.Conv2d.html",
    at=("convolution",),
    find=_large_kernels,
)


def _wide_strides(context: LintContext, layer: Node) -> Iterator[Finding]:
    window = window_of(context, layer)
    if window is None or max(window.kernel) == 1:  # 1x1 with a stride is meant to pick single pixels
        return
    sides = list(zip(window.stride, window.reach, window.given, strict=True))
    if not any(stride > reach and size > 1 for stride, reach, size in sides):
        return
    stride = _as_param(tuple(min(stride, reach) for stride, reach, _ in sides))
    edit = SetParams(layer.id, {"stride": stride})
    yield Finding(
        node=layer,
        what=f"its window spans {_pixels(window.reach)} pixels and moves on by "
        f"{_pixels(window.stride)}, so pixels between are never looked at",
        expected="a stride no larger than the window",
        hint=f"Set stride = {shown(stride)}",
        fixes=(Fix(f"Set stride = {shown(stride)}", (edit,)),),
        param="stride",
    )


STRIDE_SKIPS_PIXELS = LayerRule(
    code="stride-skips-pixels",
    title="Strides no larger than the window",
    severity="warning",
    why=(
        "With a stride larger than its window, a layer steps over rows and columns. What stands there has "
        "no influence on the answer at all, and a picture moved by one pixel looks quite different to the "
        "network."
    ),
    source=f"{DOCS}torch.nn.MaxPool2d.html",
    at=("convolution", "pooling"),
    find=_wide_strides,
)


def _early_ends(context: LintContext, layer: Node) -> Iterator[Finding]:
    window = window_of(context, layer)
    if window is None or prod(window.given) > 1 or prod(window.taken) == 1:
        return
    reader = _next_reader(context, layer)
    if reader is None:
        return
    fixes = _keep_size(context, layer)
    yield Finding(
        node=layer,
        what=f"it shrinks the map from {_pixels(window.taken)} to a single pixel, but {reader.name} "
        "behind it still looks for neighbours",
        expected="a map that is larger than one pixel until the last convolution",
        hint=f"{fixes[0].label if fixes else 'Pool less'}, or begin with a larger picture",
        fixes=fixes,
    )


def _next_reader(context: LintContext, layer: Node) -> Node | None:
    """The next convolution with a window of several pixels that reads what a layer gives."""
    queue, seen = [layer], {layer.id}
    for node in queue:
        for reader in context.downstream(node):
            if _looks_around(context, reader):
                return reader
            if _hands_pixels_on(context, reader) and reader.id not in seen:
                seen.add(reader.id)
                queue.append(reader)
    return None


def _looks_around(context: LintContext, node: Node) -> bool:
    """Whether a layer is a convolution with a window of several pixels."""
    window = window_of(context, node) if context.has(node, "convolution") else None
    return window is not None and max(window.kernel) > 1


def _hands_pixels_on(context: LintContext, node: Node) -> bool:
    """Whether a layer gives a pixel for each pixel, without a look at its neighbours."""
    is_plain = _passes_pixels(context, node) or context.has(node, "convolution")
    return is_plain and not _looks_around(context, node)


def _keep_size(context: LintContext, layer: Node) -> tuple[Fix, ...]:
    if not context.has(layer, "pooling"):
        edit = SetParams(layer.id, {"padding": "same"}, reset=("stride",))
        return (Fix("Keep the size with padding = 'same'", (edit,)),)
    is_plain = len(context.inference.result(layer.id).outputs) == 1
    return (remove(context, layer),) if is_plain else ()


SHRUNK_TOO_EARLY = LayerRule(
    code="shrunk-too-early",
    title="A map until the last convolution",
    severity="warning",
    why=(
        "A convolution finds patterns of neighbouring pixels. On a map of one pixel there are no "
        "neighbours: all weights but the middle one meet padding. Shrink in fewer steps, so that the last "
        "convolution still sees a map."
    ),
    source=f"{DOCS}torch.nn.Conv2d.html",
    at=("convolution", "pooling"),
    reach=Reach(ahead=1, past=_hands_pixels_on),
    find=_early_ends,
)


def _typed_sizes(context: LintContext, node: Node) -> Iterator[Finding]:
    if context.has(node, "affine"):
        yield from _typed_features(context, node)
    if context.has(node, "reshapes"):
        yield from _typed_shape(context, node)


def _typed_features(context: LintContext, linear: Node) -> Iterator[Finding]:
    given = linear.params.get("in_features")
    flatten = _flatten_before(context, linear) if given is not None else None
    if flatten is None or not context.params(linear):
        return
    clear = SetParams(linear.id, reset=("in_features",))
    yield Finding(
        node=linear,
        what=f"in_features = {shown(given)} is typed in and fits maps {context.taken(flatten)} alone",
        expected="a size that follows from the input",
        hint="Clear in_features, or average the maps before the Flatten",
        fixes=(Fix("Clear in_features", (clear,)), _average_first(context, flatten, clear)),
        param="in_features",
    )


def _typed_shape(context: LintContext, reshape: Node) -> Iterator[Finding]:
    tensor = context.given(reshape)
    is_typed = -1 not in context.params(reshape).get("shape", (-1,))
    if tensor is not None and tensor.ndim == 2 and is_typed and _is_open_map(context, reshape):
        edit = ReplaceType(reshape.id, "Flatten", {})
        yield Finding(
            node=reshape,
            what=f"its size {tensor.shape[1]} is typed in and fits maps {context.taken(reshape)} alone",
            expected="a Flatten, whose size follows from the input",
            hint="Replace it with a Flatten, or average the maps with an AdaptiveAvgPool before it",
            fixes=(Fix(edit.label, (edit,)),),
            param="shape",
        )


def _flatten_before(context: LintContext, linear: Node) -> Node | None:
    """The Flatten that makes a layer's features of a map whose size depends on the picture."""
    node = context.before(linear)
    while node is not None and _passes_pixels(context, node):
        node = context.before(node)
    return node if node and context.has(node, "flattens") and _is_open_map(context, node) else None


def _is_open_map(context: LintContext, node: Node) -> bool:
    """Whether a layer takes feature maps of several pixels that no adaptive pooling has brought to size."""
    tensor = context.taken(node)
    if tensor is None or not tensor.is_map or not all(isinstance(dim, int) for dim in tensor.shape[1:]):
        return False
    before = context.before(node)
    while before is not None and _passes_pixels(context, before):
        before = context.before(before)
    return tensor.shape[2:] != (1,) * (tensor.ndim - 2) and not context.has(before, "fixed-size")


def _average_first(context: LintContext, flatten: Node, clear: SetParams) -> Fix:
    (edge,) = context.graph.incoming(flatten.id).values()
    tensor = context.taken(flatten)
    assert tensor is not None
    pooling = insert(edge, f"AdaptiveAvgPool{tensor.ndim - 2}d", {"output_size": 1})
    return Fix(pooling.label, (*pooling.edits, clear))


HARD_CODED_SIZE = LayerRule(
    code="hard-coded-size",
    title="Sizes that follow from the input",
    severity="info",
    why=(
        "A number such as 64*5*5 holds for one picture size and one stack of layers: change either and it "
        "is wrong. Left out, it is computed. An AdaptiveAvgPool2d(1) before the Flatten goes further and "
        "takes pictures of any size."
    ),
    source=f"{DOCS}torch.nn.AdaptiveAvgPool2d.html",
    at=("affine", "reshapes"),
    reach=Reach(back=2, past=_passes_pixels),
    find=_typed_sizes,
)


def _unread_outputs(context: LintContext, node: Node) -> Iterator[Finding]:
    if len(context.inference.result(node.id).outputs) == 1:
        return
    ports = _expected_outputs(context, node)
    read = {edge.source.port for edge in context.readers(node)} & ports.keys()
    unread = [name for name in ports if name not in read]
    if read and unread:
        yield Finding(
            node=node,
            what=f"nothing reads its output{'s' if unread[1:] else ''} {', '.join(unread)}",
            expected="an edge from each output",
            hint="Connect it, or leave that part out",
            fixes=_leave_out(context, node, [ports[name] for name in unread], read),
        )


def _leave_out(context: LintContext, node: Node, unread: list[PortSpec], read: set[str]) -> tuple[Fix, ...]:
    """Outputs no longer asked for, or a Slice where a single one of the parts of a dim is read."""
    on_wish = [port.when for port in unread if port.when]
    if len(on_wish) == len(unread):
        return (Fix(f"Clear {', '.join(on_wish)}", (SetParams(node.id, reset=on_wish),)),)
    part = _part(context, node, *read) if all(port.variadic for port in unread) and len(read) == 1 else None
    if part is None:
        return ()
    replace, edges = ReplaceType(node.id, "Slice", part), context.readers(node)
    joined = (Connect(PortRef(node.id, "out"), edge.target) for edge in edges)
    return (Fix(replace.label, (Disconnect(edges), replace, *joined)),)


def _part(context: LintContext, node: Node, port: str) -> dict[str, object] | None:
    """The parameters of a Slice that is one of the parts of a dim; None if a layer gives no such parts."""
    outputs, dim = context.inference.result(node.id).outputs, context.params(node).get("dim")
    sizes = [tensor.shape[dim] for tensor in outputs.values() if tensor and dim is not None]
    if len(sizes) < len(outputs) or not all(isinstance(size, int) for size in sizes):
        return None
    place = list(outputs).index(port)
    start = sum(sizes[:place])
    return {"dim": dim, "start": start, "end": start + sizes[place] if sizes[place + 1 :] else None}


def _expected_outputs(context: LintContext, node: Node) -> dict[str, PortSpec]:
    """The outputs of a node that are there to be read, by name."""
    spec = context.spec(node)
    ports = (
        {name: spec.output_port(name) for name in context.inference.result(node.id).outputs} if spec else {}
    )
    return {name: port for name, port in ports.items() if port is not None and not port.optional}


UNREAD_OUTPUT = LayerRule(
    code="unread-output",
    title="Every output read",
    severity="info",
    why=(
        "What an output gives and nobody reads is computed for nothing. Most often an edge was forgotten, "
        "and a part of the data never arrives."
    ),
    source="https://docs.pytorch.org/docs/stable/notes/modules.html",
    find=_unread_outputs,
)

RULES = (KERNEL_LARGER_THAN_MAP, STRIDE_SKIPS_PIXELS, SHRUNK_TOO_EARLY, HARD_CODED_SIZE, UNREAD_OUTPUT)
