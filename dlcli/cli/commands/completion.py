"""`dlcli completion`."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--debug", is_flag=True, expose_value=False, hidden=True)
def command(shell: str) -> None:
    """Print the script for completion in a shell.

    It completes commands, configs, run ids, override keys and their values.

    \b
    bash: echo 'eval "$(dlcli completion bash)"' >> ~/.bashrc
    zsh:  echo 'eval "$(dlcli completion zsh)"' >> ~/.zshrc
    fish: dlcli completion fish > ~/.config/fish/completions/dlcli.fish
    """
    import sys

    from click.shell_completion import get_completion_class

    from dlcli.cli import bash_completion  # noqa: F401  # puts its class in the place of click's
    from dlcli.cli.main import cli

    script = get_completion_class(shell)
    assert script is not None
    sys.stdout.write(f"{script(cli, {}, 'dlcli', '_DLCLI_COMPLETE').source()}\n")
