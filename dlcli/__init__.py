"""dlcli: deep learning from the command line, without a framework."""

from dlcli.version import __version__

__all__ = ["__version__"]
