#!/usr/bin/env python3
"""How many small inputs a second each fuzz target runs, in both builds.

Catalogue targets run each of their properties in both scalars on a problem of two features, units,
samples and steps; the others, their smallest seeds: make_fuzz_corpus --small makes them. Seconds are
CPU time, the start of the program excluded, so that other work on the machine matters little. Writes
a table in Markdown.

  fuzz/throughput.py               all targets
  fuzz/throughput.py rnn npz       these alone
"""
import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "fuzz" / "continuous"))
import libfuzzer  # noqa: E402  pylint: disable=wrong-import-position
BUILDS = {"explore": "fuzz-explore", "check": "fuzz"}


def cpu_seconds(binary, files, runs):
    """CPU time of running each file so often; stops at a target that fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([binary, f"-runs={runs}", *files], capture_output=True, text=True,
                          errors="replace", check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"throughput: {binary} ended with status {done.returncode}:\n"
                         f"{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def executions_a_second(binary, files, seconds=4.0):
    """Of files that are run in turn, for about so much CPU time: more than the sanitizers take until
    the memory that they keep back is theirs."""
    start = cpu_seconds(binary, files, 0)
    runs = 4
    while True:
        spent = cpu_seconds(binary, files, runs) - start
        if spent >= seconds:
            return runs * len(files) / spent
        runs *= 4 if spent < seconds / 4 else 2


def small_files(small, target):
    files = sorted((small / target).glob("*"))
    if not files:
        raise SystemExit(f"throughput: make_fuzz_corpus --small makes no inputs for {target}")
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    folder = ROOT / "build" / BUILDS["explore"] / "bin"
    targets = options.targets or list(libfuzzer.binaries_in(folder))
    if not targets:
        raise SystemExit(f"throughput: no targets in {folder}; build the presets "
                         "fuzz and fuzz-explore")
    print("| target | inputs | explore, a CPU second | check, a CPU second |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as small:
        subprocess.run([folder / "make_fuzz_corpus", "--small", small], check=True)
        for target in targets:
            files = small_files(pathlib.Path(small), target)
            rates = [executions_a_second(ROOT / "build" / build / "bin" / f"fuzz_{target}", files)
                     for build in BUILDS.values()]
            print(f"| {target} | {len(files)} | " + " | ".join(f"{rate:,.0f}" for rate in rates) +
                  " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
