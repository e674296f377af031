"""`dlcli generate`: text that goes on from a prompt, samples of a GAN, and what is said where neither can be."""

import numpy as np
import pytest
from main_job import dlcli, dlcli_json
from PIL import Image

from dlcli.app.generate import maker
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.core.streams import Streams
from dlcli.train.gan import generated, scores

TEXT = "the cat sat on the mat. " * 40
LANGUAGE = """
seed: 3
dataset: {type: text, path: cat.txt, context: 12, stride: 3}
model:
  layers:
    - {type: embedding, input_dim: 11, output_dim: 8}
    - {type: gru, units: 24, return_sequences: true}
    - {type: dense, units: 11, activation: softmax}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.02}
training: {epochs: 12, batch_size: 32}
"""
GAN = """
seed: 3
dataset: {type: digits, preprocessing: [{type: rescale, scale: 1/127.5, offset: -1}]}
generator:
  latent: 4
  layers: [{type: dense, units: 64, activation: tanh}, {type: reshape, shape: [8, 8]}]
discriminator: {layers: [flatten, {type: dense, units: 1}]}
loss: gan_non_saturating
optimizer: adam
training: {epochs: 1, batch_size: 256}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with a trained language model and a GAN: (folder, run id of the one, run id of the other)."""
    from dlcli.app import configure
    from dlcli.app.train import train

    folder = tmp_path_factory.mktemp("generate")
    (folder / "cat.txt").write_text(TEXT)
    ids = []
    conditional = GAN.replace("latent: 4", "latent: 4\n  conditional: true").replace("units: 1}", "units: 10}")
    for name, text in (("language", LANGUAGE), ("gan", GAN), ("to order", conditional)):
        (folder / f"{name}.yaml").write_text(text)
        surroundings = Surroundings.of({}, runs_dir=str(folder / "runs"))
        ids.append(train(configure.read(folder / f"{name}.yaml"), surroundings, Ui()).run.id)
    return folder / "runs", *ids


@pytest.fixture
def text(capsys, runs):
    """The text that options make, with the prompt in front."""

    def made(*options):
        code, out, err = dlcli(capsys, "generate", runs[1], "--runs-dir", runs[0], *options)
        assert code == 0, err
        return out.removesuffix("\n")

    return made


def test_a_model_that_knows_the_text_goes_on_with_it(text):
    assert text("--prompt", "the cat s", "--length", "14", "--temperature", "0") == "the cat sat on the mat."


def test_the_length_and_the_prompt_are_as_asked_for(text):
    assert len(text("--prompt", "the ", "--seed", "1")) == 204
    assert len(text("--length", "7", "--seed", "1")) == 7


def test_the_same_seed_writes_the_same_and_another_seed_something_else(text):
    options = ("--prompt", "t", "--length", "60", "--temperature", "3")
    assert text(*options, "--seed", "1") == text(*options, "--seed", "1") != text(*options, "--seed", "2")


def test_without_a_seed_a_new_one_is_told(capsys, runs):
    options = ("generate", runs[1], "--runs-dir", runs[0], "--length", "30", "--temperature", "3")
    _, first, err = dlcli(capsys, *options)
    seed = err.split("--seed ")[1].strip()
    assert dlcli(capsys, *options, "--seed", seed)[1] == first


def test_one_of_the_likeliest_is_the_likeliest(text):
    options = ("--prompt", "the", "--length", "40", "--seed", "5", "--temperature", "2")
    assert text(*options, "--top-k", "1") == text(*options[:-1], "0")


def test_of_a_long_prompt_the_end_counts(text):
    options = ("--length", "30", "--seed", "4")
    end = "on the mat. the cat s"
    assert text("--prompt", "mat mat mat " + end[-12:], *options)[-30:] == text("--prompt", end, *options)[-30:]


def test_unknown_characters_of_a_prompt_are_named(capsys, runs):
    code, out, err = dlcli(capsys, "generate", runs[1], "--runs-dir", runs[0], "--prompt", "the Xylophone")
    assert code == 2 and not out and "'X'" in err and "'y'" in err and "'p'" in err and "--prompt" in err


def test_text_as_json_and_as_a_file(capsys, runs, tmp_path):
    common = ("generate", runs[1], "--runs-dir", runs[0], "--prompt", "the", "--length", "9", "--seed", "1")
    code, made = dlcli_json(capsys, *common, "-o", tmp_path / "new" / "text.txt")
    assert code == 0 and len(made["text"]) == 9 and made["seed"] == 1 and made["run_id"] == runs[1]
    assert (tmp_path / "new" / "text.txt").read_text() == f"the{made['text']}\n"


def test_pictures_are_drawn_and_written_as_bytes(capsys, runs, tmp_path):
    common = ("generate", runs[2], "--runs-dir", runs[0], "--seed", "1", "--npy", tmp_path / "x.npy")
    code, made = dlcli_json(capsys, *common, "-o", tmp_path / "sheet.png", "-n", "20")
    assert code == 0 and made["samples"] == 20 and made["shape"] == [8, 8]
    many = np.load(tmp_path / "x.npy")
    assert many.dtype == np.uint8 and many.shape == (20, 8, 8) and many.min() < 64 and many.max() > 192
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (8 * 58 + 2, 3 * 58 + 2)
    assert dlcli(capsys, *common, "-n", "7")[0] == 0
    assert np.array_equal(np.load(tmp_path / "x.npy"), many[:7])


def test_best_of_keeps_what_the_discriminator_takes_for_the_most_real(capsys, runs, tmp_path):
    made = maker(runs[2], None, Surroundings.of({}, runs_dir=str(runs[0])), Ui())
    every = made.samples(12, seed=4)
    latents = Streams(4).fresh("generate").standard_normal((12, *made.built.model.in_shape))
    raw = generated(made.built.model, made.theta, made.buffers, latents)
    judged = scores(made.built.model, made.theta, made.buffers, raw)
    best = [group[np.argmax(judged[group])] for group in np.arange(12).reshape(4, 3)]
    assert len(set(judged)) == 12 and best != [0, 3, 6, 9]
    common = ("generate", runs[2], "--runs-dir", runs[0], "--seed", "4", "--npy", tmp_path / "x.npy")
    code, said = dlcli_json(capsys, *common, "-n", "4", "--best-of", "3")
    assert code == 0 and said["samples"] == 4 and said["best_of"] == 3
    assert np.array_equal(np.load(tmp_path / "x.npy"), every[best])
    assert dlcli(capsys, *common, "-n", "2", "--best-of", "3")[0] == 0
    assert np.array_equal(np.load(tmp_path / "x.npy"), every[best[:2]])


def test_a_conditional_gan_makes_samples_of_the_class_that_is_asked_for(capsys, runs, tmp_path):
    common = ("generate", runs[3], "--runs-dir", runs[0], "--seed", "4", "--npy", tmp_path / "x.npy")
    code, said = dlcli_json(capsys, *common, "-n", "40")
    every = np.load(tmp_path / "x.npy")
    assert code == 0 and len(said["classes"]) == len(every) == 40 and len(set(said["classes"])) > 5
    code, same = dlcli_json(capsys, *common, "-n", "7")
    assert same["classes"] == said["classes"][:7] and np.array_equal(np.load(tmp_path / "x.npy"), every[:7])
    code, sevens = dlcli_json(capsys, *common, "-n", "40", "--class", "7")
    assert sevens["classes"] == ["7"] * 40
    made = np.load(tmp_path / "x.npy")
    asked = np.array([name == "7" for name in said["classes"]])
    assert np.array_equal(made[asked], every[asked]) and not np.array_equal(made[~asked], every[~asked])
    assert dlcli_json(capsys, *common, "-n", "4", "--best-of", "3")[1]["classes"] == said["classes"][:4]


@pytest.mark.parametrize(("which", "options", "said"), [
    (1, ["--class", "2"], "--class means nothing"), (2, ["--class", "2", "-o", "x.png"], "generator.conditional: true"),
    (3, ["--class", "seven", "-o", "x.png"], "no class is named 'seven'; there are 0, 1, 2"),
    (1, ["--best-of", "2"], "--best-of means nothing"), (2, ["--best-of", "0"], "best-of"),
    (1, ["-n", "3"], "-n means nothing"), (1, ["--npy", "x.npy"], "--npy means nothing"),
    (2, ["--prompt", "a"], "--prompt means nothing"), (2, [], "-o sheet.png"),
    (1, ["--temperature", "-1"], "temperature"),
])
def test_options_that_do_not_suit_the_run_are_usage_errors(capsys, runs, which, options, said):
    code, _, err = dlcli(capsys, "generate", runs[which], "--runs-dir", runs[0], *options)
    assert code == 2 and said in err


def test_a_classifier_generates_nothing(capsys):
    from main_job import CONFIGS

    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=1")
    code, _, err = dlcli(capsys, "generate", "latest")
    assert code == 2 and "neither a language model nor a GAN" in err and "dlcli predict" in err


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_gan_is_neither_evaluated_nor_asked(capsys, runs, command):
    code, _, err = dlcli(capsys, command, runs[2], *(["x.npy"] if command == "predict" else []), "--runs-dir", runs[0])
    assert code == 2 and "is a GAN" in err and "dlcli generate" in err


def test_a_model_of_preprocessed_characters_sees_them_as_in_training(capsys, tmp_path):
    (tmp_path / "cat.txt").write_text(TEXT)
    (tmp_path / "hot.yaml").write_text(LANGUAGE.replace(
        "stride: 3}", "stride: 3, preprocessing: [{type: one_hot, num_classes: 11}]}",
    ).replace("    - {type: embedding, input_dim: 11, output_dim: 8}\n", ""))
    assert dlcli(capsys, "train", tmp_path / "hot.yaml")[0] == 0
    code, out, err = dlcli(
        capsys, "generate", "latest", "--prompt", "the cat s", "--length", 14, "--temperature", 0,
    )
    assert (code, out) == (0, "the cat sat on the mat.\n"), err
