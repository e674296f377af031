"""What does not fit in the configuration of a GAN is found by check, at its line, before anything is made."""

import pytest
from main_job import dlcli, run_dirs
from test_gan import DIGITS

from dlcli.config.build import resolved
from dlcli.config.load import load
from dlcli.config.validate import validate


@pytest.fixture
def config(tmp_path):
    return tmp_path / "gan.yaml"


@pytest.mark.parametrize(("old", "new", "said"), [
    ("shape: [8, 8]}", "shape: [64]}", "generator.layers.3: the generator makes samples of shape (64,)"),
    ("units: 64, activation: tanh}", "units: 60, activation: tanh}", "generator.layers.3"),
    ("    - {type: reshape, shape: [8, 8]}\n", "", "end the generator with {type: reshape, shape: [8, 8]}"),
    ("    - {type: dense, units: 1}", "    - {type: dense, units: 2}", "discriminator.layers.4: gan_non_saturating"),
    ("    - {type: dense, units: 1}", "    - {type: dense, units: 1, activation: sigmoid}", "take the sigmoid out"),
    ("    - {type: dense, units: 1}", "    - {type: dense, units: 1}\n    - sigmoid\n    - {type: reshape, shape: [1]}",
     "take the sigmoid out"),
    ("loss: gan_non_saturating", "loss: mse", "loss: a generator and a discriminator need one of gan_hinge"),
    ("training: {", "metrics: [accuracy]\ntraining: {", "metrics"),
    ("latent: 6", "latent: 6\n  conditional: true", "a score for each of the 10 classes; its output has shape (1,)"),
    ("}]}\ngenerator:", "}], augmentation: [mixup]}\ngenerator:\n  conditional: true", "mixup mixes classes"),
    ("{type: digits, preprocessing: [{type: rescale, scale: 1/127.5, offset: -1}]}\ngenerator:",
     "diabetes\ngenerator:\n  conditional: true", "generator.conditional: samples are made to order by their class"),
    ("training: {", "training: {accumulate: 2, ", "training.accumulate"),
    ("training: {", "training: {d_steps: 2, ", "(there is discriminator.d_steps)"),
    ("training: {", "training: {early_stopping: {monitor: val_loss}, ", "there are d_loss, g_loss, d_real, d_fake"),
    ("generator:\n", "model: {layers: [flatten]}\ngenerator:\n", "model is given, too"),
    ("discriminator:\n  layers:", "discriminator:\n  layers: []\n  unused:", "unused"),
])
def test_what_does_not_fit_is_found_by_check_at_its_line(capsys, config, old, new, said):
    assert old in DIGITS
    config.write_text(DIGITS.replace(old, new))
    code, _, err = dlcli(capsys, "check", config)
    assert code == 2 and said in err and "gan.yaml:" in err, err
    assert run_dirs() == []


def test_half_a_gan_and_no_model_at_all_are_told_with_all_other_mistakes(capsys, config):
    text = DIGITS[:DIGITS.index("discriminator:")] + "loss: gan_hinge\noptimizer: {type: adam, learning_rat: 1}\n"
    config.write_text(text)
    code, _, err = dlcli(capsys, "check", config)
    assert code == 2 and "discriminator: a required key is missing" in err and "learning_rat" in err
    config.write_text(text[:text.index("generator:")] + text[text.index("loss:"):])
    code, _, err = dlcli(capsys, "check", config)
    assert code == 2 and "model: a required key is missing" in err and "learning_rat" in err


def test_a_gan_loss_without_a_gan_is_refused(capsys, tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text(
        "dataset: digits\nmodel: {layers: [flatten, {type: dense, units: 1}]}\nloss: gan_hinge\noptimizer: adam\n",
    )
    code, _, err = dlcli(capsys, "check", path)
    assert code == 2 and "trains a generator against a discriminator" in err


def test_steps_of_the_discriminator_by_both_names(config):
    for name in ("d_steps", "steps"):
        config.write_text(DIGITS.replace("discriminator:\n", f"discriminator:\n  {name}: 3\n"))
        data = resolved(validate(load(config)))
        assert data["discriminator"]["d_steps"] == 3 and "steps" not in data["discriminator"]
