"""Two models in one vector: one makes samples, the other tells them from real ones."""

import hashlib

import numpy as np

from dlcli.core.joined import Joined
from dlcli.model import Model

GENERATOR, DISCRIMINATOR = "generator", "discriminator"

_BOUNDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_tanh": (-1.0, 1.0), "hard_sigmoid": (0.0, 1.0)}
_KEEPS_VALUES = ("reshape", "flatten", "permute", "cropping2d", "expand_dims", "up_sampling2d")


class GanModels:
    """A generator and a discriminator; their parameters lie one after the other, and so do their buffers.

    Where there are `classes`, the last inputs of the generator say which one a sample is to be of, and the
    discriminator gives a score for each.
    """

    def __init__(self, generator: Model, discriminator: Model, *, classes: int = 0) -> None:
        self.classes = classes
        self._numbers = np.arange(classes)
        self.latent = generator.in_shape[0] - classes
        self.generator = generator
        self.discriminator = discriminator
        self.models = {GENERATOR: generator, DISCRIMINATOR: discriminator}
        self.layout = Joined({name: model.layout for name, model in self.models.items()})
        self.buffers = Joined({name: model.buffers for name, model in self.models.items()})
        self.dtype = generator.dtype
        self.in_shape, self.out_shape = generator.in_shape, generator.out_shape

    @property
    def flops(self) -> int:
        """Operations for one real sample, forward: a fake is made once, and judged twice."""
        return self.generator.flops + 3 * self.discriminator.flops

    @property
    def contention(self) -> int:
        """What two lanes lose, as in `Plan`, over a step of both."""
        return self.generator.contention + 3 * self.discriminator.contention

    def write_inputs(self, latents: np.ndarray, labels: np.ndarray | None, out: np.ndarray) -> None:
        """What the generator is given, `out`: (N, latent + classes): latents: (N, latent), and ones for class numbers.

        `labels`: (N,), None where there are no classes.
        """
        np.copyto(out[:, :self.latent], latents, casting="same_kind")
        if labels is not None:
            np.equal(labels[:, None], self._numbers, out=out[:, self.latent:], casting="unsafe")

    def picture_bounds(self) -> tuple[float, float] | None:
        """The values between which the generator's last activation lies; None where it says nothing about them."""
        for node in reversed(self.generator.nodes):
            name = node.layer.type_name()
            if name in _BOUNDS:
                return _BOUNDS[name]
            if name not in _KEEPS_VALUES:
                break
        return None

    def initialize(self, rng: "np.random.Generator") -> tuple[np.ndarray, np.ndarray]:
        """New parameters and buffers: the generator's first, then the discriminator's."""
        theta, buffers = self.layout.zeros(self.dtype), self.buffers.zeros(self.dtype)
        for name, model in self.models.items():
            self.layout.part(name, theta)[:], self.buffers.part(name, buffers)[:] = model.initialize(rng)
        return theta, buffers

    def digest(self, theta: np.ndarray, buffers: np.ndarray) -> str:
        """sha256 over all parameters and buffers: equal where the weights are bit-identical."""
        return hashlib.sha256(theta.tobytes() + buffers.tobytes()).hexdigest()
