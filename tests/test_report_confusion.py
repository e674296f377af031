"""The confusion matrix, and what is computed from it."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from dlcli import report
from dlcli.cli.confusion_table import as_table
from dlcli.errors import DataError
from dlcli.report import classification_report, confusion_matrix, confusions, normalized_confusion_matrix

# true: 0 0 0 1 1 2, predicted: 0 0 1 1 1 0; class 3 has neither.
MATRIX = np.array([[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
LABELS = ["cat", "dog", "cow", "elk"]


def rendered(matrix, labels, width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(as_table(matrix, labels, width))
    return console.file.getvalue()


def test_counts_have_true_classes_in_rows():
    y_true, y_pred = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    matrix = confusion_matrix.confusion_matrix(y_true, y_pred, 4)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, MATRIX)


def test_small_integer_types_do_not_overflow():
    y = np.arange(200, dtype=np.uint8)
    np.testing.assert_array_equal(confusion_matrix.confusion_matrix(y, y, 200), np.eye(200))


def test_no_samples_give_zeros():
    assert confusion_matrix.confusion_matrix(np.empty(0), np.empty(0), 3).tolist() == [[0] * 3] * 3


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [([0, 3], [0, 1]), ([0, 1], [0, -1]), ([0.0, 1.0], [0, 1]), ([0, 1], [0]), ([0, 1], [[0, 1], [1, 0]])],
)
def test_what_is_no_class_number_is_refused(y_true, y_pred):
    with pytest.raises(DataError, match="expected"):
        confusion_matrix.confusion_matrix(np.array(y_true), np.array(y_pred), 3)


def test_csv_reads_back(tmp_path):
    labels = ["a,b", 'q"', "é", "plain"]
    confusion_matrix.write_csv(tmp_path / "m.csv", MATRIX, labels)
    head, *rows = csv.reader((tmp_path / "m.csv").read_text(encoding="utf-8").splitlines())
    assert head == ["true\\predicted", *labels]
    assert [row[0] for row in rows] == labels
    assert [list(map(int, row[1:])) for row in rows] == MATRIX.tolist()


def test_wrong_number_of_labels_is_refused_and_leaves_no_file(tmp_path):
    for write in (confusion_matrix.write_csv, confusion_matrix.draw):
        with pytest.raises(DataError, match="4 classes, found 1"):
            write(tmp_path / "file", MATRIX, ["one"])
    assert list(tmp_path.iterdir()) == []


def test_scores_equal_hand_computed_ones():
    result = classification_report.scores(MATRIX)
    assert result["precision"] == pytest.approx([2 / 3, 2 / 3, 0, 0])
    assert result["recall"] == pytest.approx([2 / 3, 1, 0, 0])
    assert result["f1"] == pytest.approx([2 / 3, 0.8, 0, 0])
    assert result["support"] == [3, 2, 1, 0]
    assert result["accuracy"] == pytest.approx(4 / 6)
    assert result["macro"]["f1"] == pytest.approx((2 / 3 + 0.8) / 3)  # class 3 does not occur
    assert result["micro"]["precision"] == result["micro"]["recall"] == result["micro"]["f1"] == pytest.approx(4 / 6)
    assert result["weighted"]["recall"] == pytest.approx((3 * 2 / 3 + 2 * 1) / 6)


def test_scores_equal_a_slow_reference():
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(0, 7, 500).tolist(), rng.integers(0, 7, 500).tolist()
    result = classification_report.scores(confusion_matrix.confusion_matrix(np.array(y_true), np.array(y_pred), 7))
    for k in range(7):
        tp = sum(t == p == k for t, p in zip(y_true, y_pred, strict=True))
        precision, recall = tp / y_pred.count(k), tp / y_true.count(k)
        assert result["precision"][k] == pytest.approx(precision)
        assert result["recall"][k] == pytest.approx(recall)
        assert result["f1"][k] == pytest.approx(2 * precision * recall / (precision + recall))
    # Weighted recall is accuracy.
    assert result["weighted"]["recall"] == pytest.approx(result["accuracy"])


def test_scores_of_nothing_are_zero():
    result = classification_report.scores(np.zeros((2, 2), dtype=np.int64))
    assert result["accuracy"] == result["macro"]["f1"] == result["weighted"]["f1"] == 0.0


def test_report_has_the_familiar_layout():
    text = classification_report.as_text(classification_report.scores(MATRIX), LABELS, digits=2)
    assert text == (
        "              precision    recall  f1-score   support\n"
        "\n"
        "         cat       0.67      0.67      0.67         3\n"
        "         dog       0.67      1.00      0.80         2\n"
        "         cow       0.00      0.00      0.00         1\n"
        "         elk       0.00      0.00      0.00         0\n"
        "\n"
        "    accuracy                           0.67         6\n"
        "   macro avg       0.44      0.56      0.49         6\n"
        "weighted avg       0.56      0.67      0.60         6\n"
    )


def test_table_shows_counts_names_and_recall():
    lines = rendered(MATRIX, LABELS, 80).splitlines()
    assert lines[0].split() == ["true", *LABELS, "recall"]
    assert lines[2].split() == ["cat", "2", "1", "·", "·", "0.667"]
    assert lines[5].split() == ["elk", "·", "·", "·", "·", "–"]
    assert "accuracy 0.6667 (4 of 6)" in lines[-2]
    assert lines[-1] == "most confused: cat as dog (1), cow as cat (1)"


def test_table_numbers_rows_and_columns_where_names_do_not_fit():
    labels = [f"name number {c}" for c in "abcdefghij"]
    lines = rendered(np.eye(10, dtype=np.int64) * 1000, labels, 80).splitlines()
    assert lines[0].split()[1:-1] == [*map(str, range(10))]
    assert lines[2].startswith("name number a 0 1000    ·")
    assert lines[11].startswith("name number j 9    ·")


def test_table_of_many_classes_lists_the_worst_and_the_most_confused():
    matrix = np.eye(100, dtype=np.int64) * 10
    matrix[41, 17] = 30
    text = rendered(matrix, [f"class {i}" for i in range(100)], 80)
    assert text.splitlines()[2].split()[:3] == ["class", "41", "0.250"]
    assert "class 41  class 17      30  75.0%" in text
    assert "80 more classes" in text


@pytest.mark.parametrize("width", [40, 80, 140])
@pytest.mark.parametrize("classes", [1, 2, 10, 60])
def test_table_keeps_to_its_width(width, classes):
    rng = np.random.default_rng(classes)
    text = rendered(rng.integers(0, 5000, (classes, classes)), [f"[b]name {i}" * 3 for i in range(classes)], width)
    assert max(map(len, text.splitlines())) <= width
    assert "[b]" in text  # a name is no markup


def test_importing_loads_neither_matplotlib_nor_rich():
    names = ", ".join(path.stem for path in Path(report.__file__).parent.glob("[!_]*.py"))
    heavy = "{'matplotlib', 'rich'} & {*sys.modules}"
    code = f"import sys; from dlcli.report import {names}; sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_most_confused_pairs_are_the_same_from_samples_and_from_the_matrix():
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, 6, 400), rng.integers(0, 6, 400)
    matrix = confusion_matrix.confusion_matrix(y_true, y_pred, 6)
    pairs = confusions.of_matrix(matrix, most=7)
    assert pairs == confusions.of_samples(y_true, y_pred, 6, most=7) and len(pairs) == 7
    assert [pair.count for pair in pairs] == sorted(matrix[~np.eye(6, dtype=bool)], reverse=True)[:7]
    first = pairs[0]
    assert matrix[first.true, first.predicted] == first.count
    assert first.share == pytest.approx(first.count / (y_true == first.true).sum())


def test_nothing_confused_gives_no_pairs():
    assert confusions.of_matrix(np.eye(3, dtype=np.int64)) == confusions.of_samples(np.arange(3), np.arange(3), 3) == ()
    assert "most confused" not in rendered(np.eye(3, dtype=np.int64), ["a", "b", "c"], 80)


def test_scores_of_counts_are_those_of_the_matrix():
    counts = np.diagonal(MATRIX), MATRIX.sum(axis=0), MATRIX.sum(axis=1)
    assert classification_report.scores_of(*counts) == classification_report.scores(MATRIX)


def test_normalized_matrix_has_rows_that_sum_to_one_and_empty_ones(tmp_path):
    shares = normalized_confusion_matrix.shares(MATRIX)
    np.testing.assert_allclose(shares[:3].sum(axis=1), 1)
    assert np.isnan(shares[3]).all()
    normalized_confusion_matrix.write_csv(tmp_path / "n.csv", MATRIX, LABELS)
    rows = list(csv.reader((tmp_path / "n.csv").read_text().splitlines()))
    assert rows[0] == ["true\\predicted", *LABELS]
    assert rows[1] == ["cat", "0.666667", "0.333333", "0", "0"] and rows[4] == ["elk", "", "", "", ""]


@pytest.mark.parametrize(("share", "text"), [
    (1.0, "100"), (0.9999, "99.9"), (0.972, "97.2"), (0.0005, "0.1"), (0.0004, "<0.1"),
])
def test_only_all_is_a_hundred_percent_and_little_is_not_nothing(share, text):
    assert normalized_confusion_matrix.percent(share) == text
