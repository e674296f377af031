"""shakespeare_excerpt: some scenes by Shakespeare that are always there."""

from dataclasses import dataclass
from importlib import resources
from typing import ClassVar, Literal

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import PositiveInt
from dlcli.core.target import DataSpec
from dlcli.data import language


@dataclass(frozen=True, kw_only=True)
class ShakespeareExcerpt(Dataset):
    """The first tenth of the plays that `text` learns by default, shipped inside the package: a fallback for it.

    x: (N, context) ids of characters, y: (N, context) those one place further on, of 100,020 characters. `level`,
    `context` (default 128), `stride` (default: `context`) and the splits are as in `text`. It knows 65 different
    characters, those of the whole text, so that a model for that one fits.
    """

    examples: ClassVar = (
        Example({}, (128,)), Example({"context": 16, "stride": 100, "validation_split": 0.1, "test_split": 0.1}, (16,)),
    )

    level: Literal["char"] = "char"
    context: PositiveInt = 128
    stride: PositiveInt | None = None

    @property
    def spacing(self) -> int:
        """The target of the last window that is kept may be the first character of the next split, not more."""
        return self.context

    def describe(self, env: DataEnv) -> DataSpec:
        """Windows of characters."""
        return language.spec(language.SHAKESPEARE, self.context)

    def load(self, env: DataEnv) -> Splits:
        """All windows, from inside the package."""
        text = (resources.files("dlcli.data.shipped") / "shakespeare_excerpt.txt").read_text(encoding="utf-8")
        return language.splits(
            text, self.context, self.stride or self.context, "dataset shakespeare_excerpt",
            vocabulary=language.SHAKESPEARE,
        )

    def learn(self, splits: Splits) -> Splits:
        """Validation and test read each character once, whatever the stride."""
        return language.read_once(splits, self.context)
