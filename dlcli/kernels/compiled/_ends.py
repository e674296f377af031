"""What follows a convolution at once, while its outputs are in the first cache: the largest of 2 x 2, and relu.

`place` says of each largest number which of the four it was, counted row by row, the first one of equals; DEAD where
relu lets no gradient through. Each function serves numbers and vectors of them. Arrays are flat.
"""

import numpy as np

from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import lanes_of
from dlcli.kernels.compiled._vectors import everywhere, load, load_small, store, store_small, where

DEAD = 4


@jit()
def largest(a, b, c, d, floor):
    """The largest of a, b (first row), c and d, and its place; NaN stays. `floor`: 0 with relu, else -inf."""
    right, below = b > a, d > c
    upper, lower = where(right | (b != b), b, a), where(below | (d != d), d, c)
    most = where((lower > upper) | (lower != lower), lower, upper)
    one, two, three = everywhere(1, a), everywhere(2, a), everywhere(3, a)
    place = where(lower > upper, where(below, three, two), where(right, one, everywhere(0, a)))
    return where(floor > most, floor, most), where(most > floor, place, everywhere(DEAD, a))


@jit()
def spread(d, place):
    """What `largest` does to a gradient: its four shares."""
    nothing = everywhere(0, d)
    one, two, three = everywhere(1, d), everywhere(2, d), everywhere(3, d)
    return (
        where(place == nothing, d, nothing), where(place == one, d, nothing), where(place == two, d, nothing),
        where(place == three, d, nothing),
    )


@jit()
def rows_out(z, at, y, place, to, rows, OW, F, relu, keep):
    """The largest numbers of z: (rows, OW, F) behind `at`, where both are even, into y and `place` behind `to`."""
    lanes = lanes_of(z)
    below = OW * F
    least = z.dtype.type(0 if relu else -np.inf)
    floor = everywhere(least, load(z, at))
    for _ in range(rows // 2):
        for _ in range(OW // 2):
            for f in range(0, F - lanes + 1, lanes):
                a = at + f
                most, which = largest(load(z, a), load(z, a + F), load(z, a + below), load(z, a + below + F), floor)
                store(most, y, to + f)
                if keep:
                    store_small(which, place, to + f)
            for f in range(F // lanes * lanes, F):
                a = at + f
                most, which = largest(z[a], z[a + F], z[a + below], z[a + below + F], least)
                y[to + f] = most
                if keep:
                    place[to + f] = which
            at += 2 * F
            to += F
        at += below


@jit()
def rows_back(dy, place, source, dz, at, rows, OW, F):
    """dz: (rows, OW, F) behind `at`, of dy and `place` behind `source`: the way back of `rows_out`."""
    lanes = lanes_of(dz)
    below = OW * F
    for _ in range(rows // 2):
        for _ in range(OW // 2):
            for f in range(0, F - lanes + 1, lanes):
                d = load(dy, source + f)
                first, second, third, fourth = spread(d, load_small(place, source + f, d))
                a = at + f
                store(first, dz, a)
                store(second, dz, a + F)
                store(third, dz, a + below)
                store(fourth, dz, a + below + F)
            for f in range(F // lanes * lanes, F):
                a = at + f
                which = dz.dtype.type(place[source + f])
                dz[a], dz[a + F], dz[a + below], dz[a + below + F] = spread(dy[source + f], which)
            at += 2 * F
            source += F
        at += below


@jit()
def alive(dy, y, source, dz, at, count):
    """dz = dy where y > 0, else 0, for so many numbers behind `source`, to `at`."""
    lanes = lanes_of(dz)
    for i in range(0, count - lanes + 1, lanes):
        d = load(dy, source + i)
        nothing = everywhere(0, d)
        store(where(load(y, source + i) > nothing, d, nothing), dz, at + i)
    for i in range(count // lanes * lanes, count):
        dz[at + i] = dy[source + i] if y[source + i] > 0 else 0


@jit()
def add_rows(d, at, rows, F, db):
    """db += the sum of the rows of d: (rows, F) behind `at`."""
    lanes = lanes_of(d)
    for f in range(0, F - lanes + 1, lanes):
        total = load(d, at + f)
        for p in range(1, rows):
            total = total + load(d, at + p * F + f)
        store(load(db, f) + total, db, f)
    for f in range(F // lanes * lanes, F):
        total = d[at + f]
        for p in range(1, rows):
            total += d[at + p * F + f]
        db[f] += total
