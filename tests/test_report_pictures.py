"""Every picture is a PNG of a sensible size, the same bytes each time, and whole or not there at all."""

import csv
import struct

import numpy as np
import pytest
from PIL import Image

from dlcli.errors import DataError
from dlcli.files import replacing
from dlcli.report import (
    confusion_matrix,
    history_plot,
    normalized_confusion_matrix,
    predictions,
    regression,
    reliability,
    samples,
    worst_samples,
)
from dlcli.report.class_names import shorten
from dlcli.report.figure import picture

RNG = np.random.default_rng(0)
HISTORY = {
    "epoch": [1, 2, 3], "step": [10, 20, 30], "loss": [1.0, 0.5, 0.001], "val_loss": ["", 0.6, None],
    "accuracy": ["0.5", "nan", "0.9"], "learning_rate": [0.1, 0.01, 0.001], "seconds": [1, 1, 1],
}


def size_of(path):
    """Width and height from the head of a PNG file."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def draw_confusion(path):
    labels = ["$5-$10", "漢字", "a\nvery " + "long " * 20]
    confusion_matrix.draw(path, np.array([[9, 1, 0], [0, 8, 2], [0, 0, 0]]), labels)


def draw_history(path):
    history_plot.draw(path, HISTORY)


def draw_samples(path):
    y_true, y_pred = np.array([0, 1, 1]), np.array([0, 0, 1])
    images = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4, 1)
    samples.draw(path, images, y_true, y_pred, ["no", "yes"], np.array([0.9, 1.0, np.nan]))


def draw_regression(path):
    regression.draw(path, np.array([1.0, 2, 3, np.nan]), np.array([[1.1], [2], [2.8], [0]])[:, 0])


def draw_normalized(path):
    normalized_confusion_matrix.draw(path, np.array([[9, 1, 0], [0, 8, 2], [0, 0, 0]]), ["$5-$10", "漢字", "none"])


def draw_reliability(path):
    samples, right = np.array([0, 0, 4, 10]), np.array([0, 0, 1, 9.0])
    reliability.draw(path, samples, right, samples * np.array([0.1, 0.4, 0.6, 0.95]))


def draw_worst(path):
    images = np.linspace(-1, 3, 10 * 16).reshape(10, 4, 4, 1)
    y_true = np.arange(10) % 2
    worst_samples.draw(
        path, images=images, index=np.arange(10) * 1000, losses=np.array([np.nan, *range(9)]), y_true=y_true,
        y_pred=np.zeros(10, int), labels=["no", "yes"],
    )


DRAWINGS = [
    draw_confusion, draw_history, draw_samples, draw_regression, draw_normalized, draw_reliability, draw_worst,
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_picture_is_a_png_with_the_same_bytes_each_time(tmp_path, draw):
    first, second = tmp_path / "a.png", tmp_path / "new" / "b.png"
    draw(first)
    draw(second)
    width, height = size_of(first)
    assert 300 < width < 2000
    assert 200 < height < 2000
    assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "new"]


def test_a_users_matplotlib_settings_play_no_part(tmp_path):
    import matplotlib

    draw_regression(tmp_path / "a.png")
    with matplotlib.rc_context({"figure.dpi": 40, "axes.facecolor": "red", "font.size": 20}):
        draw_regression(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_confusion_matrix_of_a_hundred_classes_is_no_larger_than_a_screen(tmp_path):
    confusion_matrix.draw(tmp_path / "m.png", np.eye(100, dtype=np.int64), [f"class {i}" for i in range(100)])
    assert max(size_of(tmp_path / "m.png")) < 1600


def test_normalized_matrix_of_a_hundred_classes_is_no_larger_than_a_screen(tmp_path):
    labels = [f"class {i}" for i in range(100)]
    normalized_confusion_matrix.draw(tmp_path / "m.png", np.eye(100, dtype=np.int64), labels)
    assert max(size_of(tmp_path / "m.png")) < 1600


def test_a_reliability_diagram_of_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match="at least one sample"):
        reliability.draw(tmp_path / "r.png", np.zeros(4), np.zeros(4), np.zeros(4))
    assert list(tmp_path.iterdir()) == []


def test_frames_are_orange_where_the_class_is_wrong_and_blue_where_it_is_right(tmp_path):
    images, index = np.zeros((2, 4, 4)), np.arange(2)
    given = {"images": images, "index": index, "losses": np.ones(2), "y_true": index, "labels": ["a", "b"]}
    for name, y_pred in (("right", index), ("wrong", 1 - index)):
        worst_samples.draw(tmp_path / f"{name}.png", y_pred=y_pred, **given)
    blue, orange = (0, 114, 178), (213, 94, 0)
    for name, there, absent in (("right", blue, orange), ("wrong", orange, blue)):
        with Image.open(tmp_path / f"{name}.png") as picture_of:
            colours = {colour[:3] for _, colour in picture_of.getcolors(1 << 20)}
        assert there in colours and absent not in colours


def test_the_worst_come_first_and_what_does_not_count_not_at_all():
    losses = np.array([0.5, 9.0, np.nan, 3.0, 9.0, 100.0])
    counts = np.array([True, True, True, True, True, False])
    assert worst_samples.largest(losses, counts).tolist() == [2, 1, 4, 3, 0]
    assert worst_samples.largest(losses, counts, most=2).tolist() == [2, 1]


def test_worst_samples_are_listed_with_their_place_in_the_data(tmp_path):
    worst_samples.write_csv(
        tmp_path / "w.csv", np.array([3, 0]), np.array([77, 5]), np.array([9.25, 0.1]),
        {"true": ["a,b", "c"], "predicted": ["c", "c"]},
    )
    assert list(csv.reader((tmp_path / "w.csv").read_text().splitlines())) == [
        ["index", "row", "loss", "true", "predicted"], ["77", "3", "9.25", "a,b", "c"], ["5", "0", "0.1", "c", "c"],
    ]


def test_history_of_one_epoch_without_finite_values_is_drawn(tmp_path):
    history_plot.draw(tmp_path / "h.png", {"epoch": [1], "loss": [float("nan")], "accuracy": [0.5]})
    assert size_of(tmp_path / "h.png")[0] > 300


def test_learning_rate_has_a_panel_only_where_it_varies(tmp_path):
    history_plot.draw(tmp_path / "varies.png", HISTORY)
    history_plot.draw(tmp_path / "constant.png", {**HISTORY, "learning_rate": [0.1] * 3})
    assert size_of(tmp_path / "varies.png")[0] > 1.3 * size_of(tmp_path / "constant.png")[0]


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"epoch": [1, 2], "loss": [1]}, {"loss": ["much"]}])
def test_history_that_is_none_is_refused(tmp_path, history):
    with pytest.raises(DataError, match="expected"):
        history_plot.draw(tmp_path / "h.png", history)
    assert list(tmp_path.iterdir()) == []


def test_at_most_forty_samples_are_shown(tmp_path):
    images, y = RNG.normal(size=(50, 6, 5, 3)), np.zeros(50, dtype=np.int64)
    samples.draw(tmp_path / "s.png", images, y, None, ["only"])
    width, height = size_of(tmp_path / "s.png")
    assert width < 1500  # eight in a row
    assert height < 1500  # five rows


def test_a_sheet_shows_the_surest_mistakes_and_right_ones_too():
    images, y_true = np.zeros((60, 4, 4)), np.zeros(60, np.int64)
    y_pred, confidence = (np.arange(60) < 30).astype(np.int64), np.linspace(0.2, 0.9, 60)
    chosen = samples.choose(images, y_true, y_pred, confidence)
    assert chosen["y_pred"].tolist() == [1] * 16 + [0] * 8 and chosen["wrong"] == 30
    assert chosen["confidence"][:16].tolist() == confidence[29:13:-1].tolist()
    all_wrong = samples.choose(images, y_true, np.ones(60, np.int64), confidence)
    assert len(all_wrong["images"]) == 24 and all_wrong["y_pred"].all()
    in_order = samples.choose(images, np.arange(60) // 6, np.arange(60) // 6, confidence)
    assert set(in_order["y_true"]) == set(range(10)), "right ones of every class, though those of one lie together"
    few = samples.choose(images[:5], y_true[:5], y_true[:5], None)
    assert len(few["images"]) == 5 and few["wrong"] == 0


@pytest.mark.parametrize("shape", [(4, 9), (4, 3, 3, 2), (0, 8, 8), (5, 8, 8)])
def test_samples_that_are_no_images_or_too_many_are_refused(tmp_path, shape):
    y = np.zeros(4, dtype=np.int64)
    with pytest.raises(DataError, match="expected"):
        samples.draw(tmp_path / "s.png", np.zeros(shape), y, y, ["only"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pair", [(np.zeros(3), np.zeros((3, 1))), (np.full(2, np.nan), np.zeros(2))])
def test_regression_plot_refuses_unequal_shapes_and_nothing_finite(tmp_path, pair):
    with pytest.raises(DataError, match="expected"):
        regression.draw(tmp_path / "r.png", *pair)


def test_many_numbers_are_drawn_as_their_density(tmp_path):
    y = RNG.normal(size=6000)
    regression.draw(tmp_path / "r.png", y, y + 0.1)
    assert size_of(tmp_path / "r.png")[0] > 300


def test_an_error_while_drawing_leaves_the_old_file(tmp_path):
    target = tmp_path / "p.png"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), picture(target, width=1, height=1):
        _ = 1 / 0
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_class_predictions_are_written_with_names(tmp_path):
    path = tmp_path / "p.csv"
    probability = np.array([0.9, 0.123456789], dtype=np.float32)
    predictions.write_csv(path, np.array([0, 1]), np.array([1, 1]), labels=["a,b", "c"], probability=probability)
    assert list(csv.reader(path.read_text().splitlines())) == [
        ["row", "true", "predicted", "probability"], ["0", "a,b", "c", "0.9"], ["1", "c", "c", "0.123457"],
    ]


def test_numbers_are_written_in_their_own_precision(tmp_path):
    path = tmp_path / "p.csv"
    predictions.write_csv(path, np.float32([[0.1]]), np.float32([[1 / 3]]))
    assert path.read_text() == "row,true,predicted\n0,0.1,0.33333334\n"
    predictions.write_csv(path, np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    assert path.read_text() == "row,true_0,true_1,predicted_0,predicted_1\n0,1.0,2.0,3.0,4.0\n"
    predictions.write_csv(path, np.empty(0), np.empty(0))
    assert path.read_text() == "row,true,predicted\n"


def test_predictions_of_another_shape_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"expected shape \(2,\), found \(3,\)"):
        predictions.write_csv(tmp_path / "p.csv", np.zeros(2), np.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_long_names_keep_their_beginning_and_end():
    assert shorten("background_noise_17", 12) == "backgrou…_17"
    assert shorten("two\nlines\t", 12) == "two lines"
    assert len(shorten("x" * 50, 1)) == 1
    assert [shorten(blank, 12) for blank in (" ", "\n", "")] == ["' '", "'\\n'", "''"]
