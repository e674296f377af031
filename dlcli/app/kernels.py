"""Which kernels a run is trained with: NumPy's, or those that Numba compiles where it is installed and pays."""

from dlcli import files
from dlcli.app import effort
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build_any import AnyBuilt
from dlcli.data.load import Loaded
from dlcli.kernels import choice
from dlcli.runs.directory import RunDirectory


def settle(
    surroundings: Surroundings, ui: Ui, *, built: AnyBuilt, loaded: Loaded, run: RunDirectory | None = None,
) -> dict[str, str | None]:
    """Puts kernels in use; returns what is recorded of them.

    DLCLI_KERNELS decides where it is set. Otherwise a run that goes on (`run`) takes those that it began with, and a
    new one Numba's where they are installed and the work is worth it. Whoever goes on with others is warned.
    """
    asked, began_with = choice.wanted(), None if run is None else recorded(run)
    if asked != "auto":
        name = asked
    elif began_with is not None:
        name = began_with if choice.installed() else "numpy"
    else:
        name = choice.expected() if effort.lasts(built, loaded) else "numpy"
    if began_with is not None and name != began_with:
        keeps = "pip install 'dlcli[fast]'" if asked == "auto" else f"{choice.VARIABLE}={began_with}"
        ui.warn(
            f"this run was trained with the kernels of {began_with} and goes on with those of {name}: its last bits "
            f"differ from those of an uninterrupted run; `{keeps}` keeps to what it was"
        )
    _use(name, surroundings, ui)
    found = {"in_use": name, "numba": choice.version() if name == "numba" else None}
    if run is not None and run.environment.exists():
        known = files.read_json(run.environment)
        if known.get("kernels") != found:
            files.write_json(run.environment, {**known, "kernels": found})
    return found


def as_trained(run: RunDirectory, surroundings: Surroundings, ui: Ui) -> None:
    """Puts those in use that a run was trained with, so that its figures come out again to the last bit."""
    asked = choice.wanted()
    name = asked if asked != "auto" else recorded(run) or "numpy"
    _use(name if name == "numpy" or choice.installed() or asked == name else "numpy", surroundings, ui)


def recorded(run: RunDirectory) -> str | None:
    """What a run was trained with last; None where nothing is known."""
    if not run.environment.exists():
        return None
    found: dict[str, str] = files.read_json(run.environment).get("kernels", {"in_use": "numpy"})
    return found["in_use"]


def _use(name: str, surroundings: Surroundings, ui: Ui) -> None:
    choice.use(name, cache_dir=surroundings.cache_dir / "kernels", tell=ui.info)
