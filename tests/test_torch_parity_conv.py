"""Layers over images and steps, and normalisations, against PyTorch on the CPU: outputs and all gradients."""

import by_hand
import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="to compare with PyTorch: pip install torch",
)
F = torch.nn.functional
RELATIVE = {"float32": 1e-5, "float64": 1e-10}
SEEDS = range(6)
both_dtypes = pytest.mark.parametrize("dtype", RELATIVE)
many = pytest.mark.parametrize("seed", SEEDS)


def compare(keys, x, dtype, function, training=False):
    """Runs layer and `function(x, **params)` of torch, channels last, and compares y, dx and parameter gradients."""
    rng = np.random.default_rng(99)
    made = by_hand.layer(keys)
    ctx = by_hand.context(made.plan(x.shape[1:]), dtype=dtype, training=training)
    for value in ctx.params.values():
        value += rng.normal(size=value.shape).astype(dtype)
    x = x.astype(dtype)
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in ctx.params.items()}
    given = torch.tensor(x, requires_grad=True)
    wanted = function(given, **leaves)
    y = made.forward(ctx, x)
    assert y.shape == tuple(wanted.shape)
    dy = rng.normal(size=y.shape).astype(dtype)
    wanted.backward(torch.tensor(dy))
    pairs = {"y": (y.copy(), wanted), "dx": (made.backward(ctx, dy), given.grad)}
    pairs |= {name: (ctx.grads[name], leaf.grad) for name, leaf in leaves.items()}
    for name, (ours, theirs) in pairs.items():
        theirs = theirs.detach().numpy()
        atol = RELATIVE[dtype] * max(1e-3, float(np.abs(theirs).max()))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, err_msg=name)


def first(x):
    """Channels first, as torch has them."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def same_borders(x, size, strides, dilation, value=0.0):
    """x: (N, C, ...) with Keras' border for padding: same."""
    borders = []
    for n, k, s, d in zip(x.shape[2:], size, strides, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        borders = [total // 2, total - total // 2, *borders]
    return F.pad(x, borders, value=value)


def draw(seed, axes=2):
    """A random window and images that it fits in."""
    rng = np.random.default_rng(seed)
    size, strides = (tuple(int(v) for v in rng.integers(1, 4, axes)) for _ in range(2))
    dilation = tuple(int(v) for v in rng.integers(1, 3, axes)) if seed % 2 else (1,) * axes
    extents = tuple((k - 1) * d + 1 + int(rng.integers(0, 8)) for k, d in zip(size, dilation, strict=True))
    padding = "same" if seed % 3 else "valid"
    return rng, size, strides, dilation, extents, padding


@both_dtypes
@many
@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d(seed, groups, dtype):
    rng, size, strides, dilation, extents, padding = draw(seed)
    channels = groups * int(rng.integers(1, 10))
    keys = {
        "type": "conv2d", "filters": 6, "kernel_size": list(size), "strides": list(strides), "padding": padding,
        "dilation_rate": list(dilation), "groups": groups,
    }

    def function(x, kernel, bias):
        x = first(x)
        if padding == "same":
            x = same_borders(x, size, strides, dilation)
        return last(F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, strides, 0, dilation, groups))

    compare(keys, rng.normal(size=(5, *extents, channels)), dtype, function)


@both_dtypes
@pytest.mark.parametrize("size", [1, 3])
def test_conv2d_over_several_micro_batches(size, dtype):
    x = np.random.default_rng(0).normal(size=(13, 40, 37, 32))

    def function(x, kernel, bias):
        return last(F.conv2d(first(x), kernel.permute(3, 2, 0, 1), bias, padding=size // 2))

    compare({"type": "conv2d", "filters": 4, "kernel_size": size, "padding": "same"}, x, dtype, function)


@both_dtypes
@many
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_conv1d(seed, padding, dtype):
    rng, size, strides, dilation, extents, _ = draw(seed, axes=1)
    keys = {
        "type": "conv1d", "filters": 3, "kernel_size": size[0], "strides": strides[0], "padding": padding,
        "dilation_rate": dilation[0],
    }

    def function(x, kernel, bias):
        x = first(x)
        if padding == "same":
            x = same_borders(x, size, strides, dilation)
        if padding == "causal":
            x = F.pad(x, ((size[0] - 1) * dilation[0], 0))
        return last(F.conv1d(x, kernel.permute(2, 1, 0), bias, strides, 0, dilation))

    compare(keys, rng.normal(size=(4, *extents, int(rng.integers(1, 20)))), dtype, function)


@both_dtypes
@many
def test_conv2d_transpose(seed, dtype):
    rng, size, strides, _, extents, _ = draw(seed)
    strides = tuple(min(s, k) for s, k in zip(strides, size, strict=True))
    keys = {"type": "conv2d_transpose", "filters": 3, "kernel_size": list(size), "strides": list(strides)}

    def function(x, kernel, bias):
        return last(F.conv_transpose2d(first(x), kernel.permute(3, 2, 0, 1), bias, strides))

    compare(keys, rng.normal(size=(4, *extents, 2)), dtype, function)


@both_dtypes
@pytest.mark.parametrize(("size", "strides", "crop"), [(4, 2, 1), (5, 1, 2), (3, 1, 1), (2, 2, 0)])
def test_conv2d_transpose_with_same_padding(size, strides, crop, dtype):
    keys = {"type": "conv2d_transpose", "filters": 3, "kernel_size": size, "strides": strides, "padding": "same"}

    def function(x, kernel, bias):
        return last(F.conv_transpose2d(first(x), kernel.permute(3, 2, 0, 1), bias, strides, crop))

    compare(keys, np.random.default_rng(0).normal(size=(3, 5, 4, 2)), dtype, function)


@both_dtypes
@many
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_and_separable_conv2d(seed, multiplier, dtype):
    rng, size, strides, dilation, extents, padding = draw(seed)
    keys = {
        "kernel_size": list(size), "strides": list(strides), "padding": padding, "dilation_rate": list(dilation),
        "depth_multiplier": multiplier,
    }

    def depthwise(x, kernel):
        x, channels = first(x), x.shape[-1]
        if padding == "same":
            x = same_borders(x, size, strides, dilation)
        kernel = kernel.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, *size)
        return last(F.conv2d(x, kernel, None, strides, 0, dilation, channels))

    def separable(x, depthwise_kernel, pointwise_kernel, bias):
        return depthwise(x, depthwise_kernel) @ pointwise_kernel[0, 0] + bias

    x = rng.normal(size=(4, *extents, 3))
    compare({"type": "depthwise_conv2d", **keys}, x, dtype, lambda x, kernel, bias: depthwise(x, kernel) + bias)
    compare({"type": "separable_conv2d", "filters": 2, **keys}, x, dtype, separable)


@both_dtypes
def test_depthwise_conv2d_over_several_micro_batches(dtype):
    """Images of which two fit in a micro-batch before they get their border, and one afterwards."""
    x = np.random.default_rng(0).normal(size=(5, 36, 36, 48))

    def function(x, kernel, bias):
        return last(F.conv2d(first(x), kernel.permute(2, 3, 0, 1), None, padding=2, groups=48)) + bias

    compare({"type": "depthwise_conv2d", "kernel_size": 5, "padding": "same"}, x, dtype, function)


@both_dtypes
@many
@pytest.mark.parametrize("training", [False, True])
def test_pooling(seed, training, dtype):
    rng, size, strides, _, extents, padding = draw(2 * seed)
    if seed == 0:
        size = strides = (2, 2)
        extents, padding = (70, 53), "valid"
    keys = {"pool_size": list(size), "strides": list(strides), "padding": padding}

    def largest(x):
        x = first(x)
        if padding == "same":
            x = same_borders(x, size, strides, (1, 1), -torch.inf)
        return last(F.max_pool2d(x, size, strides))

    def mean(x):
        x = first(x)
        if padding == "valid":
            return last(F.avg_pool2d(x, size, strides))
        x, inside = (same_borders(v, size, strides, (1, 1)) for v in (x, torch.ones_like(x)))
        return last(F.avg_pool2d(x, size, strides) / F.avg_pool2d(inside, size, strides))

    x = rng.normal(size=(4, *[max(n, k) for n, k in zip(extents, size, strict=True)], 9))
    compare({"type": "max_pooling2d", **keys}, x, dtype, largest, training=training)
    compare({"type": "average_pooling2d", **keys}, x, dtype, mean, training=training)


@both_dtypes
def test_pooling_over_steps_and_over_everything(dtype):
    rng = np.random.default_rng(0)
    steps, images = rng.normal(size=(4, 9, 3)), rng.normal(size=(4, 5, 6, 3))
    keys = {"pool_size": 3, "strides": 2}
    compare({"type": "max_pooling1d", **keys}, steps, dtype, lambda x: last(F.max_pool1d(first(x), 3, 2)))
    compare({"type": "average_pooling1d", **keys}, steps, dtype, lambda x: last(F.avg_pool1d(first(x), 3, 2)))
    compare("global_max_pooling1d", steps, dtype, lambda x: x.amax(1))
    compare("global_average_pooling1d", steps, dtype, lambda x: x.mean(1))
    compare("global_max_pooling2d", images, dtype, lambda x: x.amax((1, 2)))
    compare("global_average_pooling2d", images, dtype, lambda x: x.mean((1, 2)))


@both_dtypes
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [(2, 2), (3, 1), (1, 4)])
def test_up_sampling2d(size, interpolation, dtype):
    def function(x):
        options = {"align_corners": False} if interpolation == "bilinear" else {}
        return last(F.interpolate(first(x), scale_factor=size, mode=interpolation, **options))

    keys = {"type": "up_sampling2d", "size": list(size), "interpolation": interpolation}
    compare(keys, np.random.default_rng(0).normal(size=(3, 5, 4, 2)), dtype, function)


@both_dtypes
@pytest.mark.parametrize("shape", [(64, 5), (7, 12, 30, 16), (10, 20, 31, 3)], ids=str)
def test_normalizations(shape, dtype):
    x = 2 * np.random.default_rng(0).normal(size=shape) + 3
    C, rest = shape[-1], shape[1:]

    def batch(x, gamma, beta):
        return last(F.batch_norm(first(x), None, None, gamma, beta, training=True, eps=1e-3))

    def groups(x, gamma, beta):
        return last(F.group_norm(first(x), C if C < 16 else 4, gamma, beta, 1e-3)) if x.ndim > 2 else F.layer_norm(
            x, (C,), gamma, beta, 1e-3,
        )

    keys = {"type": "group_normalization", "groups": (-1 if C < 16 else 4) if len(shape) > 2 else 1}
    compare(keys, x, dtype, groups)
    compare("layer_normalization", x, dtype, lambda x, gamma, beta: F.layer_norm(x, (C,), gamma, beta, 1e-3))
    compare(
        {"type": "layer_normalization", "axis": list(range(1, len(shape)))}, x, dtype,
        lambda x, gamma, beta: F.layer_norm(x, rest, gamma, beta, 1e-3),
    )
    compare("rms_normalization", x, dtype, lambda x, scale: F.rms_norm(x, (C,), scale, 1e-6))
    compare({"type": "batch_normalization"}, x, dtype, batch, training=True)


@both_dtypes
def test_activations(dtype):
    # torch's own hardsigmoid and hardswish take 1/6 in float32, whatever the dtype
    x = 4 * np.random.default_rng(0).normal(size=(7, 30))
    def hard_sigmoid(x):
        return F.relu6(x + 3) / 6

    def hard_swish(x):
        return x * hard_sigmoid(x)

    for keys, function in (
        ("swish", F.silu), ("silu", F.silu), ("mish", F.mish), ("selu", F.selu), ("hard_sigmoid", hard_sigmoid),
        ("hard_swish", hard_swish), ("hard_silu", hard_swish), ("hard_tanh", F.hardtanh), ("relu6", F.relu6),
    ):
        compare(keys, x, dtype, function)
    compare("prelu", x, dtype, lambda x, alpha: torch.where(x > 0, x, alpha * x))
