"""`dlcli list` and `dlcli schema`: what they say is what the components say."""

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest

from dlcli import registry
from dlcli.cli.main import main
from dlcli.config.load import load, loads

CONFIGS = sorted((Path(__file__).parent.parent / "configs").rglob("*.yaml"))
COMPONENTS = [(kind, name) for kind in registry.PACKAGES for name in registry.names(kind)]


def output(capsys, *args):
    """What a command that succeeds prints."""
    assert main(args) == 0
    return capsys.readouterr().out


def failure(capsys, *args):
    """The error of a command line that is wrong."""
    assert main([*args, "--json"]) == 2
    captured = capsys.readouterr()
    return json.loads(captured.out)["error"]


@pytest.mark.parametrize("kind", registry.PACKAGES)
def test_list_names_every_component_of_a_kind_with_a_sentence(capsys, kind):
    lines = output(capsys, "list", kind).splitlines()
    listed = {line.split()[0] for line in lines if not line.startswith(" ")}
    assert listed == set(registry.names(kind))
    found = json.loads(output(capsys, "list", kind, "--json"))
    assert all(component["summary"] for component in found["components"])


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_every_component_has_a_page_with_its_manual_keys_and_example(capsys, kind, name):
    entry = json.loads(output(capsys, "list", kind, name, "--json"))
    cls = registry.get(kind, name)
    assert entry["manual"]
    top_level = [key["name"] for key in entry["keys"] if "." not in key["name"]]
    assert sorted(top_level) == sorted(field.name for field in fields(cls))
    assert name in str(loads(entry["example"], "example").data)
    assert name in output(capsys, "list", kind, name)


def test_a_page_says_type_bounds_and_default_in_words(capsys):
    keys = {key["name"]: key for key in json.loads(output(capsys, "list", "layers", "dense", "--json"))["keys"]}
    assert (keys["units"]["type"], keys["units"]["default"]) == ("integer, at least 1", None)
    assert (keys["activation"]["type"], keys["activation"]["default"]) == ("activation", "null")
    assert keys["kernel_initializer"]["default"] == "glorot_uniform"
    assert keys["kernel_regularizer.l2"]["type"] == "number, at least 0"
    assert keys["trainable"]["inherited"]
    assert "checkpoints" in keys["name"]["meaning"]


@pytest.mark.parametrize(("singular", "kind"), [("layer", "layers"), ("loss", "losses"), ("dataset", "datasets")])
def test_a_kind_may_be_named_in_the_singular(capsys, singular, kind):
    assert output(capsys, "list", singular) == output(capsys, "list", kind)


def test_an_alias_leads_to_its_component(capsys):
    assert json.loads(output(capsys, "list", "loss", "mean_squared_error", "--json"))["name"] == "mse"


def test_unknown_kinds_and_names_are_usage_errors_with_what_was_meant(capsys):
    assert failure(capsys, "list", "laiers")["hint"] == "did you mean 'layers'?"
    assert failure(capsys, "list", "layers", "dens")["hint"] == "did you mean 'dense'?"
    assert "dlcli list losses" in failure(capsys, "list", "loss", "qqqq")["hint"]


@pytest.fixture(scope="module")
def validator():
    from dlcli.config.json_schema import document

    schema = document()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_that_ships_fits_the_schema(validator, path):
    assert [error.message for error in validator.iter_errors(load(path).data)] == []


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_every_example_of_every_component_fits_its_definition(validator, kind, name):
    single = definition(validator, f"{kind}.{name}")
    for example in registry.get(kind, name).examples:
        assert list(single.iter_errors({"type": name, **_as_yaml(example.keys)})) == []


def definition(validator, name):
    """A validator of one definition."""
    definitions = validator.schema["$defs"]
    return validator.evolve(schema=definitions[name] | {"$defs": definitions})


def _as_yaml(keys):
    from dlcli.config.dump import dump

    return loads(dump(dict(keys)), "example").data if keys else {}


MISTAKES = {
    "an unknown key": {"epohcs": 3},
    "an unknown component": {"loss": "crossentropy"},
    "an activation that is none": {"model": {"layers": [{"type": "dense", "units": 2, "activation": "dense"}]}},
    "a key of another component": {"optimizer": {"type": "sgd", "epsilon": 1e-7}},
    "a required key that is missing": {"model": {"layers": ["dense"]}},
    "a text for a number": {"optimizer": {"type": "adam", "learning_rate": "fast"}},
    "a number out of bounds": {"training": {"batch_size": 0}},
    "a share that leaves nothing": {"dataset": {"type": "digits", "validation_split": 1}},
    "a number for a switch": {"training": {"shuffle": 1}},
    "a word that is no choice": {"dtype": "float16"},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_typical_mistakes_do_not_fit_the_schema(validator, mistake):
    good = {
        "dataset": "digits", "model": {"layers": ["flatten", {"type": "dense", "units": 10}]},
        "loss": "mse", "optimizer": "adam", "training": {"epochs": 1},
    }
    assert validator.is_valid(good)
    assert not validator.is_valid(good | mistake)


def test_a_fraction_is_a_number(validator):
    single = definition(validator, "transforms.rescale")
    assert single.is_valid({"type": "rescale", "scale": "1/255"})
    assert not single.is_valid({"type": "rescale", "scale": "1/"})


def test_schema_describes_components_and_keys(capsys):
    schema = json.loads(output(capsys, "schema"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    dense = schema["$defs"]["layers.dense"]
    assert dense["description"].startswith("Fully connected layer")
    assert dense["properties"]["type"]["const"] == "dense"
    assert dense["properties"]["kernel_initializer"]["default"] == {"type": "glorot_uniform"}
    assert "checkpoints" in dense["properties"]["name"]["description"]
    assert "relu" in schema["$defs"]["Activation"]["anyOf"][0]["enum"]
    assert "dense" not in str(schema["$defs"]["Activation"])
    assert "mean_squared_error" in schema["$defs"]["losses.mse"]["properties"]["type"]["enum"]


def test_schema_goes_to_a_file(capsys, tmp_path):
    target = tmp_path / "schema.json"
    assert output(capsys, "schema", "-o", str(target)) == ""
    assert json.loads(target.read_text())["title"] == "dlcli configuration"
