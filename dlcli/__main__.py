"""`python -m dlcli` is `dlcli`."""

from dlcli.cli.main import script

raise SystemExit(script())
