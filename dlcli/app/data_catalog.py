"""Data sets: where each one comes from, and fetching one now."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from dlcli import registry
from dlcli.app.catalog import component
from dlcli.config.manual import summary
from dlcli.core.dataset import DataEnv
from dlcli.data.fetch import Collection


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a data set comes from.

    `origin` is `data directory`, `cache`, `to be fetched`, `shipped`, `made` (drawn when asked for) or `your file`;
    `files` are those of a fetched set, with the place of each that is there.
    """

    name: str
    summary: str
    origin: str
    files: dict[str, Path | None]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        places = {name: None if place is None else str(place) for name, place in self.files.items()}
        return {"name": self.name, "summary": self.summary, "origin": self.origin, "files": places}


def origins(env: DataEnv) -> list[Origin]:
    """All data sets; reads none of them."""
    return [origin(name, env) for name in registry.names("datasets")]


def origin(name: str, env: DataEnv) -> Origin:
    """One data set. Raises UsageError for an unknown name."""
    cls = component("datasets", name)
    places: dict[str, Path | None] = {}
    if (collection := collection_of(name)) is not None:
        places = {file: collection.place(file, env) for file in collection.files}
        where = _where(list(places.values()), env)
    elif cls.type_name() in {Path(entry.name).stem for entry in resources.files("dlcli.data.shipped").iterdir()}:
        where = "shipped"
    else:
        where = "your file" if "path" in cls.__dataclass_fields__ else "made"
    return Origin(name=cls.type_name(), summary=summary(cls), origin=where, files=places)


def collection_of(name: str) -> Collection | None:
    """The files that a data set is fetched as; None where it is not fetched."""
    collection: Collection | None = getattr(component("datasets", name), "collection", None)
    return collection


def fetch(name: str, env: DataEnv) -> Origin:
    """Fetches what is missing and checks the content of all. Raises DataUnavailableError, DataError, UsageError."""
    collection = collection_of(name)
    if collection is not None:
        for file in collection.files:
            collection.content(file, env)
    return origin(name, env)


def _where(places: list[Path | None], env: DataEnv) -> str:
    if None in places:
        return "to be fetched"
    in_data_dir = env.data_dir is not None and all(p is not None and p.is_relative_to(env.data_dir) for p in places)
    return "data directory" if in_data_dir else "cache"
