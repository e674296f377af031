"""Samples from the generator of a GAN: pictures on a sheet, or arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlcli.app.stored import opened
from dlcli.config.build_gan import BuiltGan, build_gan
from dlcli.core.streams import Streams
from dlcli.errors import UsageError
from dlcli.files import replacing
from dlcli.registry import did_you_mean
from dlcli.report import picture_sheet
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import Found
from dlcli.train.gan import generated, scores
from dlcli.train.snapshot import restore_weights

_AT_ONCE = 4096
"""Samples that are made and judged at a time."""


@dataclass(frozen=True, kw_only=True)
class SampleMaker:
    """A stored GAN; `name` is that of the checkpoint."""

    name: str
    run: RunDirectory
    built: BuiltGan
    theta: np.ndarray
    buffers: np.ndarray

    @property
    def makes_pictures(self) -> bool:
        """Whether its samples can be drawn."""
        return self.built.spec.image and picture_sheet.is_picture(self.built.model.out_shape)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of which samples can be asked for; none where the generator is not conditional."""
        return self.built.spec.target.labels if self.built.model.classes else ()

    def labels(self, count: int, *, seed: int, wanted: str | None = None) -> np.ndarray | None:
        """Class numbers: (count,) of the samples, drawn where none is `wanted`; None where there are no classes.

        Raises UsageError for a class that is not there.
        """
        if wanted is not None and wanted not in self.classes:
            if not self.classes:
                raise UsageError(
                    "this GAN makes no samples to order", where=self.run.id,
                    hint="train one with generator.conditional: true",
                )
            raise UsageError(
                f"no class is named '{wanted}'; there are {', '.join(self.classes)}", where=self.run.id,
                hint=did_you_mean(wanted, self.classes) or "choose one of them",
            )
        if not self.classes:
            return None
        if wanted is not None:
            return np.full(count, self.classes.index(wanted))
        return Streams(seed).fresh("classes").integers(len(self.classes), size=count)

    def samples(
        self, count: int, *, seed: int, labels: np.ndarray | None = None, best_of: int = 1,
    ) -> np.ndarray:
        """New samples: (count, ...). Pictures as bytes from 0 to 255, as image data has them; else as made.

        `labels` are what `labels` gives. Of every `best_of` samples that are made, the one is kept that the
        discriminator takes for the most real. The first samples of a seed do not depend on their count.
        """
        rng, step = Streams(seed).fresh("generate"), max(1, _AT_ONCE // best_of)
        made = np.concatenate([
            self._best(rng, min(step, count - start), None if labels is None else labels[start:start + step], best_of)
            for start in range(0, count, step)
        ])
        return picture_sheet.as_bytes(made, self.built.model.picture_bounds()) if self.makes_pictures else made

    def _best(
        self, rng: "np.random.Generator", count: int, labels: np.ndarray | None, best_of: int,
    ) -> np.ndarray:
        model = self.built.model
        labels = None if labels is None else labels.repeat(best_of)
        latents = rng.standard_normal((count * best_of, model.latent))
        made = generated(model, self.theta, self.buffers, latents, labels)
        if best_of == 1:
            return made
        judged = scores(model, self.theta, self.buffers, made, labels).reshape(count, best_of)
        return made[np.arange(0, count * best_of, best_of) + judged.argmax(axis=1)]

    def write_sheet(self, path: Path, samples: np.ndarray) -> None:
        """A PNG of all samples. Raises UsageError where they are no pictures."""
        if not self.makes_pictures:
            raise UsageError(
                f"samples of shape {samples.shape[1:]} are no pictures", where=str(path),
                hint="write them as numbers with --npy FILE",
            )
        picture_sheet.draw(path, samples, across=max(8, round(len(samples) ** 0.5)))

    @staticmethod
    def write_array(path: Path, samples: np.ndarray) -> None:
        """A .npy file, such as `dlcli predict` takes."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, samples)


def sample_maker(found: Found, checkpoint: str | None) -> SampleMaker:
    """The GAN of a run with the weights of a checkpoint, by default the best or the last."""
    path, held, configured = opened(found, checkpoint)
    built = build_gan(configured.config, held.spec, configured.source)
    theta, buffers = built.model.layout.zeros(built.model.dtype), built.model.buffers.zeros(built.model.dtype)
    restore_weights(built.model, theta, buffers, held.snapshot, evaluated=True)
    return SampleMaker(name=path.stem, run=found.run, built=built, theta=theta, buffers=buffers)
