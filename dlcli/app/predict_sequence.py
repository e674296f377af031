"""Sequences that a model writes by itself, one place after the other, for sources that it is given."""

from dataclasses import dataclass, replace

import numpy as np

from dlcli.config.build import Built
from dlcli.core.target import DataSpec, TeacherForcing
from dlcli.train.answers import Answers


@dataclass(frozen=True)
class SequenceWriter:
    """Takes the likeliest class at each place, and hands it to the model as the id of the next one.

    While a model is trained and evaluated it is told the right classes of the places before (teacher forcing); here
    nobody knows them.
    """

    built: Built
    forcing: TeacherForcing

    @property
    def spec(self) -> DataSpec:
        """What is asked of a user: the source alone."""
        return replace(self.built.spec, input_shape=(self.forcing.source_length,), forcing=None)

    def write(self, answers: Answers, sources: np.ndarray) -> np.ndarray:
        """What the model says at each place: (N, T, K) of sources (N, S)."""
        S, (T,), model = self.forcing.source_length, self.built.spec.target.shape, self.built.model
        ids = np.zeros((len(sources), S + T))
        ids[:, :S], ids[:, S] = sources, self.forcing.start
        x = np.empty((len(ids), *model.in_shape), model.dtype)
        said = np.empty((len(ids), *model.out_shape), model.dtype)
        for t in range(T):
            self.built.pipeline.apply(ids, x)
            said[:, t] = answers.predict(x)[:, t]
            if t + 1 < T:
                ids[:, S + t + 1] = said[:, t].argmax(axis=-1)
        return said
