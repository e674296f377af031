"""Cross attention and decoder blocks that look at an encoder, against PyTorch on the CPU, padded sources included."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.model import Model, Pass

pytest.importorskip("torch", reason="to compare with PyTorch: pip install torch")

from references import cross_by_torch as theirs  # needs torch

RELATIVE = {"float32": 1e-5, "float64": 1e-10}


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
@pytest.mark.parametrize("case", theirs.CASES)
def test_outputs_and_all_gradients(case, padded, dtype):
    keys, decoder = theirs.CASES[case]
    x, dy = theirs.inputs(dtype, padded=padded)
    model = Model([from_yaml(Layer, keys)], x.shape[1:], dtype=dtype)
    rng = np.random.default_rng(1)
    theta, buffers = model.initialize(rng)
    theta += 0.3 * rng.standard_normal(theta.shape).astype(dtype)
    through = Pass(model, theta, buffers, input_gradient=True)
    y = through.forward(x).copy()
    ours = {"y": y, "dx": through.backward(dy), **model.layout.views(through.grad)}
    wanted = theirs.results(decoder, model.layout.views(theta), x, dy)
    assert ours.keys() == wanted.keys()
    for name, array in wanted.items():
        scale = max(1.0, float(np.abs(array).max()))
        np.testing.assert_allclose(
            ours[name], array, rtol=RELATIVE[dtype], atol=RELATIVE[dtype] * scale, err_msg=name,
        )
