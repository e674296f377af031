"""Rows of an attention's scores: what must not be seen, their softmax and its derivative. Arrays are flat."""

import numpy as np

from dlcli.kernels.compiled._functions import exp
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.compiled._tiles import lanes_of
from dlcli.kernels.compiled._vector_functions import exp_of, largest_of, multiply_add, sum_of
from dlcli.kernels.compiled._vectors import everywhere, load, store, where


@jit()
def add_far(w, at, S, rows, width, ahead, ahead_at, padding, padding_at):
    """Adds what must not be seen to so many rows of scores."""
    lanes = lanes_of(w)
    whole = width // lanes * lanes
    for i in range(rows):
        here = at + i * S
        if ahead is not None:
            for s in range(0, whole, lanes):
                store(load(w, here + s) + load(ahead, ahead_at + i * S + s), w, here + s)
            for s in range(whole, width):
                w[here + s] += ahead[ahead_at + i * S + s]
        if padding is not None:
            for s in range(width):
                w[here + s] += padding[padding_at + s]


@jit()
def softmax_of_rows(w, at, S, rows, width, row):
    """Of so many rows: each step for all of them, so that no row waits for another; `row`: working memory."""
    lanes = lanes_of(w)
    whole = width // lanes * lanes
    for i in range(rows):
        here = at + i * S
        most = everywhere(-np.inf, load(w, here))
        for s in range(0, whole, lanes):
            x = load(w, here + s)
            most = where(x > most, x, most)
        row[i] = largest_of(most)
        for s in range(whole, width):
            row[i] = max(row[i], w[here + s])
    for i in range(rows):
        here, peak = at + i * S, everywhere(row[i], load(w, at))
        total = everywhere(0, peak)
        for s in range(0, whole, lanes):
            x = exp_of(load(w, here + s) - peak)
            store(x, w, here + s)
            total = total + x
        rest = sum_of(total)
        for s in range(whole, width):
            w[here + s] = exp(w[here + s] - row[i])
            rest += w[here + s]
        row[i] = w.dtype.type(1) / rest
    for i in range(rows):
        _scale_by(w, at + i * S, row[i], width)


@jit()
def _scale_by(w, at, number, count):
    lanes = lanes_of(w)
    whole, factor = count // lanes * lanes, everywhere(number, load(w, at))
    for s in range(0, whole, lanes):
        store(load(w, at + s) * factor, w, at + s)
    for s in range(whole, count):
        w[at + s] *= number


@jit()
def along_row(dy, t, D, y, y_row):
    """The sum of dy y over the numbers of a step."""
    lanes = lanes_of(dy)
    whole = D // lanes * lanes
    total = everywhere(0, load(dy, t * D))
    for d in range(0, whole, lanes):
        total = multiply_add(load(dy, t * D + d), load(y, t * y_row + d), total)
    along = sum_of(total)
    for d in range(whole, D):
        along += dy[t * D + d] * y[t, d]
    return along


@jit()
def softmax_back(ds, at, w, w_at, count, along):
    """ds = (ds - along) w."""
    lanes = lanes_of(ds)
    whole, part = count // lanes * lanes, everywhere(along, load(ds, at))
    for s in range(0, whole, lanes):
        store((load(ds, at + s) - part) * load(w, w_at + s), ds, at + s)
    for s in range(whole, count):
        ds[at + s] = (ds[at + s] - along) * w[w_at + s]
