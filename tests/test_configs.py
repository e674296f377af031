"""Every configuration that ships is valid, can be planned without data, and trains two steps without a network."""

import json
import os
from pathlib import Path

import pytest

from dlcli.app import configure
from dlcli.app.surroundings import Surroundings
from dlcli.app.train import train
from dlcli.app.ui import Ui
from dlcli.config.build import resolved
from dlcli.config.dump import dump

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.yaml"))
every_config = pytest.mark.parametrize("path", CONFIGS, ids=[path.stem for path in CONFIGS])


class Said(Ui):
    """Keeps what a user would have been told."""

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


@every_config
def test_config_is_valid_and_its_shapes_fit(path):
    configured = configure.read(path)
    surroundings = Surroundings.of(os.environ)
    built = configure.plan(configured, surroundings, Ui())
    assert built is None or built.model.layout.trainable > 0
    assert configured.config.name
    assert not surroundings.runs_dir.exists(), "a check leaves nothing behind"


@every_config
def test_config_tells_a_learner_what_it_does(path):
    text = path.read_text()
    assert text.startswith("# "), "start with a comment that says what is learned from this configuration"
    assert f"dlcli train configs/{path.name}" in text, "say how it is run"
    commented = sum("#" in line for line in text.splitlines())
    assert commented >= 5, "comment the keys: a learner reads this"


@every_config
def test_resolved_config_means_the_same(path):
    configured = configure.read(path)
    again = configure.read_text(dump(resolved(configured.config)), "resolved", folder=path.parent)
    assert again.config == configured.config


def made_texts(folder):
    """A few messages, for configurations whose texts do not ship."""
    path = folder / "texts.tsv"
    path.write_text("".join(f"{'spam' if n % 3 else 'ham'}\tmessage number {n}, call now\n" for n in range(120)))
    return path


@every_config
def test_config_trains_two_steps_without_network(path, tmp_path):
    given = configure.read(path).config
    overrides = ["training.steps=2"] if given.training.steps is not None else ["~training.epochs", "+training.steps=2"]
    if given.dataset.type_name() == "text_classification":
        overrides.append(f"dataset.path={made_texts(tmp_path)}")
    configured = configure.read(path, overrides)
    ui = Said()
    trained = train(configured, Surroundings.of(os.environ), ui, fast=True)
    assert trained.status == "completed" and trained.step == 2
    status = json.loads((trained.run.path / "status.json").read_text())
    assert status["weights_sha256"] == trained.weights_sha256
    assert (trained.run.path / "checkpoints" / "last.safetensors").exists()
    fetched = configured.config.dataset.fallback is not None
    assert fetched or not ui.warnings
    assert all("NOT THE DATA" in text for text in ui.warnings)
