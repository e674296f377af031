"""onnxruntime: predictions alone, of a graph that is written down node by node."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from benchmarks.side import Pace, Side
from benchmarks.workload import Workload


class OnnxRuntime(Side):
    """Images go in with channels first, which is the only way that ONNX knows."""

    label = "onnxruntime"
    needs: ClassVar[tuple[str, ...]] = ("onnx", "onnxruntime")

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        import onnxruntime

        super().__init__(workload, weights, threads=threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            _graph(workload, weights).SerializeToString(), options, providers=["CPUExecutionProvider"],
        )

    @classmethod
    def takes(cls, workload: Workload) -> bool:
        """Predictions."""
        return workload.inference

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if x.ndim == 4 else x

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """By its own probabilities."""
        [p] = self.session.run(None, {"x": self._inputs(x)})
        return float(-np.log(p[np.arange(len(y)), y]).mean())

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """It cannot."""
        raise NotImplementedError

    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """Probabilities."""
        batches = self.batches(self._inputs(x))
        while True:
            for (inputs,) in batches:
                [y] = self.session.run(None, {"x": inputs})
                pace(lambda y=y: float(y[:, 0].sum()))  # type: ignore[misc]


def _graph(workload: Workload, weights: Mapping[str, np.ndarray]) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    given, nodes, held, value = iter(weights.values()), [], [], "x"

    def add(kind: str, *arrays: np.ndarray, **attributes: Any) -> None:
        nonlocal value
        names = [f"w{len(held) + i}" for i in range(len(arrays))]
        held.extend(
            numpy_helper.from_array(np.ascontiguousarray(a), n) for a, n in zip(arrays, names, strict=True)
        )
        out = f"y{len(nodes)}"
        nodes.append(helper.make_node(kind, [value, *names], [out], **attributes))
        value = out

    shape = list(workload.in_shape)
    for layer in workload.layers:
        keys = {"type": layer} if isinstance(layer, str) else layer
        match keys["type"]:
            case "flatten":
                if len(shape) == 3:  # back to dlcli's order of numbers
                    add("Transpose", perm=[0, 2, 3, 1])
                add("Flatten")
            case "dense":
                add("Gemm", next(given), next(given))
            case "conv2d":
                add("Conv", next(given).transpose(3, 2, 0, 1), next(given))
            case "max_pooling2d":
                add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        if keys.get("activation"):
            add({"relu": "Relu", "softmax": "Softmax"}[keys["activation"]])
    if len(shape) == 3:
        shape = [shape[2], *shape[:2]]
    graph = helper.make_graph(
        nodes, workload.name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, *shape])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [None, 10])], held,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
