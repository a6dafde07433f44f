#!/usr/bin/env python3
"""How long a check takes to find each fault of scale.

Runs `bptt-verify check fault:ID --until-broken` with several seeds, each with the time that a
check has by default, and prints a table: the median of the seconds until the first broken case, and
the property and shape (n_x n_a m T_x; "small" for a small problem) of the run that took the median.

  verify/time_to_find.py build/release/bin/bptt-verify          all faults of scale, three seeds each
  verify/time_to_find.py PROGRAM far_weights_stored --runs 5
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile


def output_of(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def found(program, fault, seed, arguments):
    """Seconds, property, cell and scalar, shape of the first broken case; None if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        run = subprocess.run(
            [program, "check", fault, "--until-broken", "--no-shrink", "--diagnosis-seconds", "0",
             "--seed", str(seed), "--json", report, *arguments],
            stdout=subprocess.DEVNULL, check=False)
        if run.returncode not in (0, 1):
            raise SystemExit(f"time_to_find: {fault} ended with status {run.returncode}")
        with open(report, encoding="utf-8") as file:
            result = json.load(file)["reports"][0]
    if result["found_after"] is None:
        return None
    row = next(row for row in result["rows"] if row["broken"] > 0)
    shape = row["shapes"][-1] if row["shapes"] else row["sizes"]
    return result["found_after"], row["property"], f"{row['cell']} {row['scalar']}", shape


def of_check(arguments):
    words = ["--seconds", str(arguments.seconds)]
    return words + ["--sizes", arguments.sizes] if arguments.sizes else words


def line(program, entry, arguments):
    fault = entry["subject"]
    runs = []
    for seed in range(1, arguments.runs + 1):
        print(f"{fault}, seed {seed}", file=sys.stderr)
        runs.append(found(program, fault, seed, of_check(arguments)))
    hits = sorted(run for run in runs if run is not None)
    at = (len(runs) - 1) // 2
    name = fault.removeprefix("fault:")
    begins = f"{entry['extent']} = {entry['from']}"
    if at >= len(hits):  # most runs did not find it
        return f"| {name} | {begins} | {len(hits)} of {len(runs)} | - | - |"
    seconds, prop, on, shape = hits[at]
    missed = "" if len(hits) == len(runs) else f" ({len(hits)} of {len(runs)})"
    return f"| {name} | {begins} | {seconds:.1f}{missed} | {prop}, {on} | {shape} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="bptt-verify")
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--sizes", choices=["small", "middle", "real", "all"])
    arguments = parser.parse_args()
    listed = json.loads(output_of([arguments.program, "list", "faults", "--json"]))
    entries = [entry for entry in listed if "extent" in entry]
    names = {entry["subject"].removeprefix("fault:") for entry in entries}
    unknown = sorted({fault.removeprefix("fault:") for fault in arguments.faults} - names)
    if unknown:
        parser.error(f"no fault of scale: {', '.join(unknown)}")
    wanted = {fault.removeprefix("fault:") for fault in arguments.faults} or names
    print("| fault | from | seconds | first broken | shape |\n|---|---|---|---|---|", flush=True)
    for entry in entries:
        if entry["subject"].removeprefix("fault:") in wanted:
            print(line(arguments.program, entry, arguments), flush=True)


if __name__ == "__main__":
    main()
