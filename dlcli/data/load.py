"""From a data set's description to its splits: loads, falls back where it must, checks, sets aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dlcli.core.dataset import DataEnv, Dataset, Split
from dlcli.core.target import DataSpec
from dlcli.data.checks import check
from dlcli.data.setting_aside import divide
from dlcli.errors import DataError, DataKeyError, DataUnavailableError


@dataclass(frozen=True)
class Loaded:
    """The splits of a run.

    `used` is the data set that the samples come from, with the keys that it takes over from the one
    that it stands in for; `wanted` is the type of the one that was asked for, and `fell_back` the reason why another
    stands in, None where none does, after `fallbacks` of them. `skipped` counts samples that are left out, by reason.
    """

    spec: DataSpec
    train: Split
    validation: Split | None
    test: Split | None
    used: Dataset
    wanted: str
    fell_back: str | None = None
    fallbacks: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)

    def split(self, name: str) -> Split:
        """The split `train`, `validation` or `test`. Raises DataError where there is none."""
        split: Split | None = getattr(self, name)
        if split is None:
            own = "" if name == "validation" or self.used.has_test else ", and the data brings none of its own"
            raise DataError(
                f"there is no {name} split: dataset.{name}_split is 0{own}",
                where=f"dataset {self.used.type_name()}",
                hint=f"set dataset.{name}_split, or choose another split",
            )
        return split


def load(dataset: Dataset, env: DataEnv, *, finite: bool = True) -> Loaded:
    """The splits of `dataset`, or of its fallback.

    Raises DataUnavailableError or DataError; a DataKeyError leads from `dataset` to the key, through fallbacks too.
    Where `finite` is false, NaN and infinity are let in.
    """
    used, reason, fallbacks = dataset, None, 0
    while True:
        try:
            splits = used.load(env)
            break
        except DataUnavailableError as error:
            if used.fallback is None:
                raise
            reason = f"{reason}\n{error}" if reason else str(error)
            used, fallbacks = stand_in(used), fallbacks + 1
        except DataKeyError as error:
            error.path = (*("fallback",) * fallbacks, *error.path)
            raise
    path = getattr(used, "path", None)
    check(splits, source=f"dataset {used.type_name()}" + (f" ({path})" if path else ""), finite=finite)
    skipped = splits.skipped
    splits = used.learn(divide(used, splits, env))
    loaded = Loaded(
        spec=splits.spec, train=splits.train, validation=splits.validation, test=splits.test, used=used,
        wanted=dataset.type_name(), fell_back=reason, fallbacks=fallbacks, skipped=skipped,
    )
    if reason is not None:
        env.warn(_notice(dataset, loaded))
    return loaded


def stand_in(wanted: Dataset) -> Dataset:
    """The fallback, with the keys of the wanted data set where it sets none itself."""
    fallback = wanted.fallback
    assert fallback is not None
    fold = fallback.fold or wanted.fold
    return replace(
        fallback,
        preprocessing=fallback.preprocessing or wanted.preprocessing,
        augmentation=fallback.augmentation or wanted.augmentation,
        validation_split=0.0 if fold else fallback.validation_split or wanted.validation_split,
        stratify=fallback.stratify or (wanted.stratify and not fallback.spacing),
        fold=fold,
        autoencode=fallback.autoencode or wanted.autoencode,
    )


def _notice(wanted: Dataset, loaded: Loaded) -> str:
    name, stand_in = wanted.type_name(), loaded.used.type_name()
    why = "\n".join(f"    {line.strip()}" for line in str(loaded.fell_back).splitlines())
    return (
        f"NOT THE DATA YOU ASKED FOR: {name} cannot be had; {stand_in} is used in its place.\n"
        f"  wanted: {name}\n"
        f"  why it cannot be had:\n{why}\n"
        f"  used instead: {stand_in}, {len(loaded.train)} training samples of shape {loaded.spec.input_shape}\n"
        f"  Every figure of this run is about {stand_in}. None of them says anything about {name}."
    )
