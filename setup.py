"""Everything about the project is in pyproject.toml, save one thing: configs/ travels inside the wheel.

The configurations live at the top of the repository, where people look for them; in a wheel they lie in
dlcli/configs/, where `dlcli init --example NAME` finds them.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    """Copies configs/ into the package that is built; an editable install reads those of the checkout."""

    def run(self) -> None:
        """Builds as always, then copies."""
        super().run()
        if not self.editable_mode:
            shutil.copytree("configs", Path(self.build_lib, "dlcli", "configs"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildPy})
