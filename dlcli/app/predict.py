"""Raw inputs in, decoded answers out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np

from dlcli.app.predict_sequence import SequenceWriter
from dlcli.app.session import EVALUATION_BATCH
from dlcli.app.stored import Stored, stored
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.core.target import Target
from dlcli.data import inputs
from dlcli.data.scaling import looks_scaled, remark
from dlcli.runs.lookup import find
from dlcli.train.answers import Answers


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The answer for one input.

    `prediction` is a class name, numbers, or the class names of all places of a sequence. `ranking` has the likeliest
    classes with their probabilities, the likeliest first; empty for numbers and sequences. `probabilities` has all
    classes in the order of the labels.
    """

    input: str
    prediction: str | float | list[float] | list[str]
    ranking: tuple[tuple[str, float], ...] = ()
    probabilities: dict[str, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, a line of JSONL."""
        data: dict[str, Any] = {"input": self.input, "prediction": self.prediction}
        if self.ranking:
            data["probability"] = self.ranking[0][1]
        if self.probabilities is not None:
            data["probabilities"] = self.probabilities
        if len(self.ranking) > 1:
            data["top"] = [{"label": label, "probability": share} for label, share in self.ranking]
        return data


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A stored model that answers for one input after the other, in constant memory."""

    model: Stored
    top: int
    all_probabilities: bool
    threads: int = 1

    def predictions(self, paths: Sequence[str], stdin: TextIO, ui: Ui) -> Iterator[Prediction]:
        """Answers in the order of the inputs. Raises DataError where one cannot be used."""
        held = self.model
        with Answers(held.built.model, held.theta, held.buffers, threads=self.threads) as answers:
            yield from self._answered(answers, paths, stdin, ui)

    def _answered(self, answers: Answers, paths: Sequence[str], stdin: TextIO, ui: Ui) -> Iterator[Prediction]:
        held = self.model
        forcing = held.built.spec.forcing
        writer = None if forcing is None else SequenceWriter(held.built, forcing)
        spec = held.built.spec if writer is None else writer.spec
        told = False
        for given in inputs.read(paths, spec, stdin=stdin, warn=ui.info, alert=ui.warn):
            names = given.names()
            if not told and looks_scaled(given.x, spec):
                told = True
                ui.warn(remark(given.x, given.name))
            for start in range(0, len(given.x), EVALUATION_BATCH):
                raw = given.x[start:start + EVALUATION_BATCH]
                outputs = self._outputs(answers, raw) if writer is None else writer.write(answers, raw)
                for name, output in zip(names[start:], outputs, strict=False):
                    yield self._decode(name, output)

    def _outputs(self, answers: Answers, raw: np.ndarray) -> np.ndarray:
        built = self.model.built
        x = np.empty((len(raw), *built.model.in_shape), built.model.dtype)
        built.pipeline.apply(raw, x)
        return answers.predict(x)

    def _decode(self, name: str, output: np.ndarray) -> Prediction:
        target = self.model.built.spec.target
        if target.kind == "numbers":
            values = output.reshape(-1).tolist()
            return Prediction(input=name, prediction=values[0] if target.shape in ((), (1,)) else values)
        if target.shape:
            best = output.reshape(-1, target.classes).argmax(axis=1)
            return Prediction(input=name, prediction=[target.labels[k] for k in best])
        shares = probabilities(output, target)
        order = np.argsort(-shares, kind="stable")[:max(self.top, 1)]
        ranking = tuple((target.labels[k], float(shares[k])) for k in order)
        every = dict(zip(target.labels, shares.tolist(), strict=True)) if self.all_probabilities else None
        return Prediction(input=name, prediction=ranking[0][0], ranking=ranking, probabilities=every)


def predictor(
    name: str, surroundings: Surroundings, ui: Ui, *, checkpoint: str | None, top: int, all_probabilities: bool,
    threads: int = 1,
) -> Predictor:
    """The model of a run, ready to answer. Raises UsageError, DataError."""
    held = stored(find(surroundings.runs_dir, name), checkpoint, surroundings, ui)
    return Predictor(model=held, top=top, all_probabilities=all_probabilities, threads=threads)


def probabilities(output: np.ndarray, target: Target) -> np.ndarray:
    """Shares of all classes: (K,) of a model output (K,), or (1,): the probability of class 1."""
    flat = output.reshape(-1)
    if len(flat) == 1 and target.classes == 2:
        return np.array([1 - flat[0], flat[0]])
    return flat
