"""Stores what PyTorch says, so that tests compare with it where it is missing.

    pip install torch==2.13.0
    python tools/make_reference_values.py

writes tests/reference_values/optim.npz (losses, optimizers, schedules), layers.npz and cross.npz (encoder_decoder):
inputs and results in float64, the YAML of each case as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from references import by_torch, cross_by_torch, layers_by_torch  # noqa: E402  # found through the path above

from dlcli.core.component import from_yaml  # noqa: E402  # as above
from dlcli.core.layer import Layer  # noqa: E402  # as above
from dlcli.model import Model  # noqa: E402  # as above


def main() -> None:
    """Computes every case and writes the files."""
    write("optim", optimization())
    write("layers", layers())
    write("cross", encoder_decoders())


def optimization() -> dict[str, np.ndarray]:
    """Losses, optimizers and schedules."""
    arrays: dict[str, np.ndarray] = {}
    for number, (keys, losses, shape, kind) in enumerate(by_torch.LOSSES):
        inputs = by_torch.loss_inputs(keys, shape, kind, "float64")
        results = by_torch.loss_and_gradient(losses, *inputs)
        for name, array in zip(("y_pred", "y_true", "weight", "losses", "gradient"), (*inputs, *results), strict=True):
            arrays[f"loss/{number}/{name}"] = array
        arrays[f"loss/{number}/keys"] = np.array(json.dumps(keys))
    arrays["theta"], arrays["grads"] = by_torch.optimizer_inputs("float64")
    for number, (keys, make) in enumerate(by_torch.OPTIMIZERS):
        thetas = by_torch.trajectory(make, arrays["theta"], arrays["grads"])
        arrays[f"optimizer/{number}/thetas"] = thetas[[0, 1, 9, -1]]
        arrays[f"optimizer/{number}/keys"] = np.array(json.dumps(keys))
    for number, (keys, make) in enumerate(by_torch.SCHEDULES):
        arrays[f"schedule/{number}/rates"] = np.array(list(by_torch.rates(make)))
        arrays[f"schedule/{number}/keys"] = np.array(json.dumps(keys))
    arrays["base"] = np.array(by_torch.BASE)
    return arrays


def layers() -> dict[str, np.ndarray]:
    """Outputs and gradients of every other layer."""
    arrays: dict[str, np.ndarray] = {}
    for number, (keys, shape, function) in enumerate(layers_by_torch.CASES):
        x = layers_by_torch.inputs(keys, shape, number)
        listed = keys if isinstance(keys, list) else [keys]
        layout = Model([from_yaml(Layer, layer) for layer in listed], shape, dtype="float64").layout
        params = layout.views(0.5 * np.random.default_rng(number).standard_normal(layout.size))
        wanted = layers_by_torch.results(function, params, x, number)
        given = {"x": x, "dy": wanted.pop("dy"), **params}
        for kind, found in (("given", given), ("wanted", wanted)):
            arrays.update({f"{number}/{kind}/{name}": array for name, array in found.items()})
        arrays[f"{number}/keys"] = np.array(json.dumps(listed))
    return arrays


def encoder_decoders() -> dict[str, np.ndarray]:
    """Outputs and gradients of an encoder_decoder with padded sources."""
    arrays: dict[str, np.ndarray] = {}
    x, dy = cross_by_torch.inputs("float64")
    for number, (keys, decoder) in enumerate(cross_by_torch.CASES.values()):
        layout = Model([from_yaml(Layer, keys)], x.shape[1:], dtype="float64").layout
        params = layout.views(0.5 * np.random.default_rng(number).standard_normal(layout.size))
        for kind, found in (("given", {"x": x, "dy": dy, **params}),
                            ("wanted", cross_by_torch.results(decoder, params, x, dy))):
            arrays.update({f"{number}/{kind}/{name}": array for name, array in found.items()})
        arrays[f"{number}/keys"] = np.array(json.dumps([keys]))
    return arrays


def write(name: str, arrays: dict[str, np.ndarray]) -> None:
    """The arrays as a file of `tests/reference_values`."""
    path = TESTS / "reference_values" / f"{name}.npz"
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **arrays)
    print(f"{path}: {len(arrays)} arrays, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
