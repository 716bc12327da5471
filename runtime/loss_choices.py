"""The losses of torch.nn, and the focal loss, each with the outputs and the targets that it needs.

All give the mean over a batch, so `reduction` is no parameter.
"""

from __future__ import annotations

from dataclasses import replace

from graph.catalog.call import Params
from graph.catalog.params import Choice, Flag, Float, Int
from graph.catalog.spec import DOCS
from runtime.loss_spec import BALANCED, REST, TARGET, LossSpec, Needs, OutputNeed, TargetNeed
from runtime.options import Floats, table

NDIM = ("N", REST)
PER_CLASS = ("N", "classes")
PER_LABEL = ("N", "labels")
EMBEDDED = ("N", "features")

CLASS_NUMBERS = TargetNeed("class", NDIM, "class numbers 0, 1, 2, ...", "int64")
YES_NO = TargetNeed("binary", NDIM, "0 for no to 1 for yes")
NUMBERS = TargetNeed("value", NDIM, "numbers")
SIGNS = TargetNeed("sign", NDIM, "-1 or 1")

LOGITS = OutputNeed("logits", ("N", "classes", REST), "logit")
LOG_PROBABILITIES = OutputNeed(
    "log-probabilities", ("N", "classes", REST), "log-probability", high=0,
    remedy="Put a LogSoftmax before the Output",
)  # fmt: skip
PROBABILITIES = OutputNeed(
    "probabilities", NDIM, "probability", low=0, high=1, remedy="Put a Sigmoid before the Output"
)
PREDICTIONS = OutputNeed("predictions", NDIM)

CLASS_WEIGHT = Floats(
    name="weight", optional=True, min=0, choices=(BALANCED,),
    help="One number a class; balanced: rare classes weigh more.",
)  # fmt: skip
IGNORE_INDEX = Int(
    name="ignore_index", default=-100, min=-(2**31), help="A class number that does not count."
)


def _embedding(name: str) -> OutputNeed:
    return OutputNeed(name, EMBEDDED)


def _logs_of(needs: Needs, name: str) -> Needs:
    """The same, where the output is the logarithm of what it is otherwise."""
    return replace(needs, outputs=(OutputNeed(name, NDIM),))


def _some_weight(params: Params) -> tuple[str, str] | None:
    weight = params.weight
    if weight is not None and weight != BALANCED and not any(weight):
        return "weight", "at least one number above 0"
    return None


def _focal_alpha(params: Params) -> tuple[str, str] | None:
    alpha = params.alpha
    if alpha is None or alpha == BALANCED:
        return None
    if params.task == "binary" and (len(alpha) != 1 or alpha[0] > 1):
        return "alpha", "one number from 0 to 1, the weight of yes, as task is binary"
    return None if any(alpha) else ("alpha", "at least one number above 0")


CLASSES = Needs((LOGITS,), CLASS_NUMBERS)
VALUES = Needs((PREDICTIONS,), NUMBERS)
YES_NO_LOGITS = Needs((OutputNeed("logits", NDIM, "logit"),), YES_NO, yes_above=0)
DISTRIBUTION = Needs(
    (OutputNeed("log-probabilities", NDIM, "log-probability", high=0,
                remedy="Put a LogSoftmax before the Output"),),
    TargetNeed("distribution", NDIM, "probabilities that sum to 1 over dim 1"),
)  # fmt: skip
COUNTS = Needs(
    (OutputNeed("expected counts", NDIM, low=0, remedy="Put a Softplus before the Output"),),
    TargetNeed("count", NDIM, "counts of at least 0"),
)
TRIPLET = Needs(
    (_embedding("anchor"), _embedding("positive"), _embedding("negative")),
    TargetNeed("none", NDIM, "nothing else, so that any targets do"),
)
TRIPLET_ORDER = ("anchor", "positive", "negative")

CLASSIFICATION = (
    LossSpec(
        type="CrossEntropyLoss",
        help="One class of several; the model needs no softmax.",
        source=f"{DOCS}torch.nn.CrossEntropyLoss.html",
        params=(
            CLASS_WEIGHT,
            IGNORE_INDEX,
            Float(name="label_smoothing", default=0.0, min=0, max=1, help="Share spread over all classes."),
        ),
        rule=_some_weight,
        needs=CLASSES,
        per_dim=(("weight", "classes"),),
    ),
    LossSpec(
        type="NLLLoss",
        help="One class of several, for a model that ends with LogSoftmax.",
        source=f"{DOCS}torch.nn.NLLLoss.html",
        params=(CLASS_WEIGHT, IGNORE_INDEX),
        rule=_some_weight,
        needs=Needs((LOG_PROBABILITIES,), CLASS_NUMBERS),
        per_dim=(("weight", "classes"),),
    ),
    LossSpec(
        type="FocalLoss",
        help="Cross entropy that cares less for what is right already; for rare classes.",
        source="https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html",
        params=(
            Choice(
                name="task", default="multiclass", choices=("multiclass", "binary"),
                help="One class of several, or yes and no for each label.",
            ),
            Float(name="gamma", default=2.0, min=0, help="How much less; 0 is plain cross entropy."),
            Floats(
                name="alpha", optional=True, min=0, choices=(BALANCED,),
                help="One weight a class; for binary the weight of yes, 0 to 1.",
            ),
        ),
        rule=_focal_alpha,
        needs=CLASSES,
        variants=(("task", "binary", YES_NO_LOGITS),),
        per_dim=(("alpha", "classes"),),
    ),
    LossSpec(
        type="MultiMarginLoss",
        help="One class of several, whose score must lead all others by a margin.",
        source=f"{DOCS}torch.nn.MultiMarginLoss.html",
        params=(
            Int(name="p", default=1, max=2, help="Power of each shortfall, 1 or 2."),
            Float(name="margin", default=1.0, help="The lead that costs nothing."),
            CLASS_WEIGHT,
        ),
        rule=_some_weight,
        needs=Needs(
            (OutputNeed("scores", PER_CLASS, "score"),), replace(CLASS_NUMBERS, layout=("N",))
        ),
        per_dim=(("weight", "classes"),),
    ),
)  # fmt: skip

YES_OR_NO = (
    LossSpec(
        type="BCEWithLogitsLoss",
        help="Yes or no, once or for several labels; the model needs no sigmoid.",
        source=f"{DOCS}torch.nn.BCEWithLogitsLoss.html",
        params=(
            Floats(
                name="pos_weight", optional=True, min=0, choices=(BALANCED,),
                help="Weight of yes, for all labels or for each; balanced: no divided by yes.",
            ),
        ),
        needs=YES_NO_LOGITS,
        per_dim=(("pos_weight", REST),),
    ),
    LossSpec(
        type="BCELoss",
        help="Yes or no, for a model that ends with Sigmoid; BCEWithLogitsLoss is safer.",
        source=f"{DOCS}torch.nn.BCELoss.html",
        needs=Needs((PROBABILITIES,), YES_NO, yes_above=0.5),
    ),
    LossSpec(
        type="SoftMarginLoss",
        help="Yes or no as 1 and -1, once or for several labels.",
        source=f"{DOCS}torch.nn.SoftMarginLoss.html",
        needs=Needs((OutputNeed("logits", NDIM, "logit"),), SIGNS, yes_above=0),
    ),
    LossSpec(
        type="MultiLabelSoftMarginLoss",
        help="Yes or no for each of several labels, their mean.",
        source=f"{DOCS}torch.nn.MultiLabelSoftMarginLoss.html",
        params=(Floats(name="weight", optional=True, min=0, help="One number a label."),),
        rule=_some_weight,
        needs=Needs(
            (OutputNeed("logits", PER_LABEL, "logit"),), replace(YES_NO, layout=PER_LABEL), yes_above=0
        ),
        per_dim=(("weight", "labels"),),
    ),
    LossSpec(
        type="MultiLabelMarginLoss",
        help="Several classes of many, whose scores must lead those of all others.",
        source=f"{DOCS}torch.nn.MultiLabelMarginLoss.html",
        needs=Needs(
            (OutputNeed("scores", PER_CLASS, "score"),),
            TargetNeed("label-list", PER_CLASS, "the class numbers that apply, then -1", "int64"),
        ),
    ),
)  # fmt: skip

REGRESSION = (
    LossSpec(
        type="MSELoss",
        help="Mean squared error of predicted numbers.",
        source=f"{DOCS}torch.nn.MSELoss.html",
        needs=VALUES,
    ),
    LossSpec(
        type="L1Loss",
        help="Mean absolute error of predicted numbers; outliers matter less.",
        source=f"{DOCS}torch.nn.L1Loss.html",
        needs=VALUES,
    ),
    LossSpec(
        type="SmoothL1Loss",
        help="Squared for small errors, absolute for large ones.",
        source=f"{DOCS}torch.nn.SmoothL1Loss.html",
        params=(Float(name="beta", default=1.0, min=0, help="Error at which it changes; 0 is L1Loss."),),
        needs=VALUES,
    ),
    LossSpec(
        type="HuberLoss",
        help="Squared for small errors, absolute for large ones, delta times SmoothL1Loss.",
        source=f"{DOCS}torch.nn.HuberLoss.html",
        params=(Float(name="delta", default=1.0, above=0, help="Error at which it changes."),),
        needs=VALUES,
    ),
    LossSpec(
        type="GaussianNLLLoss",
        help="Predicts numbers and how sure it is: a mean and a variance.",
        source=f"{DOCS}torch.nn.GaussianNLLLoss.html",
        params=(
            Flag(name="full", help="Add the constant of the normal distribution."),
            Float(name="eps", default=1e-6, above=0, help="Least variance."),
        ),
        needs=Needs(
            (
                OutputNeed("mean", NDIM),
                OutputNeed("variance", NDIM, low=0, remedy="Put a Softplus before that Output"),
            ),
            NUMBERS,
        ),
        arguments=("mean", TARGET, "variance"),
    ),
    LossSpec(
        type="PoissonNLLLoss",
        help="Predicts how many: counts of at least 0.",
        source=f"{DOCS}torch.nn.PoissonNLLLoss.html",
        params=(
            Flag(name="log_input", default=True, help="The model gives logarithms of the expected counts."),
            Flag(name="full", help="Add the part that depends on the counts alone."),
            Float(name="eps", default=1e-8, above=0, help="Keeps log(0) away where log_input is off."),
        ),
        needs=_logs_of(COUNTS, "logarithms of expected counts"),
        variants=(("log_input", False, COUNTS),),
    ),
    LossSpec(
        type="KLDivLoss",
        help="How far one distribution is from another, for a model that ends with LogSoftmax.",
        source=f"{DOCS}torch.nn.KLDivLoss.html",
        params=(
            Flag(name="log_target", help="The targets are logarithms, too."),
        ),
        fixed=(("reduction", "batchmean"),),  # the divergence as it is defined, and what "mean" is to become
        needs=DISTRIBUTION,
        variants=(
            ("log_target", True, replace(
                DISTRIBUTION,
                target=TargetNeed("log-distribution", NDIM, "logarithms of probabilities"),
            )),
        ),
    ),
)  # fmt: skip

COMPARISON = (
    LossSpec(
        type="CosineEmbeddingLoss",
        help="Turns two embeddings the same way (1) or apart (-1).",
        source=f"{DOCS}torch.nn.CosineEmbeddingLoss.html",
        params=(Float(name="margin", default=0.0, min=-1, max=1, help="Cosine that is apart enough."),),
        needs=Needs(
            (_embedding("first"), _embedding("second")), TargetNeed("pair", ("N",), "1 if alike, else -1")
        ),
        arguments=("first", "second", TARGET),
    ),
    LossSpec(
        type="HingeEmbeddingLoss",
        help="Makes the distance of a pair small (1) or large (-1).",
        source=f"{DOCS}torch.nn.HingeEmbeddingLoss.html",
        params=(Float(name="margin", default=1.0, help="Distance that is large enough."),),
        needs=Needs((OutputNeed("distances", NDIM),), SIGNS),
    ),
    LossSpec(
        type="MarginRankingLoss",
        help="Ranks the first score above the second (1) or below it (-1).",
        source=f"{DOCS}torch.nn.MarginRankingLoss.html",
        params=(Float(name="margin", default=0.0, help="The lead that costs nothing."),),
        needs=Needs((OutputNeed("first", NDIM), OutputNeed("second", NDIM)), SIGNS),
        arguments=("first", "second", TARGET),
    ),
    LossSpec(
        type="TripletMarginLoss",
        help="Brings an anchor closer to a positive than to a negative example.",
        source=f"{DOCS}torch.nn.TripletMarginLoss.html",
        params=(
            Float(name="margin", default=1.0, above=0, help="How much closer is close enough."),
            Float(name="p", default=2.0, above=0, help="Which norm is the distance."),
            Float(name="eps", default=1e-6, min=0, help="Keeps the distance away from 0."),
            Flag(name="swap", help="Use the negative's distance to the positive where it is smaller."),
        ),
        needs=TRIPLET,
        arguments=TRIPLET_ORDER,
    ),
    LossSpec(
        type="TripletMarginWithDistanceLoss",
        help="Brings an anchor closer to a positive than to a negative example, by a distance of choice.",
        source=f"{DOCS}torch.nn.TripletMarginWithDistanceLoss.html",
        params=(
            Choice(
                name="distance_function", default="euclidean",
                choices=("euclidean", "manhattan", "cosine"), help="What close means.",
            ),
            Float(name="margin", default=1.0, above=0, help="How much closer is close enough."),
            Flag(name="swap", help="Use the negative's distance to the positive where it is smaller."),
        ),
        needs=TRIPLET,
        arguments=TRIPLET_ORDER,
    ),
)  # fmt: skip

SEQUENCES = (
    LossSpec(
        type="CTCLoss",
        help="Reads a sequence of labels from a longer one of outputs, wherever each label stands.",
        source=f"{DOCS}torch.nn.CTCLoss.html",
        params=(
            Int(name="blank", default=0, min=0, help="The class number that means no label."),
            Flag(name="zero_infinity", help="Count outputs too short for their labels as 0."),
        ),
        needs=Needs(
            (
                OutputNeed(
                    "log-probabilities", ("N", "T", "classes"), "log-probability", high=0,
                    remedy="Put a LogSoftmax over dim 2 before the Output",
                ),
            ),
            TargetNeed("sequence", ("N", "S"), "class numbers, then -1", "int64"),
        ),
        at_least=(("T", "S"),),
        reserved="blank",
    ),
)  # fmt: skip

LOSSES = table([*CLASSIFICATION, *YES_OR_NO, *REGRESSION, *COMPARISON, *SEQUENCES])
