"""The configurations that ship: `configs/` of a checkout, `dlcli/configs/` inside a wheel."""

from pathlib import Path

import dlcli
from dlcli.errors import UsageError
from dlcli.registry import did_you_mean


def folder() -> Path:
    """Where they lie. A checkout's own come first: they are newer than what an old build left behind."""
    package = Path(dlcli.__file__).parent
    checkout = package.parent
    return checkout / "configs" if (checkout / "pyproject.toml").is_file() else package / "configs"


def names() -> tuple[str, ...]:
    """All of them, as `mnist_mlp`, sorted; those in folders as `vision/lenet`."""
    base = folder()
    return tuple(sorted(path.relative_to(base).with_suffix("").as_posix() for path in base.rglob("*.yaml")))


def path(name: str) -> Path:
    """The file of a configuration. Raises UsageError where none of that name ships."""
    wanted = name.removesuffix(".yaml").removeprefix("configs/")
    known = names()
    if wanted not in known:
        hint = did_you_mean(wanted, known) or f"there are {', '.join(known)}"
        raise UsageError(f"no example is named '{name}'", where="--example", hint=hint)
    return folder() / f"{wanted}.yaml"
