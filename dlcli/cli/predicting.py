"""How `dlcli predict` writes its answers: a table, CSV, JSONL or one JSON document, as they come."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from dlcli import files
from dlcli.app.predict import Prediction, predictor
from dlcli.app.threads import settle
from dlcli.cli.options import Common
from dlcli.cli.output import write_json
from dlcli.errors import UsageError
from dlcli.report.epoch_line import figure

_FORMS = {"": "", ".csv": "csv", ".jsonl": "jsonl", ".json": "json", ".txt": "table"}
"""What is written, by the end of the file's name."""

def run(
    common: Common,
    *,
    run: str,
    inputs: Sequence[str],
    checkpoint: str | None,
    top_k: int,
    proba: bool,
    output: str | None,
    form: str | None,
) -> None:
    """Predicts and writes; a file appears only when all inputs were answered."""
    if common.json and form is not None:
        raise UsageError("--json and --format both say how to write", hint="take one of them out")
    workers = settle(None)
    ui = common.ui()
    model = predictor(
        run, common.surroundings(), ui, checkpoint=checkpoint, top=top_k, all_probabilities=proba, threads=workers,
    )
    answers = model.predictions(inputs, sys.stdin, ui)
    run_id, labels = model.model.run.id, model.model.built.spec.target.labels
    suffix = Path(output).suffix.lower() if output else ""
    default = "json" if common.json and output is None else "table"
    if form is None and suffix not in _FORMS:
        raise UsageError(
            f"what is to be written into a file that ends in '{suffix}'?", where=str(output),
            hint=f"name it {', '.join(filter(None, _FORMS))}, or say --format",
        )
    form = form or _FORMS[suffix] or default
    if output is None:
        _write(sys.stdout, answers, form, run_id=run_id, labels=labels if proba else (), top=top_k)
        return
    if not Path(output).parent.is_dir():
        raise UsageError(
            f"there is no folder {Path(output).parent}", where=output, hint="make it first, or correct the path",
        )
    with files.replacing(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        if form == "json":
            _stream_json(stream, answers, run_id)
        else:
            _write(stream, answers, form, run_id=run_id, labels=labels if proba else (), top=top_k)
    ui.info(f"written to {output}")
    if common.json:
        write_json({"run_id": run_id, "output": output})


def _write(
    stream: TextIO, answers: Iterable[Prediction], form: str, *, run_id: str, labels: Sequence[str], top: int,
) -> None:
    if form == "json":
        document = {"run_id": run_id, "predictions": [answer.as_dict() for answer in answers]}
        stream.write(json.dumps(files.finite(document), indent=2) + "\n")
    elif form == "jsonl":
        stream.writelines(json.dumps(files.finite(answer.as_dict())) + "\n" for answer in answers)
    elif form == "csv":
        _write_csv(stream, answers, labels, top)
    else:
        _write_table(stream, answers)


def _stream_json(stream: TextIO, answers: Iterable[Prediction], run_id: str) -> None:
    """The same document as `_write` makes, answer by answer: a file that is not whole never shows."""
    stream.write(f'{{\n  "run_id": {json.dumps(run_id)},\n  "predictions": [')
    for number, answer in enumerate(answers):
        text = json.dumps(files.finite(answer.as_dict()), indent=2).replace("\n", "\n    ")
        stream.write(f"{',' if number else ''}\n    {text}")
    stream.write("\n  ]\n}\n")


def _write_csv(stream: TextIO, answers: Iterable[Prediction], labels: Sequence[str], top: int) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    for number, answer in enumerate(answers):
        ranking = answer.ranking[:top]
        numbers = answer.prediction if isinstance(answer.prediction, list) else [answer.prediction]
        if number == 0:
            head = [f"prediction_{k}" for k in range(len(numbers))] if len(numbers) > 1 else ["prediction"]
            head += ["probability"] if ranking else []
            head += [column for k in range(2, len(ranking) + 1) for column in (f"prediction_{k}", f"probability_{k}")]
            writer.writerow(["input", *head, *(f"p({label})" for label in labels)])
        row = [answer.input, *numbers, *(share for _, share in ranking[:1])]
        row += [cell for pair in ranking[1:] for cell in pair]
        writer.writerow([*row, *((answer.probabilities or {}).values())])


def _write_table(stream: TextIO, answers: Iterable[Prediction]) -> None:
    """One line an answer, written as it comes: input, prediction, and how sure the model is."""
    for answer in answers:
        if answer.probabilities is not None:
            rest = "  ".join(f"{label} {share:.3f}" for label, share in answer.probabilities.items())
        else:
            rest = "  ".join(f"{label} {share:.3f}" for label, share in answer.ranking[1:])
        numbers = answer.prediction if isinstance(answer.prediction, list) else [answer.prediction]
        said = "  ".join(value if isinstance(value, str) else figure(value) for value in numbers)
        sure = f"  {answer.ranking[0][1]:.3f}" if answer.ranking else ""
        stream.write(f"{answer.input}  {said}{sure}{'  | ' + rest if rest else ''}\n")
