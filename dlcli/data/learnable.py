"""Whether classes can be learned at all from the samples that are for training."""

import numpy as np

from dlcli.data.classes import classes_of, one_class_each
from dlcli.data.load import Loaded
from dlcli.errors import DataError

_MOST = 5  # classes that an error names


def check_learnable(loaded: Loaded, *, all_classes: bool = False) -> None:
    """Raises DataError where all training samples are of one class, or where validation or test ask for a class that
    training has no sample of; or, if `all_classes` may be asked for, where there is such a class at all. Targets that
    are no classes, or a class for each place of a sequence, are let be.
    """
    spec, used = loaded.spec, loaded.used
    if not one_class_each(spec) or used.autoencode:
        return
    path = getattr(used, "path", None)
    source = f"dataset {used.type_name()}" + (f" ({path})" if path else "")
    labels = spec.target.labels
    trained = np.bincount(classes_of(loaded.train, spec), minlength=len(labels)) > 0
    if np.count_nonzero(trained) < 2:
        raise DataError(
            f"samples of two classes at least are needed; all {len(loaded.train):,} are of class "
            f"'{labels[int(np.argmax(trained))]}'", where=f"{source}, training split",
            hint="give samples of other classes too; is it the right column, or the right part of the data?",
        )
    missing = [repr(labels[k]) for k in np.flatnonzero(~trained)]
    if all_classes and missing:
        raise DataError(
            f"training has no sample of {_named(missing)}, which is nothing to learn from",
            where=f"{source}, training split", hint="give samples of every class, or name the others alone",
        )
    drawn = {"validation": used.validation_split or used.fold, "test": used.test_split}
    for name, split in (("validation", loaded.validation), ("test", loaded.test)):
        if split is None:
            continue
        found = classes_of(split, spec)
        unseen = np.flatnonzero(~trained[found])
        if not len(unseen):
            continue
        classes = [repr(labels[k]) for k in np.unique(found[unseen])]
        raise DataError(
            f"{len(unseen):,} of {len(split):,} samples are of classes that training has none of: "
            f"{_named(classes)}; the first is row {split.rows[unseen[0]]}",
            where=f"{source}, {name} split",
            hint="leave classes of one or two samples out, or draw with dataset.stratify: true, which leaves training "
            "some of each" if drawn[name] else "give training samples of these classes, or take those rows out",
        )


def _named(classes: list[str]) -> str:
    more = f" and {len(classes) - _MOST} more" if len(classes) > _MOST else ""
    return f"{', '.join(classes[:_MOST])}{more}"
