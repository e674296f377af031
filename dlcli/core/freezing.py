"""Layers chosen by name: which of them a pattern means, and how those are frozen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from dlcli.core.plan import Planned


def means(pattern: str, path: str) -> bool:
    """Whether `pattern`, a name or a glob, means the layer at `path` (`block/dense`) or one around it."""
    parts = path.split("/")
    return any(fnmatchcase("/".join(parts[:length]), pattern) for length in range(1, len(parts) + 1))


def layer_paths(nodes: Sequence[Planned]) -> list[str]:
    """Names of all layers, those inside of others as `block/dense`."""
    return [path for path, _ in _walk(nodes, "")]


def unmatched(nodes: Sequence[Planned], patterns: Sequence[str]) -> list[int]:
    """The numbers of the patterns that mean no layer."""
    paths = layer_paths(nodes)
    return [number for number, pattern in enumerate(patterns) if not any(means(pattern, path) for path in paths)]


def freeze(nodes: Sequence[Planned], patterns: Sequence[str], prefix: str = "") -> tuple[Planned, ...]:
    """The same layers, with `trainable: false` for those that a pattern means and for all inside of them."""
    return tuple(_frozen(node, patterns, f"{prefix}{node.name}") for node in nodes)


def _frozen(node: Planned, patterns: Sequence[str], path: str) -> Planned:
    chosen = any(means(pattern, path) for pattern in patterns)
    layer = replace(node.layer, trainable=False) if chosen else node.layer
    children = freeze(node.plan.children, patterns, f"{path}/")
    return replace(node, layer=layer, plan=replace(node.plan, children=children))


def _walk(nodes: Sequence[Planned], prefix: str) -> Iterator[tuple[str, Planned]]:
    for node in nodes:
        yield f"{prefix}{node.name}", node
        yield from _walk(node.plan.children, f"{prefix}{node.name}/")
