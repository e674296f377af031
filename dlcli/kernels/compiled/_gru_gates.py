"""What a GRU does with the sums of one step of one sample, there and back. gates: (4 H,) hold g, z, r and q."""

from dlcli.kernels.compiled._functions import sigmoid, tanh
from dlcli.kernels.compiled._jit import jit


@jit()
def gate(sums, gates, h, h_next):
    """One step of one sample, where the reset comes after the product; gates: g, z, r, q."""
    H = gates.size // 4
    for j in range(H):
        z, r, q = sigmoid(sums[H + j]), sigmoid(sums[2 * H + j]), sums[3 * H + j]
        g = tanh(sums[j] + r * q)
        gates[j], gates[H + j], gates[2 * H + j], gates[3 * H + j] = g, z, r, q
        h_next[j] = z * (h[j] - g) + g


@jit()
def open_gates(sums, gates, h):
    """Where it comes before: z, r and what the product takes, r h."""
    H = gates.size // 4
    for j in range(H):
        r = sigmoid(sums[2 * H + j])
        gates[H + j], gates[2 * H + j], gates[3 * H + j] = sigmoid(sums[H + j]), r, r * h[j]


@jit()
def advance(sums, gates, h, h_next):
    """The rest of that step, after the product."""
    H = gates.size // 4
    for j in range(H):
        z, g = gates[H + j], tanh(sums[j])
        gates[j], h_next[j] = g, z * (h[j] - g) + g


@jit()
def gate_back(gates, h, dh):
    """The way back of `gate`: sums' gradients in place of the gates, and dh for h alone."""
    H = gates.size // 4
    one = dh.dtype.type(1)
    for j in range(H):
        g, z, r, q, d = gates[j], gates[H + j], gates[2 * H + j], gates[3 * H + j], dh[j]
        to_g = d * (one - z) * (one - g * g)
        gates[j] = to_g
        gates[H + j] = d * (h[j] - g) * z * (one - z)
        gates[2 * H + j] = to_g * q * r * (one - r)
        gates[3 * H + j] = to_g * r
        dh[j] = d * z


@jit()
def advance_back(gates, h, dh):
    """The way back of `advance`."""
    H = gates.size // 4
    one = dh.dtype.type(1)
    for j in range(H):
        g, z, d = gates[j], gates[H + j], dh[j]
        gates[j] = d * (one - z) * (one - g * g)
        gates[H + j] = d * (h[j] - g) * z * (one - z)
        dh[j] = d * z


@jit()
def open_back(gates, h, dh, rest):
    """The way back of `open_gates`; `rest`: the gradient of r h."""
    H = gates.size // 4
    one = dh.dtype.type(1)
    for j in range(H):
        r, d = gates[2 * H + j], rest[j]
        gates[2 * H + j] = d * h[j] * r * (one - r)
        dh[j] += d * r
