"""Kernels that Numba compiles against those that NumPy runs: every twin has a case here, and both must agree."""

import copy
import importlib
import inspect
import os
import pkgutil

import numpy as np
import pytest
from contracts.kernels import every_case

from dlcli.errors import UsageError
from dlcli.kernels import choice

needs_numba = pytest.mark.skipif(not choice.installed(), reason="needs Numba: pip install 'dlcli[fast]'")
CLOSE = {"float32": 3e-6, "float64": 1e-13}
"""Of the largest number of an array, times the numbers that are added up."""
CASES = [(dtype, case) for dtype in CLOSE for case in every_case(dtype)]


@needs_numba
@pytest.mark.parametrize(("dtype", "case"), [pytest.param(*c, id=f"{c[1].kernel}-{c[0]}") for c in CASES])
def test_twins_agree(dtype, case):
    plain, compiled = twin_of(case.kernel)
    before = choice.in_use()
    choice.use("numpy")  # for the kernels that the plain one calls
    try:
        wanted = case.run(plain)
    finally:
        choice.use(before)
    for expected, found in zip(wanted, case.run(compiled), strict=True):
        assert found.dtype == expected.dtype
        bound = CLOSE[dtype] * case.terms * max(1, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(found, expected, rtol=0, atol=bound)


@needs_numba
def test_every_twin_has_the_signature_of_the_other_and_a_case():
    tried = {case.kernel for _, case in CASES} | {
        "im2col.columns_size", "conv.conv2d_input_gradient_size", "convolution.convolution_size",
        "convolution.convolution_gradient_size", "attention.attention_size",
    }
    names = set(all_compiled())
    assert names == tried, "write a case in every_case for each compiled kernel"
    for name in names:
        plain, compiled = twin_of(name)
        theirs, mine = (list(inspect.signature(f).parameters.values()) for f in (plain, compiled))
        assert [(p.name, p.kind) for p in theirs] == [(p.name, p.kind) for p in mine], name


@needs_numba
@pytest.mark.parametrize("case", [case for dtype, case in CASES if dtype == "float32"], ids=lambda case: case.kernel)
def test_compiled_kernels_give_the_same_bits_again(case):
    _, compiled = twin_of(case.kernel)
    for first, second in zip(case.run(compiled), case.run(compiled), strict=True):
        assert np.array_equal(first, second)


@needs_numba
@pytest.mark.parametrize("name", ["relu.relu", "gelu.gelu", "softmax.softmax", "normalization.standardize"])
def test_a_number_that_is_none_stays_none(name):
    case = next(copy.deepcopy(case) for dtype, case in CASES if dtype == "float32" and case.kernel == name)
    case.args[0][1, 0] = np.nan
    _, compiled = twin_of(name)
    assert np.isnan(case.run(compiled)[0][1]).any()


@needs_numba
@pytest.mark.parametrize(("name", "exact"), [
    ("exp", np.exp), ("tanh", np.tanh), ("sigmoid", lambda z: 1 / (1 + np.exp(-z))),
])
def test_functions_are_exact_at_their_ends_too(name, exact):
    import numba

    from dlcli.kernels.compiled import _functions

    function = getattr(_functions, name)

    @numba.njit(error_model="numpy", fastmath={"contract"})
    def each(x, y):
        for i in range(x.size):
            y[i] = function(x[i])

    x = np.array([np.nan, np.inf, -np.inf, 0, 1, -1, 88, -86, 120, -120, 1e-20, *np.linspace(-9, 9, 999)], np.float32)
    y = np.empty_like(x)
    each(x, y)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(y, exact(x.astype(np.float64)).astype(np.float32), rtol=6e-7, atol=1e-37)


@pytest.mark.skipif(choice.VARIABLE in os.environ, reason=f"unset {choice.VARIABLE}, which has chosen")
def test_kernels_are_numpys_until_others_are_chosen():
    assert choice.in_use() == "numpy"


def test_an_unknown_choice_says_what_there_is():
    with pytest.raises(UsageError, match="expected numpy, numba or auto"):
        choice.wanted({"DLCLI_KERNELS": "cython"})


def test_a_missing_numba_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(choice, "installed", lambda: False)
    with pytest.raises(UsageError) as raised:
        choice.use("numba")
    assert "dlcli[fast]" in raised.value.hint


@pytest.fixture
def compiled_kernels(tmp_path):
    told = []
    before = choice.in_use()
    choice.use("numba", cache_dir=tmp_path, tell=told.append)
    yield told
    choice.use(before)


@needs_numba
def test_a_kernel_calls_what_is_in_use(compiled_kernels):
    from dlcli.kernels.compiled import relu as compiled
    from dlcli.kernels.relu import relu

    x, y = np.array([-1.0, 2.0], np.float32), np.empty(2, np.float32)
    relu(x, out=y, zeros=np.zeros(2, np.float32))
    assert relu.func is compiled.relu
    choice.use("numpy")
    assert relu.func is relu.plain
    assert y.tolist() == [0, 2]


def all_compiled():
    """Every public function of the package of compiled kernels, as `module.name`."""
    package = importlib.import_module(choice.COMPILED)
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{choice.COMPILED}.{module.name}")
            for name, function in vars(loaded).items():
                if inspect.isfunction(function) and function.__module__ == loaded.__name__ and name[0] != "_":
                    yield f"{module.name}.{name}"


def twin_of(name):
    """The NumPy and the compiled function of `module.name`."""
    module, function = name.split(".")
    plain = getattr(importlib.import_module(f"dlcli.kernels.{module}"), function).plain
    return plain, getattr(importlib.import_module(f"{choice.COMPILED}.{module}"), function)
