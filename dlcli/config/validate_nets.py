"""One model, or two that learn from each other: what may stand beside which, and what a GAN has no use for."""

from collections.abc import Iterator

from dlcli import registry
from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.core.gan_loss import GanLoss
from dlcli.errors import Problem
from dlcli.train.gan_scores import GanScores

GAN_FIGURES = GanScores.names


def missing_nets(source: Source) -> Iterator[Problem]:
    """Blocks that are not there; found in the bare data, so that it is told together with all else that is wrong."""
    given = [name for name in ("generator", "discriminator") if source.data.get(name) is not None]
    if source.data.get("model") is not None:
        for name in given:
            yield source.problem((name,), "model is given, too: a configuration trains either", "remove one", key=True)
    elif not given:
        hint = "or `generator` and `discriminator`, for a GAN"
        yield source.problem(("model",), "a required key is missing", hint)
    elif len(given) == 1:
        other = "discriminator" if given[0] == "generator" else "generator"
        yield source.problem((other,), "a required key is missing", f"`{given[0]}` needs it")


def contradictions_of_nets(source: Source, config: Config) -> Iterator[Problem]:
    """Empty lists of layers, and keys that do not suit what is trained."""
    for name in ("model", "generator", "discriminator"):
        block = getattr(config, name)
        if block is not None and not block.layers:
            yield source.problem((name, "layers"), "expected at least one layer; the list is empty")
    adversarial = isinstance(config.loss, GanLoss)
    if config.generator is None:
        if adversarial:
            message = f"{config.loss.type_name()} trains a generator against a discriminator; found a model"
            yield source.problem(("loss",), message, "give `generator` and `discriminator` in place of `model`")
        return
    if not adversarial:
        known = [n for n in registry.names("losses") if issubclass(registry.get("losses", n), GanLoss)]
        message = f"a generator and a discriminator need one of {', '.join(known)}; found {config.loss.type_name()}"
        yield source.problem(("loss",), message)
    yield from _useless_for_gan(source, config)


def _useless_for_gan(source: Source, config: Config) -> Iterator[Problem]:
    out = "take it out"
    if config.metrics:
        yield source.problem(("metrics",), "metrics compare answers with the truth; a GAN gives none", out, key=True)
    if config.init_from is not None:
        yield source.problem(("init_from",), "layers can be copied into a model, not into a GAN", out, key=True)
    if config.training.accumulate != 1:
        message = "a GAN does not accumulate gradients"
        yield source.problem(("training", "accumulate"), message, "make batch_size larger")
    if config.training.class_weight is not None:
        yield source.problem(("training", "class_weight"), "a GAN does not look at classes", out, key=True)
