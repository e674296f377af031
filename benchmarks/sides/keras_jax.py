"""Keras 3 on JAX: one compiled function a step, data already on the device, old parameters given up to new ones."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from benchmarks.side import Pace, Side
from benchmarks.workload import BITS, NUMBERS, TOKENS, Workload


class KerasJax(Side):
    """A Keras model, trained by `stateless_call` and `stateless_apply` inside one `jax.jit`.

    That is what `model.fit` compiles too, without what it does between the steps, and without data to bring.
    """

    label = "bare JAX"
    bare = True
    needs: ClassVar[tuple[str, ...]] = ("keras", "jax")
    environ: ClassVar[Mapping[str, str]] = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        import jax
        import keras

        super().__init__(workload, weights, threads=threads)  # XLA starts as many threads as it may use processors
        self.jax, self.keras = jax, keras
        keras.utils.set_random_seed(42)
        given = iter(weights.values())
        inputs = keras.Input(workload.in_shape, dtype="int32" if workload.targets == TOKENS else "float32")
        self.net = keras.Model(inputs, self._outputs(inputs, given))
        self.state = [v.value for v in self.net.trainable_variables]
        self.others = [v.value for v in self.net.non_trainable_variables]

    def _outputs(self, x: Any, w: Iterator[np.ndarray]) -> Any:
        """Layers by their own names, which are ours too; the loss takes what comes before the last activation."""
        layers = self.keras.layers
        last = len(self.workload.layers) - 1
        for number, layer in enumerate(self.workload.layers):
            keys = dict({"type": layer} if isinstance(layer, str) else layer)
            kind = keys.pop("type")
            if number == last:
                keys["activation"] = None
            match kind:
                case "lstm" | "gru":  # unrolled it takes long to compile and is no faster
                    made = {"lstm": layers.LSTM, "gru": layers.GRU}[kind](keys["units"])
                case "position_embedding":
                    made = _added(self.keras, next(w))
                    x = made(x)
                    continue
                case "repeat":
                    for _ in range(keys["times"]):
                        x = self._block(keys["layer"], x, w)
                    continue
                case "dense" | "conv2d" | "max_pooling2d" | "flatten" | "dropout" | "embedding" | "layer_normalization":
                    keys.pop("embeddings_initializer", None)
                    name = {"conv2d": "Conv2D", "max_pooling2d": "MaxPooling2D"}.get(kind)
                    made = getattr(layers, name or kind.title().replace("_", ""))(**keys)
                case other:
                    raise NotImplementedError(other)
            x = made(x)
            if made.weights and kind != "dropout":
                made.set_weights([next(w) for _ in made.trainable_variables] + made.get_weights()[
                    len(made.trainable_variables):])
        return x

    def _block(self, keys: Mapping[str, Any], x: Any, w: Iterator[np.ndarray]) -> Any:
        """The same block of a GPT out of Keras' layers; q, k and v come from three matrices there."""
        layers, width, heads = self.keras.layers, x.shape[-1], keys["num_heads"]

        def filled(layer: Any, z: Any, *values: np.ndarray, **options: Any) -> Any:
            y = layer(z, **options)
            layer.set_weights(list(values))
            return y

        def norm(z: Any) -> Any:
            return filled(layers.LayerNormalization(epsilon=1e-5), z, next(w), next(w))

        seen = norm(x)
        qkv, qkv_bias, out, out_bias = (next(w) for _ in range(4))
        each = [m.reshape(-1, heads, width // heads) for m in np.split(qkv, 3, axis=1)]
        biases = [b.reshape(heads, -1) for b in np.split(qkv_bias, 3)]
        attention = layers.MultiHeadAttention(heads, width // heads)
        values = [v for pair in zip(each, biases, strict=True) for v in pair]
        # Keras keeps query, key, value, output in this order.
        seen = filled(
            attention, seen, *values, out.reshape(heads, width // heads, width), out_bias, value=seen,
            use_causal_mask=True,
        )
        x = layers.Add()([x, seen])
        wide = filled(layers.Dense(keys["intermediate_dim"], activation="gelu"), norm(x), next(w), next(w))
        return layers.Add()([x, filled(layers.Dense(width), wide, next(w), next(w))])

    def _criterion(self, y: Any, z: Any) -> Any:
        losses = self.keras.losses
        if self.workload.targets == NUMBERS:
            return losses.mean_squared_error(y, z).mean()
        if self.workload.targets == BITS:
            return losses.binary_crossentropy(y[:, None], z, from_logits=True).mean()
        return losses.sparse_categorical_crossentropy(y, z, from_logits=True).mean()

    def _optimizer(self) -> Any:
        keys, clip = self.workload.optimizer, self.workload.clip
        made = {"adam": self.keras.optimizers.Adam, "adamw": self.keras.optimizers.AdamW}[keys["type"]]
        optimizer = made(global_clipnorm=clip, **{k: v for k, v in keys.items() if k != "type"})
        if keys["type"] == "adamw":
            optimizer.exclude_from_weight_decay([v for v in self.net.trainable_variables if len(v.shape) == 1])
        optimizer.build(self.net.trainable_variables)
        return optimizer

    def _on_device(self, *arrays: np.ndarray) -> list[tuple[Any, ...]]:
        """Batches, whole numbers as such."""
        whole = self.workload.targets == TOKENS
        return [
            tuple(self.jax.device_put(a.astype(np.int32) if whole or a.dtype == np.int64 else a) for a in batch)
            for batch in self.batches(*arrays)
        ]

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """In evaluation mode."""
        [(a, b)] = self._on_device(x, y)
        z, _ = self.net.stateless_call(self.state, self.others, a, training=False)
        return float(self._criterion(b, z))

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """Steps are handed to the device one after the other; asking for a loss waits for it."""
        optimizer, jax, net = self._optimizer(), self.jax, self.net
        if self.workload.targets == BITS:
            y = y.astype(np.float32)

        def loss_of(state: Any, others: Any, a: Any, b: Any) -> Any:
            z, others = net.stateless_call(state, others, a, training=True)
            return self._criterion(b, z), others

        def step(state: Any, others: Any, slots: Any, a: Any, b: Any) -> Any:
            (loss, others), grads = jax.value_and_grad(loss_of, has_aux=True)(state, others, a, b)
            state, slots = optimizer.stateless_apply(slots, grads, state)
            return state, others, slots, loss

        compiled = jax.jit(step, donate_argnums=(0, 1, 2))
        state, others, slots = self.state, self.others, [v.value for v in optimizer.variables]
        batches = self._on_device(x, y)
        while True:
            for a, b in batches:
                state, others, slots, loss = compiled(state, others, slots, a, b)
                pace(lambda loss=loss, state=state: float(jax.block_until_ready((loss, state))[0]))  # type: ignore[misc]

    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """One compiled function."""
        compiled = self.jax.jit(
            lambda state, a: self.jax.nn.softmax(self.net.stateless_call(state, self.others, a, training=False)[0]),
        )
        batches = self._on_device(x)
        while True:
            for (a,) in batches:
                y = compiled(self.state, a).block_until_ready()
                pace(lambda y=y: float(y[:, 0].sum()))  # type: ignore[misc]


def _added(keras: Any, table: np.ndarray) -> Any:
    class Added(keras.layers.Layer):  # type: ignore[misc]
        """x + P."""

        def build(self, _shape: Any) -> None:
            self.table = self.add_weight(shape=table.shape, name="table")
            self.table.assign(table)

        def call(self, x: Any) -> Any:
            return x + self.table

    return Added()
