#!/usr/bin/env python3
"""How long a fuzz target takes to find a fault of the zoo, with guidance and without.

Each run starts from the seeds and ends when the target reports the fault, or at the
limit. Times are those of this machine; executions repeat where the machine is slower, if the
target's threads do. Writes a table in Markdown and the same as JSON.

  fuzz/time_to_find.py                                  all faults of the list below, five runs each
  fuzz/time_to_find.py --runs 1 --limit 10 unit_33_dropped
  fuzz/time_to_find.py no_carry=lstm_values --json found.json --markdown found.md
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Faults that depend on sizes, tails, values or the order of calls, and a target that could see each.
FAULTS = {
    "unit_tail_dropped": "rnn_agreement",
    "way_back_tail_of_8_dropped": "rnn_agreement",
    "batch_tail_repeats_last": "lstm_agreement",
    "second_block_of_16_overwrites": "rnn_agreement",
    "last_bias_lost_at_T8": "rnn_agreement",
    "ring_of_8_states": "rnn_time",
    "m1_wrong_stride": "rnn_structure",
    "tail_stored_into_the_gap": "rnn_memory",
    "weights_of_first_call": "rnn_memory",
    "second_backward_is_zero": "lstm_memory",
    "tanh_by_exp_cancels": "rnn_agreement",
    "subnormals_flushed": "rnn_linearity",
    "unit_33_dropped": "rnn_agreement",       # one size in 64
    "one_exponent_doubled": "lstm_agreement"  # one exponent of one value
}


def run_once(binary, seeds, fault, guided, seed, limit):
    """Seconds and executions until the fault is found; None, None if it is not."""
    with tempfile.TemporaryDirectory() as scratch:
        corpus = pathlib.Path(scratch) / "corpus"
        corpus.mkdir()
        environment = dict(os.environ, BPTT_FUZZ_SUBJECT=f"fault:{fault}",
                           BPTT_FUZZ_GUIDANCE="1" if guided else "0")
        start = time.monotonic()
        done = subprocess.run(
            [binary, f"-seed={seed}", f"-max_total_time={limit}", "-max_len=64", "-entropic=0",
             "-print_final_stats=1", f"-artifact_prefix={scratch}/", corpus, seeds],
            env=environment, capture_output=True, text=True, errors="replace", check=False)
        seconds = time.monotonic() - start
    if done.returncode == 2 or "is not a case" in done.stderr:
        raise SystemExit(f"time_to_find: {binary.name} cannot run fault:{fault}:\n"
                         f"{done.stderr[-2000:]}")
    if done.returncode == 0:
        return None, None
    if "bptt-verify replay" not in done.stderr:
        raise SystemExit(f"time_to_find: {binary.name} on fault:{fault} ended with status "
                         f"{done.returncode} and no replay line:\n{done.stderr[-2000:]}")
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    return seconds, int(executed.group(1)) if executed else None


def measure(arguments, fault, target, progress):
    binary = arguments.build / "bin" / f"fuzz_{target}"
    seeds = arguments.build / "seeds" / target
    if not binary.exists():
        raise SystemExit(f"time_to_find: there is no {binary}; build the preset fuzz-explore, or name "
                         "another build with --build")
    if not any(seeds.glob("*")):
        raise SystemExit(f"time_to_find: there are no seeds in {seeds}; the build makes them")
    row = {"fault": fault, "target": target}
    for name, guided in (("guided", True), ("unguided", False)):
        runs = []
        for k in range(arguments.runs):
            progress(f"{fault} on {target}, {name}, run {k + 1} of {arguments.runs}")
            runs.append(run_once(binary, seeds, fault, guided, arguments.seed + k,
                                 arguments.limit))
        row[name] = {"seconds": [s for s, _ in runs], "executions": [n for _, n in runs],
                     "found": sum(s is not None for s, _ in runs)}
    return row


def median(values, limit):
    """Runs without a find count as the limit, so that a median above it is 'more than'."""
    middle = statistics.median(limit if v is None else v for v in values)
    return middle, middle >= limit


def cell(result, limit):
    seconds, beyond = median(result["seconds"], limit)
    found = f"{result['found']} of {len(result['seconds'])}"
    if beyond:
        return f"{found} | > {limit:g} | -"
    executions = statistics.median(n or 0 for n in result["executions"] if n is not None)
    return f"{found} | {seconds:.1f} | {executions:.0f}"


def markdown(document):
    limit = document["limit"]
    lines = [
        "# Time to find",
        "",
        f"Made by `fuzz/time_to_find.py` on {document['date']}, at most {limit:g} s a run, "
        f"{document['runs']} runs each from the seeds. Seconds and executions are medians, "
        "start of the program and reading of the seeds included.",
        "",
        "| fault | target | guided: found | s | executions | unguided: found | s | executions |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in document["faults"]:
        lines.append(f"| {row['fault']} | {row['target']} | {cell(row['guided'], limit)} | "
                     f"{cell(row['unguided'], limit)} |")
    return "\n".join(lines) + "\n"


def write_whole(path, text):
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", metavar="FAULT[=TARGET]",
                        help="default: all of the list in this file")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "fuzz-explore",
                        help="default: build/fuzz-explore")
    parser.add_argument("--runs", type=int, default=5, help="of each fault and kind; default 5")
    parser.add_argument("--limit", type=float, default=60, help="seconds of one run; default 60")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; default 1")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures there")
    parser.add_argument("--markdown", type=pathlib.Path,
                        help="write the table there; default: standard output")
    arguments = parser.parse_args(argv)
    if arguments.runs < 1 or arguments.limit < 1:
        parser.error("--runs and --limit must be at least 1")
    arguments.limit = int(arguments.limit)
    chosen = {}
    for word in arguments.faults:
        fault, _, target = word.partition("=")
        if not target and fault not in FAULTS:
            parser.error(f"{fault} is not in the list; name a target for it: {fault}=TARGET")
        chosen[fault] = target or FAULTS[fault]
    arguments.faults = chosen or FAULTS
    return arguments


def main(argv):
    arguments = parse(argv)
    on_terminal = sys.stderr.isatty()

    def progress(text):
        print(f"\r\033[K{text}" if on_terminal else text, end="" if on_terminal else "\n",
              file=sys.stderr, flush=True)

    document = {"schema": "bptt-verify/time_to_find", "version": 1,
                "date": datetime.date.today().isoformat(), "runs": arguments.runs,
                "limit": arguments.limit, "seed": arguments.seed, "faults": []}
    for fault, target in arguments.faults.items():
        document["faults"].append(measure(arguments, fault, target, progress))
    if on_terminal:
        print("\r\033[K", end="", file=sys.stderr)
    if arguments.json:
        write_whole(arguments.json, json.dumps(document, indent=2) + "\n")
    if arguments.markdown:
        write_whole(arguments.markdown, markdown(document))
    else:
        print(markdown(document), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
