"""What the shell offers when the user presses Tab."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def configs(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """YAML files and folders that begin with what is typed."""
    folder, _, start = incomplete.rpartition("/")
    base = Path(folder or ("/" if incomplete.startswith("/") else "."))
    if not base.is_dir():
        return []
    prefix = f"{folder}/" if "/" in incomplete else ""
    entries = sorted(p for p in base.iterdir() if p.name.startswith(start) and not p.name.startswith("."))
    fitting = [p for p in entries if p.is_dir() or p.suffix in (".yaml", ".yml")]
    return [prefix + p.name + ("/" if p.is_dir() else "") for p in fitting]


def runs(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Run ids, the newest first, and `latest`."""
    import os

    folder = Path(ctx.params.get("runs_dir") or os.environ.get("DLCLI_RUNS_DIR") or "runs")
    if not folder.is_dir():
        return []
    ids = sorted((p.name for p in folder.iterdir() if (p / "status.json").exists()), reverse=True)
    return [name for name in ("latest", *ids) if name.startswith(incomplete)]


def overrides(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """`key=` for keys of the configuration on the command line; behind the `=` what the value may be.

    Keys that the file has come first; where none of those fits, all that its blocks could have.
    """
    from dlcli.config.load import load
    from dlcli.errors import DlcliError

    path = ctx.params.get("config")
    if not path:
        return []
    try:
        source = load(Path(path))
    except DlcliError:
        return []
    key, equals, value = incomplete.partition("=")
    if equals:
        from dlcli.config.candidates import values

        return [f"{key}={choice}" for choice in values(source.data, key) if choice.startswith(value)]
    written = [".".join(map(str, path)) for path in source.positions if path]
    fitting = [f"{name}=" for name in written if name.startswith(key)]
    if fitting:
        return fitting
    from dlcli.config.candidates import keys

    return [f"{name}=" for name in keys(source.data, key.rpartition(".")[0]) if name.startswith(key)]


def kinds(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Kinds of components."""
    from dlcli.registry import PACKAGES

    return [kind for kind in PACKAGES if kind.startswith(incomplete)]


def components(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Components of the kind on the command line; data sets where the command takes no kind."""
    from dlcli.registry import PACKAGES, names

    given = str(ctx.params.get("kind", "datasets"))
    kind = next((kind for kind in PACKAGES if given in (kind, kind.removesuffix("s"), kind.removesuffix("es"))), None)
    return [name for name in names(kind) if name.startswith(incomplete)] if kind else []


def examples(ctx: "click.Context", param: "click.Parameter", incomplete: str) -> list[str]:
    """Configurations that ship."""
    from dlcli.config.shipped import names

    return [name for name in names() if name.startswith(incomplete)]
