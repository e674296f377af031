"""dlcli against every framework that is installed, on one machine, in turn.

    python -m benchmarks [--only NAME ...] [--rounds 7] [--threads N] [--clock cpu] [--json]

Each side of a workload runs in a process of its own that sleeps while the others work. All start from the same weights
and take the same batches; a side whose losses differ from dlcli's is marked and does not count. Times are medians over
the rounds, ratios are taken round by round. Peers that are not installed are named and left out:
`pip install 'dlcli[bench]'`. The workload `whole-command` reads MNIST from DLCLI_DATA_DIR.
"""

import argparse
import json
import os
import sys
from dataclasses import replace

from benchmarks import table, whole_command
from benchmarks.gemm import gemm_peak
from benchmarks.rounds import measure
from benchmarks.side import missing, sides
from benchmarks.workload import workloads


def main() -> None:
    """Parses, measures, prints."""
    everything = workloads()
    names = [*(w.name for w in everything), whole_command.NAME]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"some of: {', '.join(names)}; a beginning will do")
    parser.add_argument("--sides", nargs="+", metavar="SIDE", help=f"some of: {', '.join(sides())}")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall",
                        help="cpu counts the processor's time, of all threads: for a busy machine, with --threads 1")
    parser.add_argument("--epochs", type=int, default=10, help="of whole-command")
    parser.add_argument("--json", action="store_true", help="prints one JSON document")
    options = parser.parse_args()
    wanted = [name for name in names if options.only is None or name.startswith(tuple(options.only))]
    if not wanted:
        parser.error(f"no workload begins with {' or '.join(options.only)}; there are {', '.join(names)}")
    if whole_command.NAME in wanted and not whole_command.possible():
        wanted.remove(whole_command.NAME)
        print(f"{whole_command.NAME} is left out: set DLCLI_DATA_DIR to the folder that holds mnist/", file=sys.stderr)

    taking = {name: side for name, side in sides().items() if not options.sides or name in options.sides}
    taking = {"dlcli": sides()["dlcli"], **taking}  # first: the others are compared with it
    absent = {name: missing(side) for name, side in taking.items() if missing(side)}
    taking = {name: side for name, side in taking.items() if name not in absent}
    for name, packages in absent.items():
        print(f"{sides()[name].label} is left out: {', '.join(packages)} not installed", file=sys.stderr)
    peak = gemm_peak(options.threads)
    done = []
    for workload in everything:
        if workload.name in wanted:
            print(f"{workload.title} ... ", end="", flush=True, file=sys.stderr)
            done.append(measure(
                workload, taking, rounds=options.rounds, threads=options.threads, peak=peak, clock=options.clock,
            ))
            print(table.brief(done[-1]), file=sys.stderr)
            # The machine may have had a slow moment: the best that was ever seen is the yardstick.
            peak = max(peak, gemm_peak(options.threads))
    whole = None
    if whole_command.NAME in wanted:
        print("the whole command ...", file=sys.stderr)
        whole = whole_command.measure(rounds=options.rounds, epochs=options.epochs, sides=taking)
    done = [replace(one, peak=peak) for one in done]
    about = table.machine(options.threads, options.rounds, peak)
    if options.json:
        print(json.dumps(table.as_dict(about, done, whole), indent=2))
    else:
        print(table.markdown(about, done, whole))


if __name__ == "__main__":
    main()
