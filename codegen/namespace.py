"""The one source of names in generated code."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 40
IMPORTED = ("torch", "nn", "F", "models", "ops", "self")
EASILY_MISREAD = ("l", "O", "I")

# What `nn.Module` has already; a layer of such a name would hide it, or be refused.
MODULE_ATTRIBUTES = (
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict",
    "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters",
    "parameters", "register_backward_hook", "register_buffer", "register_forward_hook",
    "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
    "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty",
    "train", "training", "type", "xpu", "zero_grad",
)  # fmt: skip

RESERVED = frozenset(
    (*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *IMPORTED, *EASILY_MISREAD, *MODULE_ATTRIBUTES)
)


class Namespace:
    """Gives each thing a Python name of its own, the same one for the same sequence of questions.

    Args:
        taken: names that are given away already.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def name(self, text: str, fallback: str) -> str:
        """A free name that reads like `text`: `class_` for `class`, `conv1_2` for a second `conv1`.

        Args:
            text: what the user called it, any characters.
            fallback: a valid name that stands in where `text` leaves nothing, and goes before a digit.
        """
        return self.reserve(identifier(text, fallback))

    def reserve(self, base: str) -> str:
        """The valid name `base` if it is free, else with a number behind it."""
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base.rstrip('_')}_{number}"
        self._taken.add(name)
        return name

    def __contains__(self, name: str) -> bool:
        return name in self._taken


def identifier(text: str, fallback: str) -> str:
    """`text` as a valid Python name that means nothing else yet in a generated file."""
    name = _only_name_characters(text)
    if not name.isidentifier():
        name = f"{fallback}_{name}"
    name = name[:MAX_LENGTH].strip("_")
    return f"{name}_" if name in RESERVED else name


def class_name(text: str) -> str:
    """A project's name as a class name: `MySmallNet` for `my small net`."""
    words = _only_name_characters(text).split("_")
    name = _joined(word[:1].upper() + word[1:] for word in words)[:MAX_LENGTH]
    if not name.isidentifier():
        name = f"Net{name}"
    return f"{name}Net" if name in RESERVED else name


def _only_name_characters(text: str) -> str:
    """Normalised as Python's parser does it, everything that no name may hold turned into underscores."""
    kept = text
    if not (text.isascii() and text.isidentifier()):
        normal = unicodedata.normalize("NFKC", text)
        kept = "".join(character if f"a{character}".isidentifier() else "_" for character in normal)
    return re.sub(r"_+", "_", kept).strip("_")


def _joined(words: Iterable[str]) -> str:
    """One word; a mark that combines with the letter before it is normalised once more."""
    return unicodedata.normalize("NFKC", "".join(words))
