"""What `dlcli generate` makes, and where it goes."""

import sys
from pathlib import Path
from typing import Any

from dlcli.app.generate import maker, new_seed
from dlcli.app.generate_samples import SampleMaker
from dlcli.app.generate_text import TextMaker
from dlcli.app.threads import settle
from dlcli.app.ui import Ui
from dlcli.cli.options import Common
from dlcli.cli.output import write_json
from dlcli.errors import UsageError
from dlcli.files import write_bytes

_OF_TEXT = {"prompt": "--prompt", "length": "--length", "temperature": "--temperature", "top_k": "--top-k"}
_OF_SAMPLES = {"count": "-n", "label": "--class", "best_of": "--best-of", "npy": "--npy"}


def run(common: Common, *, run: str, checkpoint: str | None, seed: int | None, **options: Any) -> None:
    """Finds out what the run makes, and makes it."""
    settle(1)
    ui = common.ui()
    made = maker(run, checkpoint, common.surroundings(), ui)
    chosen = new_seed() if seed is None else seed
    if isinstance(made, TextMaker):
        _refuse(_OF_SAMPLES, options, "a language model makes text")
        _text(common, made, ui, chosen, **{key: options[key] for key in (*_OF_TEXT, "output")})
    else:
        _refuse(_OF_TEXT, options, "a GAN makes samples")
        _samples(common, made, ui, chosen, **{key: options[key] for key in (*_OF_SAMPLES, "output")})
    if seed is None and not common.json:
        ui.info(f"the same again: --seed {chosen}")


def _refuse(names: dict[str, str], options: dict[str, Any], what: str) -> None:
    given = [flag for key, flag in names.items() if options[key] is not None]
    if given:
        raise UsageError(f"{what}; {', '.join(given)} means nothing to it", hint="leave it out")


def _text(
    common: Common,
    made: TextMaker,
    ui: Ui,
    seed: int,
    *,
    prompt: str | None,
    length: int | None,
    temperature: float | None,
    top_k: int | None,
    output: str | None,
) -> None:
    """Shows characters as they come; a file appears when all are there."""
    prompt, temperature = prompt or "", 1.0 if temperature is None else temperature
    characters = made.characters(
        prompt, length=200 if length is None else length, temperature=temperature, top_k=top_k, seed=seed,
    )
    if output is not None or common.json:
        text = "".join(characters)
        if output is not None:
            write_bytes(Path(output), f"{prompt}{text}\n".encode(), sync=False)
            ui.info(f"written to {output}")
        if common.json:
            write_json({
                "run_id": made.model.run.id, "checkpoint": made.model.name, "seed": seed, "prompt": prompt,
                "text": text, "temperature": temperature, "top_k": top_k, "file": output,
            })
        return
    for number, character in enumerate(characters):
        sys.stdout.write(character if number else f"{prompt}{character}")
        sys.stdout.flush()
    sys.stdout.write("\n")


def _samples(
    common: Common, made: SampleMaker, ui: Ui, seed: int, *, count: int | None, label: str | None, best_of: int | None,
    npy: str | None, output: str | None,
) -> None:
    if output is None and npy is None:
        raise UsageError(
            "a GAN makes samples: say where they go",
            hint="-o sheet.png draws them" if made.makes_pictures else "--npy FILE writes them as numbers",
        )
    count = 64 if count is None else count
    labels = made.labels(count, seed=seed, wanted=label)
    samples = made.samples(count, seed=seed, labels=labels, best_of=best_of or 1)
    if output is not None:
        made.write_sheet(Path(output), samples)
        ui.info(f"written to {output}")
    if npy is not None:
        made.write_array(Path(npy), samples)
        ui.info(f"written to {npy}")
    if common.json:
        write_json({
            "run_id": made.run.id, "checkpoint": made.name, "seed": seed, "samples": len(samples),
            "best_of": best_of or 1, "shape": list(samples.shape[1:]),
            "files": [file for file in (output, npy) if file],
            **({} if labels is None else {"classes": [made.classes[k] for k in labels]}),
        })
