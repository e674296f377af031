"""Every layer that has stored values, against PyTorch itself and in both dtypes: outputs, dx, parameter gradients."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.model import Model, Pass

pytest.importorskip("torch", reason="to compare with PyTorch: pip install torch")

from references.layers_by_torch import CASES, inputs, results  # it needs torch

RELATIVE = {"float32": 1e-5, "float64": 1e-10}


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case[0]) for case in CASES])
def test_layer(number, dtype):
    keys, shape, function = CASES[number]
    listed = keys if isinstance(keys, list) else [keys]
    model = Model([from_yaml(Layer, layer) for layer in listed], shape, dtype=dtype)
    theta = (0.5 * np.random.default_rng(number).standard_normal(model.layout.size)).astype(dtype)
    x = inputs(keys, shape, number)
    x = x.astype(dtype) if x.dtype.kind == "f" else x
    wanted = results(function, model.layout.views(theta), x, number)
    buffers = model.initialize(np.random.default_rng(0))[1]
    through = Pass(model, theta, buffers, training=True, input_gradient="dx" in wanted)
    ours = {"y": through.forward(x.astype(dtype)).copy()}
    dx = through.backward(wanted.pop("dy"))
    ours |= {**({"dx": dx} if "dx" in wanted else {}), **model.layout.views(through.grad)}
    assert ours.keys() == wanted.keys()
    for name, array in wanted.items():
        assert ours[name].dtype == array.dtype == dtype
        atol = RELATIVE[dtype] * max(1.0, float(np.abs(array).max()))
        np.testing.assert_allclose(ours[name], array, rtol=0, atol=atol, err_msg=name)
