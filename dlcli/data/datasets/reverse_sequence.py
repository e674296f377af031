"""reverse_sequence: sequences to be written backwards."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import Int, NonNegativeInt, PositiveInt, Rate
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target, TeacherForcing
from dlcli.data.splits import whole


@dataclass(frozen=True, kw_only=True)
class ReverseSequence(Dataset):
    """Sequences s of L ids from 0 to vocabulary - 1, drawn at random, and the same from their end: y_t = s_{L-1-t}.

    For an `encoder_decoder` with `source_length: L`, trained by teacher forcing: x: (samples, 2 L) ids, which are s,
    then the id `vocabulary` for the beginning, then y without its last place; y: (samples, L), one class for each
    place. An `embedding` needs `input_dim: vocabulary + 1`. `length` (default 8) is L, `vocabulary` (10) the number of
    ids, `samples` (5000), `seed` (default: the run's); `test_split` is 0.2 by default. `dlcli predict` wants s alone,
    and writes y place by place.
    """

    examples: ClassVar = (
        Example({}, (16,)), Example({"length": 3, "vocabulary": 4, "samples": 40, "seed": 1}, (6,)),
    )

    length: PositiveInt = 8
    vocabulary: Annotated[Int, Field(ge=2)] = 10
    samples: PositiveInt = 5000
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec:
        """Two sequences in one, a class for each place of the second."""
        labels = tuple(map(str, range(self.vocabulary)))
        return DataSpec(
            input_shape=(2 * self.length,), dtype=np.min_scalar_type(self.vocabulary).name,
            target=Target(kind="classes", labels=labels, shape=(self.length,)),
            forcing=TeacherForcing(source_length=self.length, start=self.vocabulary),
        )

    def load(self, env: DataEnv) -> Splits:
        """Draws the sequences."""
        spec = self.describe(env)
        rng = Streams(env.seed if self.seed is None else self.seed).fresh("reverse_sequence")
        s = rng.integers(0, self.vocabulary, (self.samples, self.length))
        y = s[:, ::-1]
        start = np.full((self.samples, 1), self.vocabulary)
        x = np.concatenate([s, start, y[:, :-1]], axis=1, dtype=spec.dtype, casting="unsafe")
        return Splits(spec=spec, train=whole(x, np.ascontiguousarray(y)))
