"""Models that cannot work: `dlcli check` says so, with the line and the column, and what to do."""

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, run_dirs

IMAGES = """\
dataset: {type: digits, preprocessing: [expand_dims]}
model:
  layers:
    - LAYER
    - flatten
    - {type: dense, units: 10, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
"""
STEPS = IMAGES.replace("[expand_dims]", "[]")
FREEZING = """\
init_from:
  run: FILE
  freeze: [dense, conv*]
"""
GAN = """\
dataset: digits
generator:
  latent: 4
  layers:
    - {type: dense, units: 63}
    - LAYER
discriminator:
  layers:
    - flatten
    - {type: dense, units: 1}
loss: gan_hinge
optimizer: adam
"""


def refused(capsys, path, place, *said):
    code, out, err = dlcli(capsys, "check", path)
    assert code == 2 and out == "" and "Traceback" not in err
    line = next((line for line in err.splitlines() if line.startswith(f"{path}:{place}")), None)
    assert line is not None, err
    for text in said:
        assert text in line
    assert not run_dirs()


@pytest.mark.parametrize(("layer", "column", "said"), [
    ("{type: conv2d, filters: 4, kernel_size: 9}", 47, "window of 9 x 9"),
    ("{type: conv2d, filters: 4, kernel_size: [3, 9]}", 47, "window of 3 x 9"),
    ("{type: conv2d, filters: 4, kernel_size: 3, dilation_rate: 4}", 47, "its dilation counted"),
    ("{type: depthwise_conv2d, kernel_size: 9}", 45, "window of 9 x 9"),
    ("{type: separable_conv2d, filters: 4, kernel_size: 9}", 57, "window of 9 x 9"),
    ("{type: conv2d, filters: 4, kernel_size: 3, strides: 0}", 59, "at least 1"),
    ("{type: conv2d, filters: 4, kernel_size: 3, strides: [1, 0]}", 63, "at least 1"),
    ("{type: conv2d_transpose, filters: 4, kernel_size: 3, strides: 0}", 69, "at least 1"),
    ("{type: max_pooling2d, pool_size: 2, strides: 0}", 52, "at least 1"),
    ("{type: max_pooling2d, pool_size: 9}", 40, "window of 9 x 9"),
    ("{type: average_pooling2d, pool_size: -2}", 44, "at least 1"),
    ("{type: cropping2d, cropping: 4}", 36, "larger than that"),
    ("{type: repeat, times: 2, layers: [tanh, {type: max_pooling2d, pool_size: 4}]}", 80, "copy 1"),
    ("{type: residual, layers: [{type: conv2d, filters: 4, kernel_size: 9}]}", 73, "window of 9 x 9"),
    ("{type: residual, layers: [{type: conv2d, filters: 4, kernel_size: 3}]}", 32, "they must be equal"),
    ("{type: conv2d, filters: 4, kernel_size: 3, groups: 3}", 31, "multiple of 3 filters"),
    ("{type: group_normalization, groups: 3}", 43, "multiple of 3 channels"),
])
def test_images_that_a_layer_cannot_work_on(capsys, tmp_path, layer, column, said):
    path = tmp_path / "model.yaml"
    path.write_text(IMAGES.replace("LAYER", layer))
    refused(capsys, path, f"4:{column}  model.layers.0", said)


@pytest.mark.parametrize(("layer", "column", "said"), [
    ("{type: conv1d, filters: 4, kernel_size: 9}", 47, "window of 9 needs"),
    ("{type: conv1d, filters: 4, kernel_size: 3, strides: 0}", 59, "at least 1"),
    ("{type: max_pooling1d, pool_size: 9}", 40, "window of 9 needs"),
    ("{type: average_pooling1d, pool_size: 2, strides: -1}", 56, "at least 1"),
    ("{type: multi_head_attention, num_heads: 3}", 47, "set num_heads to one of 1, 2, 4, 8"),
    ("{type: transformer_encoder, num_heads: 3, intermediate_dim: 4}", 46, "do not divide into 3 heads"),
    ("{type: transformer_decoder, num_heads: 16, intermediate_dim: 4}", 46, "do not divide into 16 heads"),
    ("{type: repeat, times: 2, layer: {type: transformer_encoder, num_heads: 3, intermediate_dim: 4}}", 78, "heads"),
    ("masking\n    - {type: reshape, shape: [4, 16]}\n    - {type: lstm, units: 2}", 0, "which steps are padding"),
])
def test_sequences_that_a_layer_cannot_work_on(capsys, tmp_path, layer, column, said):
    path = tmp_path / "model.yaml"
    path.write_text(STEPS.replace("LAYER", layer))
    refused(capsys, path, f"4:{column}  model.layers.0" if column else "6:7  model.layers.2", said)


@pytest.mark.parametrize(("config", "rows", "last"), [
    ("shakespeare_char_gpt.yaml", 64, 64), ("shakespeare_char_lstm.yaml", 10, 64), ("sms_spam_lstm.yaml", 7999, 7999),
    ("reverse_sequence.yaml", 10, 10),
])
def test_ids_outside_the_embedding(capsys, tmp_path, config, rows, last):
    text = (CONFIGS / config).read_text()
    line = next(n for n, line in enumerate(text.splitlines(), 1) if "type: embedding" in line)
    start = text.splitlines()[line - 1].index("input_dim: ") + len("input_dim: ")
    wanted = f"input_dim: {last + 1}"
    assert wanted in text, "the configuration has a row for every id"
    path = tmp_path / config
    path.write_text(text.replace(wanted, f"input_dim: {rows}"))
    refused(capsys, path, f"{line}:{start + 1}  model.layers.", f"up to {last}", f"set {wanted}")


def test_ids_are_found_through_layers_that_leave_them_as_they_are_and_no_further(capsys, tmp_path):
    path = tmp_path / "model.yaml"
    text = """\
dataset: {type: shakespeare_excerpt, context: 8}
model:
  layers:
    - {type: input, shape: [8]}
    - {type: reshape, shape: [8, 1]}
    - {type: sequential, layers: [FIRST, {type: embedding, input_dim: 60, output_dim: 4}]}
    - {type: reshape, shape: [8, 4]}
    - {type: dense, units: 65, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
"""
    path.write_text(text.replace("FIRST, ", ""))
    refused(capsys, path, "6:64  model.layers.2.layers.0.input_dim", "set input_dim: 65")
    path.write_text(text.replace("FIRST", "step"))
    assert dlcli(capsys, "check", path)[0] == 0, "what a layer makes of ids are no ids of the data"


def test_frozen_names_that_match_nothing(capsys, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(IMAGES.replace("LAYER", "tanh") + FREEZING.replace("FILE", "none.safetensors"))
    refused(capsys, path, "11:19  init_from.freeze.1", "no layer is named 'conv*'", "tanh, flatten, dense")


@pytest.mark.parametrize(("layer", "said"), [
    ("{type: dense, units: 64}", "{type: reshape, shape: [8, 8]}"), ("tanh", "{type: dense, units: 64}"),
])
def test_a_generator_whose_output_does_not_fit(capsys, tmp_path, layer, said):
    path = tmp_path / "gan.yaml"
    path.write_text(GAN.replace("LAYER", layer))
    refused(capsys, path, "6:7  generator.layers.1", "of shape (8, 8)", said)


def test_one_hot_rows_of_floating_point_are_told_from_numbers(capsys, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x_train=rng.random((30, 4)), y_train=np.eye(10, dtype="f4")[np.arange(30) % 10])
    path = tmp_path / "model.yaml"
    text = STEPS.replace("{type: digits, preprocessing: []}", "{type: npz, path: data.npz}").replace("LAYER", "tanh")
    path.write_text(text)
    refused(capsys, path, "7:7  loss", "the targets are numbers, shape (10,)", "dataset.task: classification")
    path.write_text(text.replace("path: data.npz", "path: data.npz, task: classification"))
    assert dlcli(capsys, "check", path)[0] == 0


@pytest.mark.parametrize(("layer", "place", "said"), [
    ("{type: masking, mask_value: x}", "4:35  model.layers.0.mask_value", "a number"),
    ("{type: masking}", "4:7  model.layers.0", "(T, I)"),
])
def test_masks_that_cannot_be(capsys, tmp_path, layer, place, said):
    np.savez(tmp_path / "data.npz", x_train=np.zeros((4, 3)), y_train=np.arange(4) % 2)
    path = tmp_path / "model.yaml"
    text = STEPS.replace("{type: digits, preprocessing: []}", "{type: npz, path: data.npz, classes: 10}")
    path.write_text(text.replace("LAYER", layer))
    refused(capsys, path, place, said)
