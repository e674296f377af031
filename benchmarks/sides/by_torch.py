"""PyTorch, eager: channels last for images, fused Adam, one product for q, k and v, its own fused attention.

`torch.compile` is left out: it needs a C++ compiler on the machine.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from benchmarks.side import Pace, Side
from benchmarks.workload import BITS, NUMBERS, TOKENS, Workload


class Torch(Side):
    """Modules by layer type, filled with dlcli's weights."""

    label = "torch"
    needs: ClassVar[tuple[str, ...]] = ("torch",)

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        import torch

        super().__init__(workload, weights, threads=threads)
        torch.set_num_threads(threads)
        torch.manual_seed(42)
        self.torch = torch
        given = iter([torch.from_numpy(w.copy()) for w in weights.values()])
        self.net = torch.nn.Sequential(*self._modules(workload.layers, given, list(workload.in_shape)))
        if len(workload.in_shape) == 3:
            self.net = self.net.to(memory_format=torch.channels_last)

    @classmethod
    def takes(cls, workload: Workload) -> bool:
        """Everything."""
        return True

    def _modules(self, layers: Any, w: Iterator[Any], shape: list[int]) -> Iterator[Any]:
        """One or two modules a layer; takes the weights in order. The loss takes what comes before the last softmax."""
        nn = self.torch.nn
        for number, layer in enumerate(layers):
            keys = {"type": layer} if isinstance(layer, str) else layer
            match keys["type"]:
                case "flatten":
                    yield _Flatten()
                    shape[:] = [int(np.prod(shape))]
                case "dense":
                    dense = nn.Linear(shape[-1], keys["units"], bias=keys.get("use_bias", True))
                    _fill(dense.weight, next(w).T)
                    if dense.bias is not None:
                        _fill(dense.bias, next(w))
                    yield dense
                    shape[-1] = keys["units"]
                case "conv2d":
                    conv = nn.Conv2d(shape[2], keys["filters"], keys["kernel_size"])
                    _fill(conv.weight, next(w).permute(3, 2, 0, 1))
                    _fill(conv.bias, next(w))
                    yield conv
                    shape[:] = [shape[0] - 2, shape[1] - 2, keys["filters"]]
                case "max_pooling2d":
                    yield nn.MaxPool2d(2)
                    shape[:] = [shape[0] // 2, shape[1] // 2, shape[2]]
                case "dropout":
                    yield nn.Dropout(keys["rate"])
                case "lstm" | "gru":
                    yield _recurrent(nn, keys, w, shape)
                    shape[:] = [keys["units"]]
                case "embedding":
                    table = nn.Embedding(keys["input_dim"], keys["output_dim"])
                    _fill(table.weight, next(w))
                    yield table
                    shape.append(keys["output_dim"])
                case "position_embedding":
                    yield _Added(next(w))
                case "layer_normalization":
                    norm = nn.LayerNorm(shape[-1], eps=1e-3)
                    _fill(norm.weight, next(w))
                    _fill(norm.bias, next(w))
                    yield norm
                case "repeat":
                    for _ in range(keys["times"]):
                        yield _block(nn, keys["layer"], w, shape[-1])
                case other:
                    raise NotImplementedError(other)
            if keys.get("activation") and number != len(layers) - 1:
                assert keys["activation"] == "relu"
                yield nn.ReLU(inplace=True)

    def _tensors(self, x: np.ndarray, y: np.ndarray | None = None) -> tuple[Any, Any]:
        torch = self.torch
        inputs = torch.from_numpy(x)
        if x.ndim == 4:
            inputs = inputs.permute(0, 3, 1, 2)  # the same memory: channels last
        if self.workload.targets == TOKENS:
            inputs = inputs.long()
        if y is None:
            return inputs, None
        targets = torch.from_numpy(y)
        return inputs, targets.float()[:, None] if self.workload.targets == BITS else targets

    def _criterion(self, z: Any, y: Any) -> Any:
        functional = self.torch.nn.functional
        if self.workload.targets == NUMBERS:
            return functional.mse_loss(z, y)
        if self.workload.targets == BITS:
            return functional.binary_cross_entropy_with_logits(z, y)
        return functional.cross_entropy(z.flatten(0, -2), y.flatten())

    def _optimizer(self) -> Any:
        torch, keys = self.torch, self.workload.optimizer
        betas, rate = (0.9, keys.get("beta_2", 0.999)), keys["learning_rate"]
        if keys["type"] == "adam":
            return torch.optim.Adam(self.net.parameters(), lr=rate, betas=betas, eps=1e-7, fused=True)
        groups = [
            {"params": [p for p in self.net.parameters() if (p.dim() > 1) == decays], "weight_decay": decay}
            for decays, decay in ((True, keys["weight_decay"]), (False, 0.0))
        ]
        return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=1e-7, fused=True)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """In evaluation mode."""
        self.net.eval()
        with self.torch.inference_mode():
            inputs, targets = self._tensors(x, y)
            return float(self._criterion(self.net(inputs), targets))

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """Batches are slices of tensors that lie in memory: no DataLoader."""
        self.net.train()
        optimizer, clip, size = self._optimizer(), self.workload.clip, self.workload.batch
        inputs, targets = self._tensors(x, y)
        batches = list(zip(inputs.split(size), targets.split(size), strict=True))
        while True:
            for a, b in batches:
                optimizer.zero_grad(set_to_none=True)
                loss = self._criterion(self.net(a), b)
                loss.backward()
                if clip:
                    self.torch.nn.utils.clip_grad_norm_(self.net.parameters(), clip)
                optimizer.step()
                pace(loss.item)

    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """With all that is not needed for predictions switched off."""
        self.net.eval()
        batches = self._tensors(x)[0].split(self.workload.batch)
        with self.torch.inference_mode():
            while True:
                for a in batches:
                    y = self.torch.softmax(self.net(a), -1)
                    pace(lambda y=y: float(y[:, 0].sum()))  # type: ignore[misc]


def _fill(parameter: Any, values: Any) -> None:
    parameter.data.copy_(values)


def _Flatten() -> Any:  # noqa: N802  # stands for a class, which needs torch
    import torch

    class Flatten(torch.nn.Module):
        """A view of channels-last memory, in dlcli's order."""

        def forward(self, x: Any) -> Any:
            return (x.permute(0, 2, 3, 1) if x.dim() == 4 else x).flatten(1)

    return Flatten()


def _Added(table: Any) -> Any:  # noqa: N802
    import torch

    class Added(torch.nn.Module):
        """x + P."""

        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Parameter(table)

        def forward(self, x: Any) -> Any:
            return x + self.table

    return Added()


def _recurrent(nn: Any, keys: Mapping[str, Any], w: Iterator[Any], shape: list[int]) -> Any:
    """The last state of torch's own layer. Its gates lie as i f g o, as ours do; those of the GRU as r z n, ours z r n.

    Keras' LSTM has one bias where torch has two: the second stays 0 there and takes no part.
    """
    import torch

    H = keys["units"]
    inner = (nn.LSTM if keys["type"] == "lstm" else nn.GRU)(shape[-1], H, batch_first=True)
    kernel, recurrent, bias = next(w), next(w), next(w)
    if keys["type"] == "gru":
        order = torch.cat([torch.arange(H, 2 * H), torch.arange(H), torch.arange(2 * H, 3 * H)])
        kernel, recurrent, bias = kernel[:, order], recurrent[:, order], bias[:, order]
        _fill(inner.bias_ih_l0, bias[0])
        _fill(inner.bias_hh_l0, bias[1])
    else:
        _fill(inner.bias_ih_l0, bias)
        inner.bias_hh_l0.data.zero_()
        inner.bias_hh_l0.requires_grad_(False)
    _fill(inner.weight_ih_l0, kernel.T)
    _fill(inner.weight_hh_l0, recurrent.T)

    class Last(nn.Module):
        """(N, T, I) -> (N, H)."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Any) -> Any:
            return self.inner(x)[0][:, -1]

    return Last()


def _block(nn: Any, keys: Mapping[str, Any], w: Iterator[Any], width: int) -> Any:
    """nanoGPT's block: norms first, causal attention, gelu."""
    import torch
    functional, heads = torch.nn.functional, keys["num_heads"]

    def linear(into: int) -> Any:
        kernel, bias = next(w), next(w)
        dense = nn.Linear(len(kernel), into)
        _fill(dense.weight, kernel.T)
        _fill(dense.bias, bias)
        return dense

    def norm() -> Any:
        layer = nn.LayerNorm(width, eps=1e-5)
        _fill(layer.weight, next(w))
        _fill(layer.bias, next(w))
        return layer

    class Block(nn.Module):
        """(N, T, I) -> (N, T, I)."""

        def __init__(self) -> None:
            super().__init__()
            self.norm_1, self.qkv, self.out = norm(), linear(3 * width), linear(width)
            self.norm_2, self.wide, self.narrow = norm(), linear(keys["intermediate_dim"]), linear(width)

        def forward(self, x: Any) -> Any:
            N, T, _ = x.shape
            q, k, v = (
                z.view(N, T, heads, width // heads).transpose(1, 2)
                for z in self.qkv(self.norm_1(x)).split(width, dim=2)
            )
            seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(seen.transpose(1, 2).reshape(N, T, width))
            return x + self.narrow(functional.gelu(self.wide(self.norm_2(x))))

    return Block()
