"""How many threads work, and that BLAS does not start any of its own."""

from dlcli.runs.environment import cores


def settle(wanted: int | None) -> int:
    """The number of threads for lanes, all cores by default; keeps BLAS at one thread.

    A matrix product that BLAS splits over threads is summed in an order that depends on their number;
    with one thread each, the same run gives the same bits on any machine with the same library.
    """
    import numpy  # noqa: F401  # loads the BLAS that is to be limited
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    return wanted or cores()
