"""`python -m dlcli` is `dlcli`."""

from dlcli.cli.main import main

raise SystemExit(main())
