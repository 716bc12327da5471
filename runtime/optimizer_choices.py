"""The optimizers a plan can name, each with the parameters that PyTorch's class has; needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graph.catalog.call import Params
from graph.catalog.params import Choice, Flag, Float, Int, ParamSpec, Value
from graph.catalog.spec import DOCS
from runtime.options import Floats, OptionSpec, table

DECAY_ALL = "decay_norm_and_bias"
MUON = "Muon"
SPARSE_ADAM = "SparseAdam"
NO_SEARCH = "none"


@dataclass(frozen=True)
class Companion:
    """An optimizer for the weights that another does not take.

    Args:
        type: which.
        shares: the parameters that it is given the same values of; the others stay at their defaults.
    """

    type: str
    shares: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OptimizerSpec(OptionSpec):
    """An optimizer.

    Args:
        fused_on: kinds of devices that PyTorch has a fused kernel for.
        fused_with_scaler: whether that kernel survives a step that the fp16 gradient scaler skips.
        states: how many numbers it remembers of each weight, at most.
        evaluates: whether it moves all weights together, and works the loss of a batch out several times
            in a step.
        takes_sparse: whether it takes the sparse gradients of an embedding.
        companion: moves the weights that are not for this one; None where it takes all.
    """

    fused_on: tuple[str, ...] = ()
    fused_with_scaler: bool = True
    states: Callable[[Params], int]
    evaluates: bool = False
    takes_sparse: bool = False
    companion: Companion | None = None

    @property
    def has_momentum(self) -> bool:
        """Whether a schedule can move its momentum, or the first of its betas."""
        return any(param.name in ("momentum", "betas") for param in self.params)

    def arguments(self, params: Params) -> dict[str, Value]:
        """The keywords that PyTorch's class is called with."""
        own = {name: value for name, value in params.items() if name != DECAY_ALL}
        return {name: None if value == NO_SEARCH else value for name, value in own.items()}


def _nesterov_needs_momentum(params: Params) -> tuple[str, str] | None:
    if params.nesterov and (params.momentum == 0 or params.dampening != 0):
        return "nesterov", "false, or a momentum above 0 with dampening 0"
    return None


def _etas_shrink_and_grow(params: Params) -> tuple[str, str] | None:
    shrink, grow = params.etas
    return None if 0 < shrink < 1 < grow else ("etas", "a number between 0 and 1, and one above 1")


def _moments(params: Params) -> int:
    """The running mean of the gradient, that of its square, and the largest of those if asked for."""
    return 3 if params.get("amsgrad") else 2


def _velocity(params: Params) -> int:
    return 1 if params.momentum else 0


def _squares(params: Params) -> int:
    """The running square, and what momentum and centering add."""
    return 1 + bool(params.momentum) + bool(params.centered)


def _one(params: Params) -> int:
    return 1


def _two(params: Params) -> int:
    return 2


def _curvature(params: Params) -> int:
    """The last changes of weights and of gradients, the direction, the gradient, a copy of the weights."""
    return 2 * int(params.history_size) + 3


def _learning_rate(default: float) -> Float:
    return Float(name="lr", default=default, min=0, help="Learning rate.")


def _eps(default: float) -> Float:
    return Float(name="eps", default=default, min=0, help="Keeps the division by the running square from 0.")


def _weight_decay(default: float = 0.0, text: str = "L2 penalty.") -> tuple[ParamSpec, ...]:
    return (
        Float(name="weight_decay", default=default, min=0, help=text),
        Flag(
            name=DECAY_ALL, default=True,
            help="Let weight_decay act on biases and norms too, as PyTorch does.",
        ),
    )  # fmt: skip


BETAS = Floats(
    name="betas", default=(0.9, 0.999), length=2, min=0, below=1,
    help="Decay of the running mean of the gradient and of its square.",
)  # fmt: skip
AMSGRAD = Flag(name="amsgrad", help="Divide by the largest running square so far.")
DECOUPLED = Flag(name="decoupled_weight_decay", help="Decay the weights themselves, as AdamW does.")


def _momentum(text: str = "Share of the last step kept.") -> Float:
    return Float(name="momentum", default=0.0, min=0, help=text)


OPTIMIZERS: Mapping[str, OptimizerSpec] = table([
    OptimizerSpec(
        type="AdamW",
        help="Adam with decoupled weight decay; a safe first choice.",
        source=f"{DOCS}torch.optim.AdamW.html",
        params=(
            _learning_rate(0.001), BETAS, _eps(1e-8),
            *_weight_decay(0.01, "Decay of the weights themselves."), AMSGRAD,
        ),
        fused_on=("cpu", "cuda"),
        states=_moments,
    ),
    OptimizerSpec(
        type="Adam",
        help="Steps scaled by running moments of the gradient.",
        source=f"{DOCS}torch.optim.Adam.html",
        params=(_learning_rate(0.001), BETAS, _eps(1e-8), *_weight_decay(), AMSGRAD, DECOUPLED),
        fused_on=("cpu", "cuda"),
        states=_moments,
    ),
    OptimizerSpec(
        type="SGD",
        help="Gradient descent, with momentum if wanted.",
        source=f"{DOCS}torch.optim.SGD.html",
        params=(
            _learning_rate(0.001),
            _momentum(),
            Float(name="dampening", default=0.0, help="Share of the gradient held back from the momentum."),
            *_weight_decay(),
            Flag(name="nesterov", help="Look ahead along the momentum."),
        ),
        rule=_nesterov_needs_momentum,
        fused_on=("cpu", "cuda"),
        fused_with_scaler=False,  # a skipped first step leaves its momentum uninitialised
        states=_velocity,
        takes_sparse=True,
    ),
    OptimizerSpec(
        type="NAdam",
        help="Adam that looks ahead along its momentum, as Nesterov does.",
        source=f"{DOCS}torch.optim.NAdam.html",
        params=(
            _learning_rate(0.002), BETAS, _eps(1e-8), *_weight_decay(),
            Float(name="momentum_decay", default=0.004, min=0, help="How fast the momentum warms up."),
            DECOUPLED,
        ),
        states=_two,
    ),
    OptimizerSpec(
        type="RAdam",
        help="Adam that holds its first steps back until the running square is reliable.",
        source=f"{DOCS}torch.optim.RAdam.html",
        params=(_learning_rate(0.001), BETAS, _eps(1e-8), *_weight_decay(), DECOUPLED),
        states=_two,
    ),
    OptimizerSpec(
        type="Adamax",
        help="Adam that divides by the largest gradient so far, which fades, instead of the running square.",
        source=f"{DOCS}torch.optim.Adamax.html",
        params=(_learning_rate(0.002), BETAS, _eps(1e-8), *_weight_decay()),
        states=_two,
    ),
    OptimizerSpec(
        type="Adafactor",
        help="Adam's scaling with running squares of rows and columns only; for models that hardly fit.",
        source=f"{DOCS}torch.optim.Adafactor.html",
        params=(
            _learning_rate(0.01),
            Float(name="beta2_decay", default=-0.8, max=0, help="Power of the step that the decay follows."),
            Floats(
                name="eps", default=(None, 0.001), length=2, min=0, gaps=True,
                help="Keeps squares from 0 (none: by the dtype), and the least size that steps relate to.",
            ),
            Float(name="d", default=1.0, min=1, help="Where large updates are clipped."),
            *_weight_decay(0.0, "Decay of the weights themselves."),
        ),
        states=_one,
    ),
    OptimizerSpec(
        type="RMSprop",
        help="Steps scaled by the running square of the gradient; long used for recurrent networks.",
        source=f"{DOCS}torch.optim.RMSprop.html",
        params=(
            _learning_rate(0.01),
            Float(name="alpha", default=0.99, min=0, max=1, help="Decay of the running square."),
            _eps(1e-8), *_weight_decay(), _momentum(),
            Flag(name="centered", help="Divide by the running variance instead of the square."),
        ),
        states=_squares,
    ),
    OptimizerSpec(
        type="Adagrad",
        help="Steps scaled by the sum of all squared gradients: they shrink with time.",
        source=f"{DOCS}torch.optim.Adagrad.html",
        params=(
            _learning_rate(0.01),
            Float(name="lr_decay", default=0.0, min=0, help="Lowers the learning rate with every step."),
            *_weight_decay(),
            Float(name="initial_accumulator_value", default=0.0, min=0, help="What the sum starts from."),
            _eps(1e-10),
        ),
        fused_on=("cpu",),
        states=_one,
        takes_sparse=True,
    ),
    OptimizerSpec(
        type="Adadelta",
        help="Steps scaled by the running squares of gradients and of steps.",
        source=f"{DOCS}torch.optim.Adadelta.html",
        params=(
            _learning_rate(1.0),
            Float(name="rho", default=0.9, min=0, max=1, help="Decay of the running squares."),
            _eps(1e-6), *_weight_decay(),
        ),
        states=_two,
    ),
    OptimizerSpec(
        type="ASGD",
        help="Gradient descent that also averages the weights it passes.",
        source=f"{DOCS}torch.optim.ASGD.html",
        params=(
            _learning_rate(0.01),
            Float(name="lambd", default=1e-4, min=0, help="Decay of the weights and of the learning rate."),
            Float(name="alpha", default=0.75, min=0, max=1, help="Power of the learning rate's decay."),
            Float(name="t0", default=1e6, min=0, help="The step from which on it averages."),
            *_weight_decay(),
        ),
        states=_one,
    ),
    OptimizerSpec(
        type="Rprop",
        help="Looks at the signs of gradients only; for training with the whole data in one batch.",
        source=f"{DOCS}torch.optim.Rprop.html",
        params=(
            _learning_rate(0.01),
            Floats(
                name="etas", default=(0.5, 1.2), length=2, min=0,
                help="Factors of a step where the sign turned, and where it stayed.",
            ),
            Floats(
                name="step_sizes", default=(1e-6, 50.0), length=2, min=0, help="The least and largest step."
            ),
        ),
        rule=_etas_shrink_and_grow,
        states=_two,
    ),
    OptimizerSpec(
        type=MUON,
        help="Momentum made orthogonal for all matrices but embeddings; AdamW at the same rate for the rest.",
        source=f"{DOCS}torch.optim.Muon.html",
        params=(
            _learning_rate(0.001),
            *_weight_decay(0.1, "Decay of the weights themselves."),
            Float(name="momentum", default=0.95, min=0, help="Share of the last step kept."),
            Flag(name="nesterov", default=True, help="Look ahead along the momentum."),
            Floats(
                name="ns_coefficients", default=(3.4445, -4.775, 2.0315), length=3,
                help="Of the polynomial that makes a matrix orthogonal.",
            ),
            Float(name="eps", default=1e-7, min=0, help="Keeps the division by a matrix's norm from 0."),
            Int(name="ns_steps", default=5, max=99, help="How often that polynomial is applied."),
            Choice(
                name="adjust_lr_fn", default="original", choices=("original", "match_rms_adamw"),
                help="How a step depends on a matrix's shape; match_rms_adamw suits rates tuned for AdamW.",
            ),
        ),
        states=_two,
        companion=Companion("AdamW", ("lr", "weight_decay")),
    ),
    OptimizerSpec(
        type=SPARSE_ADAM,
        help="Adam that moves only the rows of sparse embeddings that a batch reads; Adam for the rest.",
        source=f"{DOCS}torch.optim.SparseAdam.html",
        params=(
            Float(name="lr", default=0.001, above=0, help="Learning rate."),
            BETAS,
            Float(name="eps", default=1e-8, above=0, help="Keeps the division by the running square from 0."),
        ),
        states=_two,
        takes_sparse=True,
        companion=Companion("Adam", ("lr", "betas", "eps")),
    ),
    OptimizerSpec(
        type="LBFGS",
        help="Learns the curvature, evaluating a batch several times; for small data in one batch.",
        source=f"{DOCS}torch.optim.LBFGS.html",
        params=(
            _learning_rate(1.0),
            Int(name="max_iter", default=20, help="Iterations in a step."),
            Int(name="max_eval", optional=True, help="Evaluations in a step; none: 1.25 for an iteration."),
            Float(name="tolerance_grad", default=1e-7, min=0, help="Largest gradient that ends a step."),
            Float(name="tolerance_change", default=1e-9, min=0, help="Least change of loss or weights."),
            Int(name="history_size", default=100, help="Changes it remembers, two numbers a weight each."),
            Choice(
                name="line_search_fn", default=NO_SEARCH, choices=(NO_SEARCH, "strong_wolfe"),
                help="How it finds the length of a step; none takes lr.",
            ),
        ),
        states=_curvature,
        evaluates=True,
        takes_sparse=True,
    ),
])  # fmt: skip
