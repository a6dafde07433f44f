#!/usr/bin/python3
"""Mutation testing of reference/ and optimized/: small faults, one at a time, each put to the suite.

Exit status: 0 at least 95 % of the mutants that a check can see are killed; 1 fewer; 2 it could not
run, or was ended before its end (the same command goes on).
"""
import argparse
import concurrent.futures
import os
import re
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import report  # noqa: E402
import selection  # noqa: E402
import tree  # noqa: E402
from results import LEAST_SCORE, Explanations, Results, count_states, score, state_of  # noqa: E402
from suite import Suite  # noqa: E402

ROOT = os.path.dirname(HERE)
EXAMPLES = '''Examples:
  ./dev mutate                                 the sample, about an hour; goes on where it stopped
  ./dev mutate --minutes 10                    as far as it comes in ten minutes
  ./dev mutate --sample 300                    a smaller sample, part of the larger one
  ./dev mutate --all --filter lstm.hpp         every mutant of some files
  ./dev mutate --only optimized/rnn.cpp:20:constant:1 --again all
  ./dev mutate --again survived                survivors anew, after a check was added
  ./dev mutate --list --filter layout          which mutants there are; builds nothing
  ./dev mutate --write                         writes docs/mutation.md of what is known
Results are kept in build/mutate/results.jsonl; those of a file that has changed since do not count.'''


def parsed(arguments):
    parser = argparse.ArgumentParser(prog='./dev mutate', description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sample', type=int, default=800, metavar='N',
                        help='about so many mutants, spread over all files, always the same; 800')
    parser.add_argument('--all', action='store_true', help='every mutant')
    parser.add_argument('--filter', default='.', metavar='REGEX', help='only those whose name matches')
    parser.add_argument('--only', action='append', default=[], metavar='ID',
                        help='this one alone; may be repeated')
    parser.add_argument('--again', choices=['survived', 'all'],
                        help='runs those anew of which that is known')
    parser.add_argument('--quick', action='store_true',
                        help='without the address sanitizer, which judges what survived all else')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), metavar='N',
                        help='mutants at a time; as many as there are cores')
    parser.add_argument('--minutes', type=float, default=float('inf'), metavar='N',
                        help='starts no further mutant after so long')
    parser.add_argument('--list', action='store_true', help='names the mutants and what they do')
    parser.add_argument('--write', nargs='?', const=os.path.join(ROOT, 'docs', 'mutation.md'),
                        metavar='FILE', help='writes the page and runs nothing; docs/mutation.md')
    options = parser.parse_args(arguments)
    if options.jobs < 1 or options.sample < 1 or options.minutes <= 0:
        parser.error('--jobs, --sample and --minutes must be above zero')
    try:
        re.compile(options.filter)
    except re.error as error:
        parser.error(f'--filter: {error}')
    return options


def say(text=''):
    print(text, file=sys.stderr, flush=True)


def chosen_mutants(found, options):
    everything = [m for _, mutants in found.values() for m in mutants]
    if options.only:
        known = {m.identity: m for m in everything}
        for identity in options.only:
            if identity not in known:
                raise tree.CannotRun(f'there is no mutant {identity}; --list --filter REGEX names them')
        return [known[identity] for identity in options.only]
    mutants = everything if options.all else selection.sample(found, options.sample)
    mutants = [m for m in mutants if re.search(options.filter, m.identity)]
    if not mutants:
        raise tree.CannotRun(f'no mutant matches {options.filter!r}')
    return mutants


class Progress:
    """One line on a terminal, written over; else a line for every 20th mutant."""

    def __init__(self, total, done):
        self.total, self.done, self.at_start = total, done, done
        self.started, self.killed, self.survived = time.monotonic(), 0, 0

    def show(self, row):
        self.done += 1
        self.killed += row['state'] in ('killed', 'timed out')
        self.survived += row['state'] == 'survived'
        passed = time.monotonic() - self.started
        left = passed / (self.done - self.at_start) * (self.total - self.done)
        text = (f'{self.done} of {self.total}: {self.killed} killed, {self.survived} survived, '
                f'{left / 60:.0f} min left')
        if sys.stderr.isatty():
            end = '\n' if row['state'] == 'survived' else ''
            print(f'\r\033[K{row["id"]} {row["state"]}\n{text}' if end else f'\r\033[K{text}', end='',
                  file=sys.stderr, flush=True)
        else:
            if row['state'] == 'survived':
                say(f'survived: {row["id"]}: {row["original"]} -> {row["mutated"]}')
            if self.done % 20 == 0 or self.done == self.total:
                say(text)


def run(mutants, suite, results, texts, options, total, done):
    """False if the time was up before the last one."""
    progress, lock = Progress(total, done), threading.Lock()
    end = time.monotonic() + 60 * options.minutes
    waiting = list(reversed(mutants))

    def work():
        while True:
            with lock:
                if not waiting or time.monotonic() > end:
                    return
                mutant = waiting.pop()
            path = mutant.identity.split(':')[0]
            outcome = suite.judge(path, mutant.number)
            with lock:
                progress.show(results.add(mutant, texts[path], outcome))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(work) for _ in range(options.jobs)]
        try:
            for future in futures:
                future.result()
        except BaseException:  # the mutants that run now are the last ones
            with lock:
                waiting.clear()
            raise
    if sys.stderr.isatty():
        say()
    return not waiting


def summary(rows, explanations):
    counts = count_states(rows, explanations)
    for row in rows:
        if state_of(row, explanations) == 'survived':
            print(f'survived: {row["id"]}: {row["original"]} -> {row["mutated"]}')
        elif row['state'] in ('killed', 'timed out') and explanations.of(row):
            say(f'{row["id"]} is explained and yet killed by {", ".join(row["by"])}')
    value = score(counts)
    print(', '.join(f'{count} {state}' for state, count in counts.items()))
    print('no mutant that a check could see' if value is None else
          f'score {value:.1f} %, at least {LEAST_SCORE:.0f} % is asked for')
    return 0 if value is None or value >= LEAST_SCORE else 1


def main(arguments):
    options = parsed(arguments)
    folder = os.path.join(ROOT, 'build', 'mutate')
    texts = {path: tree.read(os.path.join(ROOT, path)) for path in tree.FILES}
    found = tree.all_mutants(ROOT)
    mutants = chosen_mutants(found, options)
    if options.list:
        for mutant in mutants:
            print(f'{mutant.identity}\t{mutant.original}\t{mutant.text or "(nothing)"}')
        return 0
    results = Results(os.path.join(folder, 'results.jsonl'))
    explanations = Explanations(os.path.join(HERE, 'explained.json'))

    def known(mutant):
        return results.of(mutant, texts[mutant.identity.split(':')[0]])

    if options.write:
        rows = [row for row in map(known, mutants) if row]
        if len(rows) < len(mutants):
            raise tree.CannotRun(f'{len(rows)} of {len(mutants)} results are known; first: ./dev mutate')
        tree.write_if_changed(options.write, report.page(
            rows, sum(len(m) for _, m in found.values()), explanations))
        say(f'wrote {options.write}')
        return summary(rows, explanations)

    builds = ['plain'] if options.quick else list(tree.BUILDS)

    def is_open(mutant):
        row = known(mutant)
        if row and row['state'] == 'survived' and not set(builds) <= set(row.get('builds', ['plain'])):
            return True
        return row is None or row['state'] != 'not compiled' and (
            options.again == 'all' or options.again == row['state'])

    waiting = [mutant for mutant in mutants if is_open(mutant)]
    if waiting:
        say(f'{len(mutants)} mutants, {len(waiting)} to be run. Building them all at once')
        built = tree.MutatedTree(ROOT, folder)
        of_number = {m.number: m for _, ms in found.values() for m in ms}
        not_compiled = {m.number for m in of_number.values()
                        if (known(m) or {}).get('state') == 'not compiled'}
        chosen = {m.number for m in mutants} | {m.number for m in selection.sample(
            found, options.sample)}

        def drop(number, message):
            mutant = of_number[number]
            results.add(mutant, texts[mutant.identity.split(':')[0]],
                        {'state': 'not compiled', 'by': [message], 'stage': '', 'seconds': 0.0})

        built.make(found, chosen - not_compiled, builds, drop, say)
        waiting = [mutant for mutant in waiting if is_open(mutant)]
        suite = Suite(folder, os.path.join(folder, 'times.json'), builds)
        say('The suite with no mutant switched on')
        suite.measure(dict.fromkeys(stage for mutant in waiting for stage in suite.stages_of(
            mutant.identity.split(':')[0])), say)
        if not run(waiting, suite, results, texts, options, len(mutants), len(mutants) - len(waiting)):
            say(f'stopped after {options.minutes:g} minutes; the same command goes on')
            return 2
    return summary([known(mutant) for mutant in mutants], explanations)


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except tree.CannotRun as error:
        print(f'mutate: {error}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print('\nmutate: ended; the same command goes on', file=sys.stderr)
        sys.exit(2)
