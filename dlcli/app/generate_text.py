"""Text from a language model, one character after the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlcli.app.stored import Stored, stored
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.core.streams import Streams
from dlcli.core.target import Tokens
from dlcli.errors import UsageError
from dlcli.model import Pass
from dlcli.runs.lookup import Found


@dataclass(frozen=True, kw_only=True)
class TextMaker:
    """A stored language model. Its answer for the last of the characters so far is the next one."""

    model: Stored
    tokens: Tokens

    def characters(
        self, prompt: str, *, length: int, temperature: float, top_k: int | None, seed: int,
    ) -> Iterator[str]:
        """`length` characters that go on from `prompt`; without one, from the beginning of a line.

        Temperature 0 takes the likeliest character, 1 draws as the model says, more makes rare ones likelier;
        `top_k` leaves the K likeliest to choose from. Of a prompt longer than the context the end is used.
        Raises UsageError where the prompt has characters that the model does not know.
        """
        ids = self._ids(prompt)
        rng = Streams(seed).fresh("generate")
        built = self.model.built
        through = Pass(built.model, self.model.theta, self.model.buffers)
        window = np.zeros((1, self.tokens.length), built.spec.dtype)
        x = np.empty((1, *built.model.in_shape), built.model.dtype)
        for _ in range(length):
            last = ids[-self.tokens.length:]
            window[0, :len(last)] = last  # what stands behind the last character does not reach it
            built.pipeline.apply(window, x)
            chosen = _choose(self._scores(through, x)[len(last) - 1], temperature, top_k, rng)
            ids.append(chosen)
            yield self.tokens.vocabulary[chosen]

    def _scores(self, through: Pass, x: np.ndarray) -> np.ndarray:
        """Logarithms of probabilities, up to a constant: (T, V)."""
        output = through.forward(x)[0].astype(np.float64)
        if self.model.built.model.link is None:
            return np.log(np.maximum(output, 1e-30))
        return output

    def _ids(self, prompt: str) -> list[int]:
        vocabulary = self.tokens.vocabulary
        known = {token: number for number, token in enumerate(vocabulary)}
        text = prompt.lower() if self.tokens.lowercase else prompt
        unknown = list(dict.fromkeys(character for character in text if character not in known))
        if unknown:
            raise UsageError(
                f"the model does not know {', '.join(map(repr, unknown))}; "
                f"it knows {''.join(sorted(vocabulary)).strip()!r}",
                where="--prompt", hint="write the prompt with characters of the text that it was trained on",
            )
        return [known[character] for character in text] or [known.get("\n", 0)]


def text_maker(found: Found, checkpoint: str | None, surroundings: Surroundings, ui: Ui) -> TextMaker:
    """The language model of a run."""
    held = stored(found, checkpoint, surroundings, ui)
    tokens = held.built.spec.tokens
    assert tokens is not None
    return TextMaker(model=held, tokens=tokens)


def _choose(scores: np.ndarray, temperature: float, top_k: int | None, rng: "np.random.Generator") -> int:
    """The number of a character: the likeliest, or a draw."""
    if temperature == 0:
        return int(np.argmax(scores))
    if top_k is not None and top_k < len(scores):
        kept = np.argsort(-scores, kind="stable")[:top_k]
        scores = np.where(np.isin(np.arange(len(scores)), kept), scores, -np.inf)
    shares = np.exp((scores - scores.max()) / temperature)
    totals = np.cumsum(shares)
    return min(int(np.searchsorted(totals, rng.random() * totals[-1], side="right")), len(scores) - 1)
