"""Which data a plan trains on and how it is split, prepared and fed; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph.catalog.params import Choice, Flag, Float, Int, ParamSpec, Value
from runtime.data.source_choices import SOURCES
from runtime.data.specs import SourceSpec, TransformSpec
from runtime.data.transform_choices import AUTO, TRANSFORMS
from runtime.options import (
    Option,
    PlanError,
    checked,
    join,
    parse_option,
    require_known,
    require_mapping,
    shown,
)

__all__ = ["SETTINGS", "SHARED_KEYS", "SOURCES", "TRANSFORMS", "DataPlan", "Transforms"]

DEFAULT_VAL_FRACTION = 0.2
TARGETS = ("label", "input", "clean input")
FEEDS = ("auto", "memory", "cache", "stream")

SETTINGS: tuple[ParamSpec, ...] = (
    Float(
        name="val_fraction", optional=True, min=0, max=0.99,
        help="Share of the training samples to validate on; empty takes the source's own split, else 0.2.",
    ),
    Flag(name="stratify", help="Hold back the same share of every class."),
    Choice(
        name="target", default="label", choices=TARGETS,
        help="What the model learns: the label, its input, or its input without random transforms.",
    ),
    Choice(
        name="feed", default="auto", choices=FEEDS,
        help="Where samples wait: decoded in memory, decoded in a file, or decoded anew in every epoch.",
    ),
    Int(name="workers", optional=True, min=0, max=256, help="Processes that decode; empty: as many as suit."),
    Int(
        name="memory_mb", optional=True, min=1, max=100_000_000,
        help="Megabytes that decoded samples may take; empty: half of what is free.",
    ),
)  # fmt: skip
SHARED_KEYS = ("source", *(spec.name for spec in SETTINGS), "transforms")
TRANSFORM_KEYS = ("train", "eval")

Transforms = tuple[Option[TransformSpec], ...]


@dataclass(frozen=True)
class DataPlan:
    """Which data to train on and how it is split, prepared and fed.

    Args:
        source: where it comes from.
        val_fraction: share of the training samples held back; None takes the source's own split, else 0.2.
        stratify: whether the same share of every class is held back.
        target: what the model learns, one of TARGETS.
        feed: where samples wait, one of FEEDS.
        workers: processes that decode; None takes as many as suit.
        memory_mb: megabytes that decoded samples may take; None is half of what is free.
        train_transforms: applied to the training samples, in this order.
        own_eval_transforms: applied to the validation samples; None when they follow from those of training.
    """

    source: Option[SourceSpec]
    val_fraction: float | None = None
    stratify: bool = False
    target: str = "label"
    feed: str = "auto"
    workers: int | None = None
    memory_mb: int | None = None
    train_transforms: Transforms = ()
    own_eval_transforms: Transforms | None = None

    @property
    def eval_transforms(self) -> Transforms:
        """What is applied to the validation samples: never anything random."""
        if self.own_eval_transforms is not None:
            return self.own_eval_transforms
        return tuple(step for option in self.train_transforms for step in _in_eval(option))

    @property
    def num_classes(self) -> int | None:
        """How many classes the data has, where that is known without reading it."""
        if self.target != "label":
            return None
        chosen: int | None = self.source.params.get("num_classes")
        return self.source.spec.num_classes or chosen

    @classmethod
    def from_mapping(cls, value: Value, path: str = "data") -> DataPlan:
        """The plan that the `data` of a project file stands for; a bare name is a source.

        Raises:
            PlanError: the first mistake in it.
        """
        default = {"source": next(iter(SOURCES))}
        mapping = {"source": value} if isinstance(value, str) else require_mapping(value, path, default)
        own = {name: item for name, item in mapping.items() if name == "source" or name not in SHARED_KEYS}
        named = {name: item for name, item in own.items() if name == "source"}
        source = parse_option(named, path, SOURCES, key="source").spec
        known = [*SHARED_KEYS, *(spec.name for spec in source.params)]
        require_known(mapping, known, path, f"a setting of {source.type}")
        chains = require_mapping(mapping.get("transforms", {}), join(path, "transforms"), {"train": []})
        require_known(chains, TRANSFORM_KEYS, join(path, "transforms"), "a chain of transforms")
        settings: dict[str, Any] = {
            spec.name: checked(spec, mapping[spec.name], join(path, spec.name))
            for spec in SETTINGS
            if spec.name in mapping
        }
        train = _parse_chain(chains.get("train", []), join(path, "transforms.train"))
        return cls(
            source=parse_option(own, path, SOURCES, key="source"),
            train_transforms=train,
            own_eval_transforms=None
            if chains.get("eval") is None
            else _parse_eval(chains["eval"], join(path, "transforms.eval"), train),
            **settings,
        )

    def to_mapping(self, *, defaults: bool = False) -> dict[str, Value]:
        """The plan as the project file writes it, defaults left out unless asked for."""
        mapping = self.source.to_mapping(key="source", defaults=defaults)
        for spec in SETTINGS:
            value = getattr(self, spec.name)
            if value != spec.default or defaults:
                mapping[spec.name] = value
        chains = {"train": self.train_transforms, "eval": self.own_eval_transforms}
        written = {
            name: [option.to_mapping(defaults=True) for option in chain]
            for name, chain in chains.items()
            if chain or (name == "eval" and chain is not None)
        }
        if written or defaults:
            mapping["transforms"] = written
        return mapping


def _in_eval(option: Option[TransformSpec]) -> Transforms:
    """What stands for a transform of training when samples are only looked at."""
    if not option.spec.is_random:
        return (option,)
    steps = option.spec.in_eval(option.params)
    return tuple(Option(TRANSFORMS[name], TRANSFORMS[name].complete(values, name)) for name, values in steps)


def _parse_eval(value: Value, path: str, train: Transforms) -> Transforms:
    chain = _parse_chain(value, path)
    measured = [index for index, option in enumerate(chain) if _is_measured(option)]
    if len(measured) > sum(map(_is_measured, train)):
        where = f"{path}[{measured[-1]}].mean"
        raise PlanError(
            where,
            f"{where} is {AUTO}, but transforms.train has no such Normalize to measure for it.",
            "the same Normalize in both",
            "Add it to transforms.train, or write numbers.",
        )
    for index, option in enumerate(chain):
        if option.spec.is_random:
            raise PlanError(
                f"{path}[{index}]",
                f"{path}[{index}] is {option.type}, which is random.",
                "the same samples at every validation",
                "Remove it; transforms.train may keep it.",
            )
    return chain


def _is_measured(option: Option[TransformSpec]) -> bool:
    return option.type == "Normalize" and option.params.mean == AUTO


def _parse_chain(value: Value, path: str) -> Transforms:
    if not isinstance(value, list | tuple):
        example = shown([{"type": "Resize", "size": 28}])
        raise PlanError(path, f"{path} is {shown(value)}.", "a list of transforms", f"Write it as {example}.")
    return tuple(parse_option(item, f"{path}[{index}]", TRANSFORMS) for index, item in enumerate(value))
