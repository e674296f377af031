"""Random streams: every draw of a run comes from here, and a resumed run goes on with the same draws.

A stream is named for its purpose and derived from the run's seed, so that one more draw in one place
does not shift the numbers of another.
"""

import hashlib
from typing import Any

import numpy as np


class Streams:
    """The named random generators of one run."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._kept: dict[str, np.random.Generator] = {}

    def fresh(self, name: str, *numbers: int) -> "np.random.Generator":
        """A new generator that depends on the seed, the name and the numbers alone, such as (`shuffle`, epoch)."""
        digest = hashlib.sha256(name.encode()).digest()
        key = (int.from_bytes(digest[:4], "little"), *numbers)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def kept(self, name: str) -> "np.random.Generator":
        """The generator of that name, the same object at every call; its position is checkpointed."""
        if name not in self._kept:
            self._kept[name] = self.fresh(name)
        return self._kept[name]

    def state(self) -> dict[str, Any]:
        """Positions of the kept generators as plain data for JSON."""
        return {name: rng.bit_generator.state for name, rng in self._kept.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Puts the kept generators at the positions that `state` returned."""
        for name, position in state.items():
            self.kept(name).bit_generator.state = position
