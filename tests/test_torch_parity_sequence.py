"""Layers over steps against PyTorch on the CPU: values, dx and parameter gradients, padding included."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.model import Model, Pass

torch = pytest.importorskip(
    "torch", reason="to compare with PyTorch: pip install torch",
)
RELATIVE = {"float32": 1e-5, "float64": 1e-10}
dtypes = pytest.mark.parametrize("dtype", RELATIVE)
N, T, WIDTH, H = 5, 7, 3, 4
LENGTHS = torch.tensor([7, 3, 1, 5, 2])


class Ours:
    """Layers with random parameters, run forward and back once."""

    def __init__(self, *layers, shape, dtype, x=None, padded=False):
        rng = np.random.default_rng(0)
        self.model = Model([from_yaml(Layer, layer) for layer in (*(["masking"] if padded else []), *layers)], shape,
                           dtype=dtype)
        theta, buffers = self.model.initialize(rng)
        theta += 0.3 * rng.standard_normal(theta.shape).astype(dtype)
        self.x = (rng.standard_normal((N, *shape)) if x is None else x).astype(dtype)
        if padded:
            self.x[np.arange(T) >= LENGTHS.numpy()[:, None]] = 0
        through = Pass(self.model, theta, buffers, input_gradient=x is None)
        self.y = through.forward(self.x).copy()
        self.dy = rng.standard_normal(self.y.shape).astype(dtype)
        if padded and self.y.ndim == 3:  # what stands at padding is nobody's business
            self.dy[np.arange(T) >= LENGTHS.numpy()[:, None]] = 0
        self.dx = through.backward(self.dy)
        self.params = {k: torch.tensor(v) for k, v in self.model.layout.views(theta).items()}
        self.grads = self.model.layout.views(through.grad)
        self.dtype = dtype

    def same(self, ours, theirs):
        theirs = theirs.detach().numpy()
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE[self.dtype], atol=RELATIVE[self.dtype] * scale)

    def agrees_with(self, net, wanted, x, *, where=slice(None)):
        wanted.backward(torch.tensor(self.dy))
        self.same(self.y[where], wanted[where])
        self.same(self.dx, x.grad)


def recurrent(kind, ours, name, suffix="l0"):
    """PyTorch's layer with our parameters; its own order of gates, by blocks of rows."""
    order = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "simple_rnn": (0,)}[kind]

    def blocks(array):
        joined = torch.cat([array.chunk(len(order), dim=-1)[k] for k in order], dim=-1)
        return joined.mT if joined.ndim == 2 else joined

    bias = ours.params[f"{name}/bias"]
    first, second = bias if bias.ndim == 2 else (bias, torch.zeros_like(bias))
    return {
        f"weight_ih_{suffix}": blocks(ours.params[f"{name}/kernel"]),
        f"weight_hh_{suffix}": blocks(ours.params[f"{name}/recurrent_kernel"]),
        f"bias_ih_{suffix}": blocks(first), f"bias_hh_{suffix}": blocks(second),
    }, blocks


TORCH = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "simple_rnn": torch.nn.RNN}


@dtypes
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("kind", TORCH)
def test_recurrent(kind, sequences, padded, dtype):
    ours = Ours({"type": kind, "units": H, "return_sequences": sequences}, shape=(T, WIDTH), dtype=dtype, padded=padded)
    net = TORCH[kind](WIDTH, H, batch_first=True, dtype=getattr(torch, dtype))
    state, blocks = recurrent(kind, ours, kind)
    net.load_state_dict(state)
    x = torch.tensor(ours.x, requires_grad=True)
    y, last = _packed(net, x) if padded else net(x)
    last = last[0] if kind == "lstm" else last
    live = np.arange(T) < LENGTHS.numpy()[:, None] if padded and sequences else slice(None)
    ours.agrees_with(net, y if sequences else last[0], x, where=live)
    ours.same(blocks(torch.tensor(ours.grads[f"{kind}/kernel"])), net.weight_ih_l0.grad)
    ours.same(blocks(torch.tensor(ours.grads[f"{kind}/recurrent_kernel"])), net.weight_hh_l0.grad)
    bias = torch.tensor(ours.grads[f"{kind}/bias"])
    ours.same(blocks(bias[0] if bias.ndim == 2 else bias), net.bias_ih_l0.grad)
    if bias.ndim == 2:
        ours.same(blocks(bias[1]), net.bias_hh_l0.grad)


def _packed(net, x):
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    y, last = net(packed)
    return torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=T)[0], last


@dtypes
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("kind", TORCH)
def test_bidirectional(kind, padded, dtype):
    inner = {"type": kind, "units": H, "return_sequences": True}
    ours = Ours({"type": "bidirectional", "layer": inner}, shape=(T, WIDTH), dtype=dtype, padded=padded)
    net = TORCH[kind](WIDTH, H, batch_first=True, bidirectional=True, dtype=getattr(torch, dtype))
    state = {}
    for way, suffix in (("forward", "l0"), ("backward", "l0_reverse")):
        state |= recurrent(kind, ours, f"bidirectional/{way}", suffix)[0]
    net.load_state_dict(state)
    x = torch.tensor(ours.x, requires_grad=True)
    y = (_packed(net, x) if padded else net(x))[0]
    live = np.arange(T) < LENGTHS.numpy()[:, None] if padded else slice(None)
    ours.agrees_with(net, y, x, where=live)


@dtypes
def test_embedding(dtype):
    ids = np.random.default_rng(1).integers(0, 6, (N, T))
    ours = Ours({"type": "embedding", "input_dim": 9, "output_dim": WIDTH}, shape=(T,), dtype=dtype, x=ids)
    table = ours.params["embedding/embeddings"].requires_grad_()
    y = torch.nn.functional.embedding(torch.tensor(ids), table)
    y.backward(torch.tensor(ours.dy))
    ours.same(ours.y, y)
    ours.same(ours.grads["embedding/embeddings"], table.grad)


def attention(net, ours, name):
    net.load_state_dict({
        "in_proj_weight": ours.params[f"{name}/qkv_kernel"].T, "in_proj_bias": ours.params[f"{name}/qkv_bias"],
        "out_proj.weight": ours.params[f"{name}/output_kernel"].T, "out_proj.bias": ours.params[f"{name}/output_bias"],
    })


@dtypes
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_multi_head_attention(causal, padded, dtype):
    width, name = 6, "multi_head_attention"
    ours = Ours({"type": name, "num_heads": 3, "causal": causal}, shape=(T, width), dtype=dtype, padded=padded)
    net = torch.nn.MultiheadAttention(width, 3, batch_first=True, dtype=getattr(torch, dtype))
    attention(net, ours, name)
    x = torch.tensor(ours.x, requires_grad=True)
    ahead = torch.ones(T, T, dtype=bool).triu(1) if causal else None
    dead = torch.arange(T) >= LENGTHS[:, None] if padded else None
    y, _ = net(x, x, x, attn_mask=ahead, key_padding_mask=dead, need_weights=False)
    y.backward(torch.tensor(ours.dy))
    ours.same(ours.y, y)
    if not padded:  # the masking layer before ours keeps gradients from padding, PyTorch does not
        ours.same(ours.dx, x.grad)
    ours.same(ours.grads[f"{name}/qkv_kernel"].T, net.in_proj_weight.grad)
    ours.same(ours.grads[f"{name}/qkv_bias"], net.in_proj_bias.grad)
    ours.same(ours.grads[f"{name}/output_kernel"].T, net.out_proj.weight.grad)
    ours.same(ours.grads[f"{name}/output_bias"], net.out_proj.bias.grad)


@dtypes
@pytest.mark.parametrize("first", [False, True], ids=["norm after", "norm first"])
@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_transformer_blocks(kind, first, dtype):
    width, name = 6, f"transformer_{kind}"
    block = {"type": name, "num_heads": 2, "intermediate_dim": 9, "activation": "gelu", "normalize_first": first}
    ours = Ours(block, shape=(T, width), dtype=dtype)
    net = torch.nn.TransformerEncoderLayer(
        width, 2, 9, dropout=0.0, activation="gelu", batch_first=True, norm_first=first, dtype=getattr(torch, dtype),
    )
    attention(net.self_attn, ours, f"{name}/attention/layers/attention")
    norms = [f"{name}/{part}/layers/{part}_norm" if first else f"{name}/{part}_norm"
             for part in ("attention", "feedforward")]
    wide, narrow = (f"{name}/feedforward/layers/{part}" for part in ("wide", "narrow"))
    own = {"norm1.weight": f"{norms[0]}/gamma", "norm1.bias": f"{norms[0]}/beta", "norm2.weight": f"{norms[1]}/gamma",
           "norm2.bias": f"{norms[1]}/beta", "linear1.weight": f"{wide}/kernel", "linear1.bias": f"{wide}/bias",
           "linear2.weight": f"{narrow}/kernel", "linear2.bias": f"{narrow}/bias"}
    net.load_state_dict({k: ours.params[v].T if v.endswith("kernel") else ours.params[v] for k, v in own.items()},
                        strict=False)
    x = torch.tensor(ours.x, requires_grad=True)
    ahead = torch.ones(T, T, dtype=bool).triu(1) if kind == "decoder" else None
    ours.agrees_with(net, net(x, src_mask=ahead), x)
    theirs = dict(net.named_parameters())
    for k, v in own.items():
        ours.same(ours.grads[v].T if v.endswith("kernel") else ours.grads[v], theirs[k].grad)
