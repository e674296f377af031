"""Threads that help inside one kernel: the same bits, whoever comes, and nobody who stays behind."""

import os
import threading

import numpy as np
import pytest
from contracts.kernels import every_case
from test_kernels import twin_of

from dlcli.kernels import choice, crew

pytestmark = pytest.mark.skipif(not choice.installed(), reason="needs Numba: pip install 'dlcli[fast]'")
SHARED = ("dense.", "chain_end.", "lstm.", "gru.", "rnn.", "adam.", "convolution.")
CASES = [case for case in every_case("float32") if case.kernel.startswith(SHARED)]


@pytest.fixture(autouse=True)
def compiled_kernels_that_are_always_shared(monkeypatch):
    before = choice.in_use()
    choice.use("numba")
    monkeypatch.setattr(crew, "SMALL", 0)
    yield
    choice.use(before)


@pytest.fixture
def crew_of():
    """Makes crews that this thread leads, and ends them."""
    crews = []

    def make(threads):
        crews.append(crew.Crew(threads))
        crews[-1].lead()
        return crews[-1]

    yield make
    for each in crews:
        each.close()


def helpers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("helper")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kernel)
def test_help_changes_no_bit(case, crew_of):
    _, compiled = twin_of(case.kernel)
    alone = case.run(compiled)
    for threads in (2, 5, crew.SEATS + 9):
        crew_of(threads)
        for _ in range(3):
            for expected, found in zip(alone, case.run(compiled), strict=True):
                assert np.array_equal(expected, found)


def test_adam_moves_pieces_of_a_long_vector(crew_of):
    from dlcli.kernels.compiled.adam import adam

    def moved():
        rng = np.random.default_rng(0)
        theta, grad, m, v = (rng.random(100_001, np.float32) for _ in range(4))
        for _ in range(20):
            adam(theta, grad, m, v, beta_1=0.9, beta_2=0.99, alpha=0.01, epsilon=1e-7)
        return theta, m, v

    alone = moved()
    crew_of(3)
    for expected, found in zip(alone, moved(), strict=True):
        assert np.array_equal(expected, found)


def test_a_helper_comes_and_phases_follow_each_other(crew_of):
    """Of two pieces that wait for each other two threads do one each; a phase sees what the one before it wrote."""
    import numba

    from dlcli.kernels.compiled import _crew

    @numba.njit(nogil=True)
    def work(words, seat, phase, met, x):
        piece = _crew.claim(words, phase, 2, -1)
        while piece >= 0:
            _crew.put(met, piece, seat + 1)
            for _ in range(10_000):  # whoever is alone waits in vain
                if _crew.get(met, 1 - piece) != 0:
                    break
                _crew.give_way()
            piece = _crew.claim(words, phase, 2, piece)
        phase = _crew.meet(words, seat, phase, 2)
        for turn in range(40):
            piece = _crew.claim(words, phase, x.size, -1)
            while piece >= 0:
                x[piece] = 2 * x[piece] + turn
                piece = _crew.claim(words, phase, x.size, piece)
            phase = _crew.meet(words, seat, phase, x.size)

    @numba.njit(nogil=True)
    def kernel(words, met, x):
        _crew.post(words, work, (met, x))
        work(words, _crew.LEADER, _crew.call(words), met, x)
        _crew.dismiss(words)

    _crew.serve(np.zeros(crew.LINE * (crew.HEAD + 1), np.int64), 1, 10)  # compiled before anybody waits for it
    crew_of(2)
    for _ in range(1000):  # it may be asleep, or late
        met, x = np.zeros(2, np.int64), np.zeros(3, np.int64)
        kernel(crew.help_for(1), met, x)
        assert x.tolist() == [sum(turn * 2 ** (39 - turn) for turn in range(40))] * 3
        if met[0] != met[1]:
            return
    pytest.fail("nobody has come")


def test_nobody_helps_a_thread_that_does_not_lead(crew_of):
    crew_of(2)
    found = []
    other = threading.Thread(target=lambda: found.append(crew.help_for(1).size))
    other.start()
    other.join()
    assert found == [0]
    assert crew.help_for(1).size > 0


def test_little_work_starts_no_thread(crew_of, monkeypatch):
    monkeypatch.setattr(crew, "SMALL", 50)
    crew_of(2)
    assert crew.help_for(50).size == 0
    assert not helpers()
    crew.help_for(51)
    assert len(helpers()) == 1


def test_a_helper_that_sleeps_is_woken(crew_of):
    made = crew_of(2)
    for _ in range(3):
        helper = woken(made)
        while not helper.asleep:  # nobody has work for it
            os.sched_yield()


def woken(made):
    """Its helper, awake: one that was woken in vain is left alone for some kernels."""
    for _ in range(2000):
        crew.help_for(1)
        if not made._helpers[0].asleep:
            break
    else:
        pytest.fail("it is never woken")
    return made._helpers[0]


def test_where_the_system_starts_no_more_threads_those_that_came_help(crew_of, monkeypatch):
    start, started = threading.Thread.start, []

    def first_alone(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", first_alone)
    made = crew_of(4)
    assert crew.help_for(1).size > 0
    assert crew.help_for(1).size > 0
    assert len(helpers()) == 1
    made.close()
    assert not helpers()


def test_memory_that_is_too_short_is_said_before_anybody_is_called(crew_of):
    from dlcli.kernels.compiled.rnn import rnn_forward

    crew_of(2)
    x, R, b, W = (np.ones(shape, np.float32) for shape in ((9, 4, 3), (5, 5), 5, (3, 5)))
    with pytest.raises(ValueError, match=r"reshape|size"):
        rnn_forward(
            x, R, b, W, y=np.empty((9, 1, 5), np.float32), kept=np.empty(9, np.float32),
            work=np.empty(99_999, np.float32),
        )
    words = crew.help_for(1)
    assert words[2 * crew.LINE] == 0  # nothing is open


@pytest.mark.parametrize("threads", [0, 1])
def test_one_thread_has_no_help(threads, crew_of):
    crew_of(threads)
    assert crew.help_for(1).size == 0


def test_kernels_of_numpy_have_no_help(crew_of):
    choice.use("numpy")
    crew_of(4)
    assert crew.help_for(1).size == 0


def test_a_crew_that_is_closed_leaves_nobody_behind(crew_of):
    made = crew_of(4)
    crew.help_for(1)
    assert len(helpers()) == 3
    made.close()
    assert not helpers()
    assert crew.help_for(1).size == 0


def test_the_last_crew_that_leads_helps(crew_of):
    first, second = crew_of(2), crew_of(1)
    assert crew.help_for(1).size == 0
    first.lead()
    assert crew.help_for(1).size > 0
    second.lead()
    assert crew.help_for(1).size == 0
