"""Preprocessing: the transforms of a data set as one, fitted on training data and stored with the run."""

from collections.abc import Mapping, Sequence

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.memory import Memory
from dlcli.core.source import Content
from dlcli.core.target import DataSpec
from dlcli.core.transform import Samples, State, Transform
from dlcli.errors import DataError, ShapeError


class Pipeline:
    """Transforms in order. `in_shape` and `out_shape` are the shapes of a raw and of a finished sample.

    Raises ShapeError where a transform cannot work on what reaches it.
    """

    def __init__(self, transforms: Sequence[Transform], spec: DataSpec) -> None:
        self.transforms = tuple(transforms)
        self.shapes = [spec.input_shape]
        for i, transform in enumerate(self.transforms):
            try:
                self.shapes.append(transform.plan(self.shapes[-1]))
            except ShapeError as error:
                error.where = error.where or f"dataset.preprocessing[{i}] ({transform.type_name()})"
                error.path = (i, *error.path)
                raise
        self._set([{} for _ in self.transforms])

    @property
    def in_shape(self) -> tuple[int, ...]:
        """Shape of a raw sample."""
        return self.shapes[0]

    @property
    def out_shape(self) -> tuple[int, ...]:
        """Shape of a sample as the model gets it."""
        return self.shapes[-1]

    @property
    def factor(self) -> float | None:
        """What every number is multiplied by, where nothing else is done; else None."""
        return self.transforms[0].factor if len(self.transforms) == 1 else None

    def fit(self, train: Split) -> None:
        """Fits each transform on the training samples as they come from the transforms before it."""
        for i, transform in enumerate(self.transforms):
            x: Samples = train.x if i == 0 else _Transformed(self, i, train.x)
            self._set([*self._states[:i], transform.fit(x, train.rows), *self._states[i + 1:]])

    def state(self) -> dict[str, np.ndarray]:
        """What the transforms have learned: `0.mean` is `mean` of the first transform."""
        return {f"{i}.{name}": array for i, state in enumerate(self._states) for name, array in state.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes back what `state` returned. Raises DataError where it is of another preprocessing."""
        states: list[dict[str, np.ndarray]] = [{} for _ in self.transforms]
        for key, array in state.items():
            number, _, name = key.partition(".")
            if not (number.isdecimal() and name and int(number) < len(states)):
                raise DataError(
                    f"the stored preprocessing has '{key}', which none of the {len(states)} transform(s) knows",
                    where="dataset.preprocessing", hint="use the configuration that was stored with the run",
                )
            states[int(number)][name] = array
        self._set(states)

    def apply(self, x: np.ndarray, out: np.ndarray, memory: Memory | None = None) -> None:
        """Writes the transformed x: (N, *in_shape) to out: (N, *out_shape), floating point.

        `x` may be `out` itself where the shapes are equal. Transforms that change the shape work in
        `memory`; where that is given, nothing is allocated.
        """
        self._apply(x, out, memory or Memory(out.dtype), len(self.transforms))

    def _apply(self, x: np.ndarray, out: np.ndarray, memory: Memory, count: int) -> None:
        """Applies the first `count` transforms."""
        if not count and x is not out:
            np.copyto(out, x, casting="same_kind")
        for i in range(count):
            shape = (len(out), *self.shapes[i + 1])
            target = out if shape == out.shape else memory.empty(f"transform {i}", shape, out.dtype)
            self.transforms[i].apply(x, target, self._state_for(i, x.dtype, target.dtype))
            x = target

    def _set(self, states: Sequence[State]) -> None:
        self._states = [dict(state) for state in states]
        self._cast: dict[tuple[int, np.dtype, np.dtype], State] = {}

    def _state_for(self, i: int, x_dtype: np.dtype, out_dtype: np.dtype) -> State:
        """The state in the dtype that `Transform.apply` asks for, cast once."""
        state = self._cast.get((i, x_dtype, out_dtype))
        if state is None:
            dtype = out_dtype if np.can_cast(x_dtype, out_dtype) else np.dtype(np.float64)
            state = self._cast[i, x_dtype, out_dtype] = {
                name: array.astype(dtype) if array.dtype.kind == "f" else array
                for name, array in self._states[i].items()
            }
        return state


class _Transformed:
    """Samples as they come from the first `count` transforms, in float64, computed where they are asked for."""

    def __init__(self, pipeline: Pipeline, count: int, x: Content) -> None:
        self._pipeline, self._count, self._x = pipeline, count, x
        self._memory = Memory(np.dtype(np.float64))
        self.shape = (len(x), *pipeline.shapes[count])

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        x = np.asarray(self._x[rows])
        out = np.empty((len(x), *self.shape[1:]))
        self._pipeline._apply(x, out, self._memory, self._count)
        return out
