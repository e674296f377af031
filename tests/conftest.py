"""What holds for every test: no network, no data of this machine, one BLAS thread, no colours."""

import itertools
import os
import socket

import pytest

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported: the sums of a product must not depend on the cores
os.environ["MPLBACKEND"] = "Agg"
pytest.register_assert_rewrite("contracts", "references")

if os.environ.get("DLCLI_KERNELS") == "numba":  # all tests with the compiled kernels: see .ci/run
    from dlcli.kernels import choice

    choice.use("numba")

from dlcli.core.dataset import DataEnv  # noqa: E402  # loads NumPy: after the variables are set

LOCAL = ("127.", "::1", "localhost")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(autouse=True)
def surroundings_of_its_own(request, monkeypatch, shared_folder):
    """Every test gets a runs folder of its own; only `long` tests may see the data of this machine."""
    monkeypatch.setenv("DLCLI_RUNS_DIR", str(shared_folder / f"runs-{next(_numbers)}"))
    if "DLCLI_DATA_DIR" in os.environ and request.node.get_closest_marker("long") is None:
        monkeypatch.delenv("DLCLI_DATA_DIR")


@pytest.fixture(scope="session", autouse=True)
def surroundings_of_all(shared_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCLI_OFFLINE", "1")
        patch.setenv("DLCLI_CACHE_DIR", str(shared_folder / "cache"))
        patch.setenv("NO_COLOR", "1")
        for variable in ("FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"):
            patch.delenv(variable, raising=False)
        yield


@pytest.fixture
def warnings():
    """What a data set warns of, by way of `env`."""
    return []


@pytest.fixture
def env(tmp_path, warnings):
    """Surroundings of data sets: the test's own folder, and no network."""
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=warnings.append,
    )


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """A connection that leaves the machine is a fault of the test, also where the code would have caught the error."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOCAL):
            pytest.fail(f"a test reached for the network: {address}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
