"""A small training, put together without a file: made samples, a model with dropout, and a trainer."""

from dataclasses import replace
from typing import Any

import numpy as np

from dlcli.core.callback import Callback
from dlcli.core.component import from_yaml
from dlcli.core.dataset import Split
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Regularizer
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.losses.categorical_crossentropy import CategoricalCrossentropy
from dlcli.metrics.accuracy import Accuracy
from dlcli.metrics.f1 import F1
from dlcli.model import Model
from dlcli.schedules.cosine import Cosine
from dlcli.train.settings import Training
from dlcli.train.trainer import Recipe, Trainer

LABELS = ("red", "green", "blue")
LAYERS: tuple[Any, ...] = (
    {"type": "dense", "units": 8, "activation": "tanh", "kernel_regularizer": {"l2": 0.01}},
    {"type": "dropout", "rate": 0.25},
    {"type": "dense", "units": 3},
)


class Rows(Callback):
    """Keeps the rows of the history, without their seconds."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def on_epoch_end(self, loop, row):
        self.rows.append({key: value for key, value in row.items() if key != "seconds"})


def model(*layers: Any, features: int = 6, dtype: str = "float64") -> Model:
    return Model([from_yaml(Layer, layer) for layer in layers or LAYERS], (features,), dtype=dtype)


def samples(count: int, features: int = 6, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """x: (count, features) float32 and the classes y: (count,) that a straight line would tell apart."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, features)).astype(np.float32)
    return x, np.argmax(x @ rng.standard_normal((features, len(LABELS))), axis=1)


def trainer(
    *layers: Any,
    seed: int = 1,
    count: int = 40,
    features: int = 6,
    dtype: str = "float64",
    optimizer: Any = "adam",
    schedule: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    threads: int = 1,
    x: np.ndarray | None = None,
    callbacks: tuple[Callback, ...] = (),
    loss: Loss | None = None,
    **settings: Any,
) -> Trainer:
    """A trainer on `count` samples, ten more for validation."""
    made, y = samples(count + 10, features)
    x = made if x is None else np.concatenate([x, made[count:]])
    target = Target(kind="classes", labels=LABELS)
    spec = DataSpec(input_shape=(features,), dtype="float32", target=target)
    chosen = model(*layers, features=features, dtype=dtype)
    recipe = Recipe(
        model=chosen, loss=loss or CategoricalCrossentropy(from_logits=True),
        metrics={"accuracy": Accuracy(), "f1": F1()}, target=target, optimizer=from_yaml(Optimizer, optimizer),
        schedule=Cosine(warmup_steps=3) if schedule is True else schedule,
        regularizer=Regularizer(l1=l1, l2=l2),
        settings=replace(Training(epochs=2, batch_size=6), **settings), threads=threads,
    )
    rows = np.arange(len(x))
    train, validation = (
        Batches(Split(x, y, part), Pipeline([], spec), spec, batch_size=size, dtype=dtype)
        for part, size in ((rows[:count], recipe.settings.batch_size), (rows[count:], 4))
    )
    return Trainer(recipe, Streams(seed), train, validation, callbacks)
