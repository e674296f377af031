"""Raw inputs of `predict`: files, folders, tables, standard input."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from dlcli.core.target import DataSpec, Target
from dlcli.data import inputs
from dlcli.errors import DataError

CLASSES = Target(kind="classes", labels=("0", "1"))
GRAY = DataSpec(input_shape=(3, 4), dtype="uint8", target=CLASSES, image=True)
COLOUR = DataSpec(input_shape=(3, 4, 3), dtype="uint8", target=CLASSES, image=True)
TABLE = DataSpec(input_shape=(2,), dtype="float32", target=CLASSES)
PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


@pytest.fixture
def notes():
    return []


@pytest.fixture
def read(notes):
    def run(*paths, spec=TABLE, stdin=""):
        return list(inputs.read([str(p) for p in paths], spec, stdin=io.StringIO(stdin), warn=notes.append))

    return run


def test_an_image_is_its_pixels(tmp_path, read, notes):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (found,) = read(tmp_path / "a.png", spec=GRAY)
    assert found.names() == [str(tmp_path / "a.png")] and found.x.dtype == np.uint8 and not notes
    np.testing.assert_array_equal(found.x, PIXELS[None])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK"])
def test_an_image_of_other_colours_becomes_gray_with_one_note(mode, tmp_path, read, notes):
    suffix = "tif" if mode == "CMYK" else "png"
    for name in "ab":
        Image.fromarray(PIXELS).convert(mode).save(tmp_path / f"{name}.{suffix}")
    found = read(tmp_path, spec=GRAY)
    assert [np.abs(each.x - PIXELS.astype(int)).max() <= 1 for each in found] == [True, True]
    assert len(notes) == 1 and mode in notes[0] and "converted" in notes[0]


def test_sixteen_bits_a_pixel_are_scaled_to_eight(tmp_path, read, notes):
    Image.fromarray(PIXELS.astype(np.uint16) * 257).save(tmp_path / "a.png")
    (found,) = read(tmp_path / "a.png", spec=GRAY)
    np.testing.assert_array_equal(found.x[0], PIXELS)
    assert notes


def test_a_gray_image_becomes_colour_for_a_colour_model(tmp_path, read, notes):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (found,) = read(tmp_path / "a.png", spec=COLOUR)
    np.testing.assert_array_equal(found.x[0], np.repeat(PIXELS[..., None], 3, axis=2))
    assert notes


def test_a_directory_gives_its_images_by_name(tmp_path, read):
    for name in ("b.png", "a.bmp", "c.PNG"):
        Image.fromarray(PIXELS).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    names = [each.name.rpartition("/")[2] for each in read(tmp_path, spec=GRAY)]
    assert names == ["a.bmp", "b.png", "c.PNG"]


def test_an_image_of_the_wrong_size_says_found_and_expected(tmp_path, read):
    Image.fromarray(PIXELS.T.copy()).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"takes images of 4 x 3 .* found 3 x 4") as error:
        read(tmp_path / "a.png", spec=GRAY)
    assert error.value.where.endswith("a.png")


def test_what_does_not_decode_is_refused_by_name(tmp_path, read):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path)
    content = path.read_bytes()
    for damaged in (b"", b"no image at all", content[:50], content[:30]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="cannot be decoded") as error:
            read(path, spec=GRAY)
        assert error.value.where == str(path)


@pytest.mark.parametrize("spec", [GRAY, TABLE])
def test_a_directory_without_images_is_refused(spec, tmp_path, read):
    with pytest.raises(DataError, match="directory") as error:
        read(tmp_path, spec=spec)
    assert error.value.where == str(tmp_path)


def test_a_missing_path_is_refused(read):
    with pytest.raises(DataError, match="no such file"):
        read("absent.csv")


def test_npy_holds_one_sample_or_many(tmp_path, read):
    np.save(tmp_path / "one.npy", PIXELS)
    np.save(tmp_path / "many.npy", np.stack([PIXELS] * 3))
    one, many = read(tmp_path / "one.npy", tmp_path / "many.npy", spec=GRAY)
    assert one.x.shape == (1, 3, 4) and many.x.shape == (3, 3, 4)
    assert many.names() == [f"{tmp_path / 'many.npy'}[{i}]" for i in range(3)]


@pytest.mark.parametrize("arrays", [{"x": 1, "y": 0}, {"x_test": 1, "y_test": 0}, {"anything": 1}])
def test_npz_gives_the_array_of_inputs(arrays, tmp_path, read):
    x = np.ones((4, 2))
    np.savez(tmp_path / "a.npz", **{name: x if value else np.zeros(4) for name, value in arrays.items()})
    (found,) = read(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.x, x)


def test_many_samples_come_in_chunks_that_number_on(tmp_path, read, monkeypatch):
    monkeypatch.setattr(inputs, "CHUNK", 3)
    x = np.arange(14.0).reshape(7, 2)
    np.save(tmp_path / "a.npy", x)
    rows = "\n".join(f"{a},{b}" for a, b in x)
    for found in (read(tmp_path / "a.npy"), read("-", stdin=rows)):
        assert [(each.first, len(each.x)) for each in found] == [(0, 3), (3, 3), (6, 1)]
        np.testing.assert_array_equal(np.concatenate([each.x for each in found]), x)


@pytest.mark.parametrize(("array", "match"), [
    (np.zeros((3, 3)), "expected one sample of shape"), (np.zeros((0, 2)), "holds no samples"),
    (np.array([[1.0, 2.0], [np.nan, 1.0]]), "row 1"), (np.array([[1, "a"]], object), "pickled"),
])
def test_an_array_that_does_not_fit_is_refused(array, match, tmp_path, read):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError, match=match):
        read(tmp_path / "a.npy")


def test_what_is_no_array_file_is_refused(tmp_path, read):
    for name in ("a.npy", "a.npz"):
        (tmp_path / name).write_bytes(b"no array")
        with pytest.raises(DataError, match="cannot be read as an array"):
            read(tmp_path / name)
    np.savez(tmp_path / "a.npz", a=np.zeros((1, 2)), b=np.zeros((1, 2)))
    with pytest.raises(DataError, match="found a, b"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("text", [
    "1,2\n3,4\n", "first,second\n1,2\n3,4", "\ufeff1,2\r\n\r\n3,4\r\n", "1\t2\n3\t4", "1;2\n3;4", '"1","2"\n3,4',
    "[1, 2]\n[3, 4]\n", "\n[1,2]\n\n[3,4]",
])
def test_tables_and_json_lines_give_the_same_samples(text, tmp_path, read):
    (tmp_path / "a.csv").write_bytes(text.encode())
    for (found,) in (read("-", stdin=text), read(tmp_path / "a.csv")):
        np.testing.assert_array_equal(found.x, [[1, 2], [3, 4]])
        assert found.first == 0


def test_a_row_of_pixels_is_an_image(read):
    (found,) = read("-", spec=GRAY, stdin=",".join(str(p) for p in PIXELS.ravel()))
    np.testing.assert_array_equal(found.x[0], PIXELS)
    (found,) = read("-", spec=GRAY, stdin=str(PIXELS.tolist()))
    np.testing.assert_array_equal(found.x[0], PIXELS)


@pytest.mark.parametrize(("text", "where", "match"), [
    ("1,2\n3\n", "line 2", "expected 2 numbers, found 1"),
    ("1,2,3\n", "line 1", "expected 2 numbers, found 3"),
    ("a,b\n1,2\n3,x\n", r"line 3, column 2 \(b\)", "found 'x'"),
    ("1,2\n3,\n", "line 2, column 2", "found ''"),
    ("1,nan\n", "line 1, column 2", "found 'nan'"),
    ("a,b\n", "-", "no row of numbers"),
    ("", "-", "nothing in it"),
    ("\n \n", "-", "nothing in it"),
    ("[1, 2]\n[3]\n", "line 2", r"found shape \(1,\)"),
    ("[1, 2]\n[3, \n", "line 2", "JSON list of numbers"),
    ("[1, 2]\n[3, null]\n", "line 2", "NaN or infinite"),
    ('{"a": 1}\n', "line 1", "JSON list of numbers"),
    ("[[1], [2, 3]]\n", "line 1", "JSON list of numbers"),
])
def test_a_damaged_row_is_refused_with_its_place(text, where, match, read):
    with pytest.raises(DataError, match=match) as error:
        read("-", stdin=text)
    assert error.value.hint
    assert re.search(where, error.value.where)


def test_binary_content_is_refused(tmp_path, read):
    for content in (b"\xff\xfe\x00\x01", b"\x00\x01\x02", bytes(range(256))):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(DataError):
            read(tmp_path / "a.csv")
