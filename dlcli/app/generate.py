"""What a run can make: text from a language model, samples from a GAN."""

from secrets import randbits

from dlcli.app.generate_samples import SampleMaker, sample_maker
from dlcli.app.generate_text import TextMaker, text_maker
from dlcli.app.stored import opened
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.errors import UsageError
from dlcli.runs.lookup import find


def maker(name: str, checkpoint: str | None, surroundings: Surroundings, ui: Ui) -> TextMaker | SampleMaker:
    """What makes texts or samples with the model of a run. Raises UsageError where the run does neither."""
    found = find(surroundings.runs_dir, name)
    _, held, configured = opened(found, checkpoint)
    if configured.config.generator is not None:
        return sample_maker(found, checkpoint)
    if held.spec.tokens is None or held.spec.target.labels != held.spec.tokens.vocabulary:
        raise UsageError(
            "the run is neither a language model nor a GAN: it makes nothing new", where=found.run.id,
            hint=f"`dlcli predict {found.run.id} INPUT` answers for inputs",
        )
    return text_maker(found, checkpoint, surroundings, ui)


def new_seed() -> int:
    """A seed where the user gave none; it is told, so that the same can be made again."""
    return randbits(32)
