"""Groups of commands: a folder whose files are the commands."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

import click

from dlcli.errors import UsageError
from dlcli.registry import did_you_mean

_ORDER = (
    "train", "evaluate", "predict", "generate", "check", "gradcheck", "init", "list", "schema", "datasets", "runs",
    "doctor", "completion",
)


class Commands(click.Group):
    """The commands are the modules of the package `folder`, each with a variable `command`.

    A module is imported when its command is called or described. A package among them is a group of its own.
    """

    def __init__(self, *args: Any, folder: ModuleType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, those first that are met first."""
        names = [module.name for module in pkgutil.iter_modules(self._folder.__path__)]
        return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{self._folder.__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with. Raises UsageError with the name that was perhaps meant."""
        unknown = self.get_command(ctx, args[0]) is None and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:  # while the shell completes, nothing is an error
            near = did_you_mean(args[0], self.list_commands(ctx))
            hint = near or f"`{ctx.command_path} --help` lists the commands"
            raise UsageError(f"there is no command '{args[0]}'", hint=hint)
        return super().resolve_command(ctx, args)
