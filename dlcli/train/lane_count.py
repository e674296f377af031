"""How many lanes a step is worth."""


def lanes_for(flops: int, batch_size: int) -> int:
    """The number of lanes for a step of `batch_size` samples of `flops` each (forward).

    Depends on the work alone and not on the machine, so that the same configuration gives the same
    weights anywhere. Handing a piece to a thread costs some 50 microseconds, and
    so does every wait for the interpreter while the other lane has it: small steps stay whole.
    """
    work = 3 * flops * batch_size  # there, and twice as much back
    lanes = 1 if work < 100_000_000 else 2 if work < 20_000_000_000 else 4
    return min(lanes, batch_size)


def lanes_forward(flops: int, samples: int) -> int:
    """The same where nothing is learned, and so nothing goes back."""
    return lanes_for(flops // 3, samples)
