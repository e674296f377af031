"""text: a text to learn to continue."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import PositiveInt
from dlcli.core.target import DataSpec
from dlcli.data import language
from dlcli.data.cells import read_text
from dlcli.data.fetch import Mirror, check_sha256
from dlcli.data.single import Single
from dlcli.errors import DataError

_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
_URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"


def _read_shakespeare(path: Path) -> str:
    check_sha256(path, _SHA256)
    return read_text(path)


@dataclass(frozen=True, kw_only=True)
class Text(Dataset):
    """A text for a language model: at each place of a window, the next character is to be predicted.

    x: (N, context) ids of characters, y: (N, context) those one place further on. `path` is a text file in UTF-8;
    by default the plays of Shakespeare that are known as tinyshakespeare (1,115,394 characters), searched for as
    `tinyshakespeare.txt` in `DLCLI_DATA_DIR` and in the cache, else fetched. `level` is `char`; `context` (default 128)
    is the length of a window. Windows begin every `stride` characters: by default `context`, so that an epoch
    reads each character once; 1 gives every possible window. Those of validation and test are always `context`
    apart, so that each character counts once. The windows share the memory of one text.

    Splits are not drawn, since neighbours overlap: `validation_split` is the last share of the text and
    `test_split` what comes after that; no window reaches across. The vocabulary is all characters of the text, sorted;
    these are the class names. Give the model an `embedding` with that many rows. Ids are not to be rescaled.

    Source: A. Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015.
    """

    examples: ClassVar = (
        Example({"context": 32, "fallback": "digits"}),
        Example({"path": "plays.txt", "context": 16, "stride": 4, "validation_split": 0.1, "fallback": "digits"}),
    )
    collection: ClassVar[Single] = Single(
        "text", ("tinyshakespeare.txt", "tinyshakespeare/input.txt"), (Mirror(_URL, "tinyshakespeare.txt"),),
        _read_shakespeare,
    )

    path: str | None = None
    level: Literal["char"] = "char"
    context: PositiveInt = 128
    stride: PositiveInt | None = None

    @property
    def spacing(self) -> int:
        """The target of the last window that is kept may be the first character of the next split, not more."""
        return self.context

    def describe(self, env: DataEnv) -> DataSpec | None:
        """The windows; None where there is a path and no file there, since its characters are not known then."""
        if self.path is None:
            return language.spec(language.SHAKESPEARE, self.context)
        path = env.resolve(self.path)
        return language.spec(language.characters(read_text(path)), self.context) if path.is_file() else None

    def load(self, env: DataEnv) -> Splits:
        """All windows of the text."""
        if self.path is None:
            text, where = self.collection.read(env, _read_shakespeare), "tinyshakespeare.txt"
        else:
            path = env.existing(self.path)
            text, where = read_text(path), str(path)
        if not text.strip():
            raise DataError("there is no text in it", where=where, hint="give a text in UTF-8")
        return language.splits(text, self.context, self.stride or self.context, where)

    def learn(self, splits: Splits) -> Splits:
        """Validation and test read each character once, whatever the stride."""
        return language.read_once(splits, self.context)
