#!/usr/bin/python3
"""Runs two builds of bptt_bench in turn and tells whether the second one is slower.

The rounds of the two are interleaved, and swap their order each time, so that a machine that
changes its speed hits both alike. Google Benchmark's compare.py (Debian: libbenchmark-tools) gives
the table and the Mann-Whitney U test. A benchmark counts as slower if its median is more than 3 %
above and the test would see that by chance in fewer than 5 % of whole comparisons (Bonferroni).

Exit status: 0 nothing slower, 1 something slower, 2 it could not run.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

COMPARE = '/usr/share/benchmark/compare.py'
LEAST_SLOWDOWN = 1.03
FALSE_ALARMS = 0.05


def run(binary, arguments, path):
    command = [binary, '--repetitions', '1', '--json', path, *arguments]
    result = subprocess.run(command, stdout=subprocess.DEVNULL)
    if result.returncode != 0:
        raise RuntimeError(f'{binary} ended with status {result.returncode}')
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def merged(rounds):
    """One document whose repetitions are those of all rounds."""
    result = dict(rounds[0])
    result['benchmarks'] = []
    for index, document in enumerate(rounds):
        for row in document['benchmarks']:
            if row.get('run_type', 'iteration') != 'iteration':
                continue
            result['benchmarks'].append(
                {**row, 'repetitions': len(rounds), 'repetition_index': index})
    return result


def medians(document):
    times = {}
    for row in document['benchmarks']:
        times.setdefault(row['name'], []).append(row['real_time'])
    return {name: statistics.median(values) for name, values in times.items()}


def p_values(dump):
    """{benchmark: p} from what compare.py writes; None where it did not test."""
    with open(dump, encoding='utf-8') as file:
        rows = json.load(file)
    return {row['name']: row['utest']['time_pvalue'] for row in rows if row.get('utest')}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('base')
    parser.add_argument('new')
    parser.add_argument('folder', help='where the JSON files go')
    parser.add_argument('--rounds', type=int, default=9)
    options, arguments = parser.parse_known_args()
    if options.rounds < 9:
        parser.error('the U test needs 9 rounds at least')
    if not os.path.exists(COMPARE):
        raise RuntimeError(f'{COMPARE} is missing: apt-get install libbenchmark-tools')

    rounds = {'base': [], 'new': []}
    for index in range(options.rounds):
        order = ['base', 'new'] if index % 2 == 0 else ['new', 'base']
        for which in order:
            print(f'round {index + 1} of {options.rounds}: {which}', file=sys.stderr, flush=True)
            path = os.path.join(options.folder, f'{which}_{index}.json')
            rounds[which].append(run(getattr(options, which), arguments, path))
    files = {}
    for which, documents in rounds.items():
        files[which] = os.path.join(options.folder, f'{which}.json')
        with open(files[which], 'w', encoding='utf-8') as file:
            json.dump(merged(documents), file)
    dump = os.path.join(options.folder, 'comparison.json')
    subprocess.run([sys.executable, COMPARE, '-d', dump, '-a', '--no-color', 'benchmarks',
                    files['base'], files['new']], check=True)

    p = p_values(dump)
    base, new = medians(merged(rounds['base'])), medians(merged(rounds['new']))
    common = sorted(set(base) & set(new) & set(p))
    if not common:
        raise RuntimeError('the two have no benchmark in common')
    slower = [name for name in common
              if new[name] > LEAST_SLOWDOWN * base[name] and p[name] < FALSE_ALARMS / len(common)]
    print()
    for name in slower:
        print(f'SLOWER {name}: {new[name] / base[name]:.3f} times, p = {p[name]:.2g}')
    print(f'{len(common)} benchmarks compared, {len(slower)} slower')
    return 1 if slower else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.CalledProcessError, KeyError) as error:
        print(f'compare_commits: {error}', file=sys.stderr)
        sys.exit(2)
