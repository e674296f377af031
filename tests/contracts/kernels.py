"""Arguments for every kernel that has a compiled twin, and what is compared of the two."""

import copy
import inspect
import sys
from itertools import pairwise

import numpy as np

from dlcli.core.memory import Memory
from dlcli.kernels import dense, gelu, layer_normalization, linear, pooling, recurrent
from dlcli.kernels.convolution import place_shape
from dlcli.kernels.im2col import Window

WINDOWS = (
    Window((3, 3)), Window((1, 1)), Window((2, 3), (2, 1), (1, 2), (1, 0), (0, 2)),
    Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)), Window((2, 2), (2, 2)),
    Window((3, 2), (1, 2), (2, 1), (2, 1), (2, 0)),
)


CONVOLUTIONS = (
    (Window((3, 3)), (3, 7, 8), 1, 5), (Window((3, 3)), (2, 6, 7), 3, 16), (Window((3, 3)), (2, 7, 8), 16, 24),
    (Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)), (2, 5, 4), 24, 16), (Window((3, 3)), (20, 4, 3), 16, 16),
    (Window((3, 3), (1, 1), (1, 1), (0, 1), (1, 2)), (1, 2, 3), 16, 16), (Window((3, 3)), (1, 3, 3), 16, 16),
    (Window((1, 1)), (2, 4, 5), 9, 4), (Window((2, 3), (2, 1), (1, 2), (1, 0), (0, 2)), (3, 7, 8), 9, 17),
    (Window((3, 2), (1, 2), (2, 1), (2, 1), (2, 0)), (3, 7, 8), 1, 9),
    (Window((2, 3), (1, 1), (1, 2), (0, 2), (0, 2)), (2, 5, 9), 1, 8),
    (Window((4, 4), (3, 3), (1, 1), (1, 1), (2, 2)), (2, 9, 10), 6, 8), (Window((1, 4), (1, 2)), (3, 1, 40), 4, 40),
    (Window((3, 3)), (20, 7, 8), 16, 24), (Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1)), (21, 5, 4), 24, 16),
    (Window((3, 3), (1, 1), (1, 1), (0, 1), (1, 2)), (70, 2, 3), 16, 16),
)
"""Window, (N, H, W), C, F."""


class Case:
    """Arguments of one kernel.

    `results`: where it writes them, or what finds them in its arguments; `terms`: how many numbers are added up in one.
    """

    def __init__(self, kernel, *args, results=("out",), terms=1, **kwargs):
        self.kernel, self.args, self.kwargs, self.results, self.terms = kernel, args, kwargs, results, terms

    def run(self, function):
        """What the function returns, if an array, and what it has written."""
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        with np.errstate(all="ignore"):
            y = function(*args, **kwargs)
        if inspect.isgenerator(y):
            return [part.copy() for _, part in y]
        if isinstance(y, int):
            return [np.array(y)]
        return [
            name(*args) if callable(name) else args[name] if isinstance(name, int) else kwargs[name]
            for name in self.results
        ]


class Convolution(Case):
    """A convolution there, or with `dW` back, from where the kernel of the same kind has got to."""

    def run(self, function):
        home = vars(sys.modules[function.__module__])
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        x, W, b, *dy = args
        ways = {"window": kwargs["window"], "pool": kwargs["pool"], "relu": kwargs["relu"]}

        def kernel(name):
            return getattr(home[name], "plain", home[name])

        def work(name):
            size = kernel(name)(x.shape, W, kwargs["window"], pool=kwargs["pool"])
            return np.full(size, 7, x.dtype)

        if not dy:
            function(x, W, b, out=kwargs["out"], work=work("convolution_size"), **ways)
            return [kwargs["out"]]
        y, place = np.empty_like(dy[0]), np.zeros(place_shape(dy[0].shape), np.uint8)
        kernel("convolution")(x, W, b, out=y, work=work("convolution_size"), place=place, **ways)
        function(x, W, dy[0], y=y, place=place, work=work("convolution_gradient_size"), **kwargs)
        return [kwargs[name] for name in self.results if kwargs[name] is not None]


class WalkBack(Case):
    """The way back of a recurrent layer, on what the kernel of the same kind has kept on its way there."""

    def __init__(self, there, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.there = there

    def run(self, function):
        forward = vars(sys.modules[function.__module__])[self.there.kernel.rpartition(".")[2]]
        there, args, kwargs = copy.deepcopy((self.there, self.args, self.kwargs))  # at once: they share their memory
        getattr(forward, "plain", forward)(*there.args, **there.kwargs)
        function(*args, **kwargs)
        return [kwargs[name] for name in self.results]


def every_case(dtype):
    rng = np.random.default_rng(0)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    def empty(*shape):
        return np.full(shape, 7, dtype)

    def bits(*shape):
        return rng.random(shape) < 0.5

    for amsgrad in (None, abs(draw(1000))):
        yield Case(
            "adam.adam", draw(1000), draw(1000), draw(1000), abs(draw(1000)), beta_1=0.9, beta_2=0.99, alpha=0.01,
            epsilon=1e-7, largest=amsgrad, results=(0, 2, 3, *([] if amsgrad is None else ["largest"])),
        )
    x = draw(7, 33)
    yield Case("relu.relu", x, zeros=np.zeros_like(x), out=empty(7, 33))
    yield Case("relu.relu_gradient", draw(7, 33), np.maximum(x, 0), alive=bits(7, 33), out=empty(7, 33))
    for kernel, slope in (("gelu.gelu", empty(7, 33)), ("gelu.gelu", None), ("gelu.gelu_approximate", empty(7, 33))):
        yield Case(
            kernel, 2 * x, slope=slope, work=empty(*gelu.work_shape(x.size)), out=empty(7, 33),
            results=("out",) if slope is None else ("out", "slope"),
        )
    for numbers in (100 * draw(7, 33), draw(7, 40)[:, ::2]):
        yield Case("sigmoid.sigmoid", numbers, out=empty(*numbers.shape))
    for numbers in (draw(7, 1), 100 * draw(7, 33)):
        yield Case(
            "binary_crossentropy.binary_crossentropy", numbers, abs(np.tanh(draw(*numbers.shape))),
            results=("p", "cross"),
            **{name: empty(*numbers.shape) for name in ("p", "cross", "work")},
        )
        yield Case(
            "binary_crossentropy.binary_crossentropy_gradient", numbers, draw(*numbers.shape), scale=0.3,
            out=empty(*numbers.shape),
        )
    for K in (1, 10, 65):
        x = draw(9, K) * 20
        yield Case(
            "softmax.softmax", x, peak=empty(9), total=empty(9), columns=empty(K, 9) if K == 10 else None,
            terms=20 * K, out=empty(9, K), results=("out", "peak", "total"),
        )
        yield Case("softmax.softmax_backward", abs(x), draw(9, K), row=empty(9, 1), terms=K, out=empty(9, K))
        at = np.arange(9) * K + rng.integers(0, K, 9)
        yield Case(
            "categorical_crossentropy.categorical_crossentropy", x, at, p=empty(9, K), losses=empty(9), peak=empty(9),
            total=empty(9), picked=empty(9), results=("p", "losses"), terms=20 * K,
        )
        for scale in (0.3, draw(3, 1)):
            yield Case(
                "categorical_crossentropy.categorical_crossentropy_gradient", draw(9, K), at, scale=scale,
                picked=empty(9), out=empty(3, 3 * K),
            )
    for labels in (rng.integers(0, 4, 50), np.eye(4)[rng.integers(0, 4, 50)]):
        p = rng.standard_normal((50, 4)).round(1).astype(dtype)
        p[3, 1:3] = p[4] = np.nan
        yield Case("counting.count_right", p, labels, Memory(p.dtype), results=())
    for p, labels in ((draw(9, 1), np.arange(9) % 2), (draw(3, 5, 4), np.arange(15).reshape(3, 5) % 4)):
        yield Case("counting.count_right", p, labels, Memory(p.dtype), results=())
    for kind in ("uint8", "int16", "float32"):
        table = rng.integers(0, 256, (40, 5, 3)).astype(kind)
        yield Case(
            "rows.take_scaled", table, np.array([3, 39, 0, 3, -2, 50]), scale=1 / 255, out=empty(6, 5, 3),
            raw=np.empty((6, 5, 3), kind),
        )
    yield from _linear(draw, empty)
    yield from _dense(draw, empty)
    yield from _dense_with_losses(draw, empty)
    yield from _normalizations(draw, empty)
    ids = rng.integers(0, 6, 50)
    yield Case(
        "embedding.add_rows", ids, draw(50, 5), counting=np.arange(50), work=empty(2, 50, 5),
        integers=np.empty((3, 50), np.intp), terms=20, out=empty(7, 5),
    )
    for window in WINDOWS:
        for C in (1, 3, 9):
            yield from _windows(window, C, draw, empty)
    for dilation, before in (((1, 1), (0, 0)), ((1, 2), (1, 2))):
        x, W, y = draw(3, 7, 8, 5), draw(3, 2, 5), draw(3, 5, 7 if before == (0, 0) else 8, 5)
        places = {"work": empty(5_000), "dilation": dilation, "before": before}
        yield Case("depthwise_rows.correlate", x, W, out=empty(*y.shape), terms=6, **places)
        yield Case(
            "depthwise_rows.correlate_kernel_gradient", x, y, dW=empty(*W.shape), results=["dW"], terms=100, **places,
        )
    for shape in CONVOLUTIONS:
        yield from _convolutions(*shape, draw, empty)
    yield from _poolings(draw, empty, bits)
    yield from _recurrent(draw, empty, bits)
    yield from _attention(draw, empty, bits)


def _linear(draw, empty):
    for (M, K, N), biased, back in (
        ((7, 5, 3), True, True), ((1, 70, 40), False, True), ((50, 33, 70), True, False), ((400, 1200, 40), True, True),
        ((64, 65, 1300), False, True),
    ):
        x, W, b, dy = draw(M, K), draw(K, N), draw(N), draw(M, N)
        work = empty(linear.linear_size(W.shape))
        yield Case("linear.linear", x, W, b if biased else None, out=empty(M, N), work=work, terms=K)
        yield Case(
            "linear.linear_gradient", x, W, dy, dW=empty(K, N), db=empty(N) if biased else None,
            dx=empty(M, K) if back else None, work=work, terms=M + N,
            results=("dW", *(["db"] if biased else []), *(["dx"] if back else [])),
        )


def _dense(draw, empty):
    for rows, inputs in ((1, 70), (5, 70), (30, 70), (60, 101), (400, 70), (130, 198)):
        x, dy, chain = draw(rows, inputs), draw(rows, 3), _chain((inputs, 40, 33, 3), rows, draw, empty)
        yield Case("dense.chain_forward", x, chain, results=[lambda x, chain: chain.y], terms=150)
        yield Case(
            "dense.chain_backward", x, dy, chain, terms=600,
            results=[lambda x, dy, chain: chain.grad, lambda x, dy, chain: chain.links[0].dx],
        )


def _dense_with_losses(draw, empty):
    results = [
        lambda x, y, chain: chain.y, lambda x, y, chain: chain.grad, lambda x, y, chain: chain.judged.losses,
        lambda x, y, chain: chain.links[0].dx,
    ]
    for rows in (1, 7, 60):
        yield Case(
            "chain_end.chain_softmax", draw(rows, 70) / 70, _chain((70, 40, 12), rows, draw, empty), terms=600,
            results=[lambda x, chain: chain.y, lambda x, chain: chain.judged.p],
        )
        for name, units, y in (
            ("categorical_crossentropy", 3, np.arange(rows) % 3), ("binary_crossentropy", 1, np.arange(rows) % 2),
            ("categorical_crossentropy", 25, np.arange(rows) % 25), ("mse", 3, draw(rows, 3)), ("mse", 1, draw(rows)),
        ):
            chain = _chain((70, 40, units), rows, draw, empty, bias=units > 1)
            linked = [] if name == "mse" else [lambda x, y, chain: chain.judged.p]
            yield Case(
                f"chain_end.chain_{name}", draw(rows, 70) / 70, y, chain, weight=0.3, terms=600,
                results=[*results, *linked],
            )


def _chain(sizes, rows, draw, empty, *, bias=True):
    layers, at = [], 0
    for inputs, units in pairwise(sizes):
        layers.append(dense.Dense(inputs, units, at, at + inputs * units if bias else None, units in (25, 40)))
        at += (inputs + 1) * units
    return dense.Chain(
        layers, rows, theta=draw(at), grad=empty(at), space=draw(dense.space_size(layers, rows)), learned=len(layers),
        dx=True,
    )


def _normalizations(draw, empty):
    R, K = 6, 40
    for gamma, beta, dx, center in (
        (draw(K), draw(K), empty(R, K), True), (draw(K), None, empty(R, K), False), (None, draw(K), empty(R, K), True),
        (None, None, empty(R, K), True), (draw(K), draw(K), None, True),
    ):
        shared = {"work": empty(*layer_normalization.work_shape(R, K)), "center": center, "terms": K}
        yield Case(
            "layer_normalization.normalize_rows", draw(R, K), gamma, beta, rows=empty(R, K), inverse=empty(R, 1),
            epsilon=1e-3, out=empty(R, K), results=("rows", "inverse", *(() if gamma is beta is None else ("out",))),
            **shared,
        )
        yield Case(
            "layer_normalization.normalize_rows_gradient", draw(R, K), draw(R, K), draw(R, 1), gamma, out=dx,
            dgamma=None if gamma is None else empty(K), dbeta=None if beta is None else empty(K), means=empty(2, R, 1),
            results=[
                name for name, there in (("out", dx), ("dgamma", gamma), ("dbeta", beta)) if there is not None
            ], **shared,
        )
    yield Case(
        "normalization.standardize", draw(6, 40), inverse=empty(6, 1), epsilon=1e-3, terms=40, out=empty(6, 40),
        results=("out", "inverse"),
    )
    yield Case(
        "normalization.standardize_gradient", draw(6, 40), draw(6, 40), draw(6, 1), work=empty(6, 40),
        means=empty(2, 6, 1), terms=40, out=empty(6, 40),
    )
    for scale, shift in ((draw(4, 5), draw(4, 5)), (draw(5), draw(5)), (draw(5), None)):
        yield Case("normalization.scale_rows", draw(6, 4, 5), scale, shift, out=empty(6, 4, 5))
    yield Case(
        "normalization.scale_rows_gradient", draw(60, 5), draw(60, 5), dscale=empty(5), dshift=empty(5),
        work=empty(60, 5), results=["dscale", "dshift"], terms=60,
    )
    yield Case(
        "normalization.combine_rows", draw(6, 4, 5), draw(4, 5), draw(6, 4, 5), draw(4, 5), draw(4, 5),
        work=empty(6, 4, 5), out=empty(6, 4, 5),
    )
    mean = np.repeat(draw(1, 5), 4, axis=0)
    sums = {"row": empty(4, 5), "terms": 60, "out": np.empty(5)}
    yield Case("normalization.channel_sums", draw(20, 4, 5), **sums)
    for y in (None, draw(20, 4, 5)):
        yield Case("normalization.channel_products", draw(20, 4, 5), mean, y, work=empty(20, 4, 5), **sums)


def _windows(window, C, draw, empty):
    x = draw(3, 7, 8, C)
    OH, OW = window.positions(x.shape)
    for ones in (False, True)[:1 + (not window.pointwise)]:
        for images in (x, draw(3, 7, 8, C + 2)[..., 1:-1]):
            yield Case("im2col.columns", images, window, work=empty(50_000), ones=ones)
    W = draw(*window.size, C, 4)
    yield Case(
        "conv.conv2d_input_gradient", draw(3, OH, OW, 4), W, work=empty(50_000), window=window,
        terms=4 * W[..., 0, 0].size, out=empty(3, 7, 8, C),
    )


def _convolutions(window, images, C, F, draw, empty):
    x, W = draw(*images, C), draw(*window.size, C, F)
    N, OH, OW = images[0], *window.positions(x.shape)
    ways = [(pool, relu) for pool in (False, True) for relu in (False, True) if not pool or min(OH, OW) > 1]
    for pool, relu in ways:
        shape, b = (N, OH // 2, OW // 2, F) if pool else (N, OH, OW, F), draw(F) if relu else None
        rest = {"window": window, "pool": pool, "relu": relu}
        yield Convolution("convolution.convolution", x, W, b, out=empty(*shape), terms=W[..., 0].size, **rest)
        for dx in (None, empty(*x.shape)):
            yield Convolution(
                "convolution.convolution_gradient", x, W, b, draw(*shape), dW=empty(*W.shape),
                db=None if b is None else empty(F), dx=dx, results=("dW", "db", "dx"), terms=N * OH * OW + 9 * F,
                **rest,
            )


def _poolings(draw, empty, bits):
    for H, W in ((6, 8), (7, 9)):
        x, y = draw(3, H, W, 5), (3, H // 2, W // 2, 5)
        half, later = (3, H // 2, 2, W // 2, 5), (3, H // 2, 3, W // 2, 5)
        yield Case("pooling.max_pool", x, out=empty(*y))
        yield Case(
            "pooling.max_pool_pairs", x, later=bits(*later), work=empty(*half), out=empty(*y), results=("out", "later"),
        )
        yield Case(
            "pooling.max_pool_pairs_gradient", draw(*y), bits(*later), work=empty(*half), share=empty(*half),
            out=empty(3, H, W, 5),
        )
        for window in WINDOWS:
            shape = (3, *window.positions(x.shape), 5)
            yield Case(
                "pooling.max_pool_places", x, place=np.zeros(shape, np.uint8), larger=bits(*shape), window=window,
                out=empty(*shape), results=("out", "place"),
            )
            place = np.zeros(shape, np.uint8)
            pooling.max_pool_places.plain(x, out=empty(*shape), place=place, larger=bits(*shape), window=window)
            yield Case(
                "pooling.max_pool_places_gradient", draw(*shape), place, chosen=bits(*shape), share=empty(*shape),
                window=window, terms=9, out=empty(3, H, W, 5),
            )


def _recurrent(draw, empty, bits):
    for features, N, whole, dead, bends in (
        (2, 3, False, None, None), (18, 37, True, None, None), (2, 3, True, bits(4, 3), None),
        (2, 3, True, bits(4, 3), (_halve, _halve)),
    ):
        options = {"backwards": whole, "dead": dead}
        sizes = 4, N, 5, features
        yield from _walks("lstm", sizes, 4, draw, empty, whole, {**options, "bends": bends}, cells=2, slopes=5)
        yield from _walks("rnn", sizes, 1, draw, empty, whole, {**options, "bends": bends and bends[:1]}, slopes=1)
        for after in (True, False):
            rest = {**options, "bends": bends, "reset_after": after}
            yield from _walks("gru", sizes, 3, draw, empty, whole, rest, b=(2, 15), slopes=4)


def _walks(name, sizes, gates, draw, empty, whole, options, b=None, **kept):
    (T, N, H, features), slots = sizes, 4 if gates > 1 else 1
    x, R, b, W = draw(N, T, features), draw(H, gates * H), draw(*(b or (gates * H,))), draw(features, gates * H)
    if options.get("reset_after") is False:
        b[1] = 0
    S = T if whole else 1
    memory = {
        "kept": empty(recurrent.kept_size(*sizes, gates=slots, **kept)),
        "work": empty(recurrent.work_size(*sizes, gates=slots)),
    }
    there = Case(f"{name}.{name}_forward", x, R, b, W, y=empty(N, S, H), results=["y"], terms=20, **memory, **options)
    yield there
    yield WalkBack(
        there, f"{name}.{name}_backward", draw(N, S, H), R, W, steps=T, dR=empty(*R.shape), dW=empty(*W.shape),
        db=empty(*(b[:1] if options.get("reset_after") is False else b).shape), dx=empty(*x.shape) if whole else None,
        results=["dR", "dW", "db", *(["dx"] if whole else [])], terms=400, **memory, **options,
    )


def _halve(a, slope):
    """An activation as recurrent kernels take it."""
    a *= 0.5
    slope[...] = 0.5


def _attention(draw, empty, bits):
    N, H, T, D = 3, 2, 21, 11
    far = np.triu(np.full((T, T), -1e9), 1).astype(draw(1).dtype)
    padding = np.where(bits(N, 1, 1, T), far[0, 1], far[0, 0])
    padding[..., 0] = 0
    dropout = 2 * bits(N, H, T, T).astype(far.dtype)
    for ahead, pad, keep in ((None, None, None), (far, None, None), (far, padding, dropout)):
        q, k, v = (draw(N, T, H, D).swapaxes(1, 2) for _ in range(3))
        beside = {"scale": 0.5, "work": empty(20_000), "keep": keep}
        for larger in (1, 100):  # scores that are exponentiated as they are, and others
            yield Case(
                "attention.attention_forward", q, larger * k, v, weights=empty(N, H, T, T), ahead=ahead, padding=pad,
                terms=20 * larger, out=empty(N, H, T, D), results=("out", "weights"), **beside,
            )
        causal = ahead is not None and pad is None
        yield Case(
            "attention.attention_backward", draw(N, H, T, D), q, k, v, y=draw(N, H, T, D),
            weights=np.tril(abs(draw(N, H, T, T))) if causal else abs(draw(N, H, T, T)), dq=empty(N, H, T, D),
            dk=empty(N, H, T, D), dv=empty(N, H, T, D), causal=causal, **beside,
            results=["dq", "dk", "dv"], terms=200,
        )
