"""Which parameters of a changed network were there before: those of nodes that kept their id."""

from __future__ import annotations

from codegen.live import LiveModel


def kept_names(before: LiveModel, after: LiveModel) -> dict[str, str]:
    """What each parameter and buffer was called before the change, as far as its node was there.

    Nodes may have been renamed. Inside a block, parts are told by their names.
    """
    earlier = before.source.attribute_of
    prefixes = {
        attribute: earlier[node_id]
        for node_id, attribute in after.source.attribute_of.items()
        if node_id in earlier
    }
    known = before.module.state_dict()
    names = {}
    for name in after.module.state_dict():
        attribute, dot, rest = name.partition(".")
        if attribute in prefixes and f"{prefixes[attribute]}{dot}{rest}" in known:
            names[name] = f"{prefixes[attribute]}{dot}{rest}"
    return names
