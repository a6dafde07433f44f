#!/usr/bin/python3
"""Performance and accuracy of the kernels, tracked: ./dev track COMMAND.

Examples:
  ./dev track record                     measures the working tree, adds a run to the history
  ./dev track record HEAD~2 HEAD~1 HEAD  of several commits, in turn
  ./dev track compare 12e12a0 .          is the working tree faster or slower than that commit?
  ./dev track gate --base origin/main    may this change be merged?
  ./dev track gate --exact-only          on a machine that others use too: counts and accuracy alone
  ./dev track compare HEAD~3 HEAD -- --filter 'lstm/.*/f64' --threads 1,2 --contestants optimized
  ./dev track history --benchmark lstm/backward/f32
  ./dev track export --format bencher > metrics.json

What stands after "--" is for bptt_bench: what is timed, in place of a few passes that take half a second.

Exit status: 0 nothing to object to, 1 something slower, dearer or less accurate, 2 it could not run.
What is measured and why it can be trusted: docs/tracking.md.
"""
import argparse
import json
import math
import os
import random
import re
import statistics
import sys
import time

import numpy

import builds
import change_points
import comparison
import export
import gate
import history
import measure
import power

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINES = os.path.join(ROOT, 'bench', 'history', f'{os.uname().machine}.jsonl')
DATABASE = os.path.join(ROOT, 'build', 'track', 'history.sqlite')
EXPLAINED = os.path.join(ROOT, 'bench', 'track', 'explained.toml')


#: Findings of a kind on the terminal.
SHOWN = 8


def progress(text):
    if sys.stderr.isatty():
        print(f'\r\x1b[K{text}', end='', file=sys.stderr, flush=True)


def open_history(arguments):
    """The database, with whatever lines git brought."""
    os.makedirs(os.path.dirname(os.path.abspath(arguments.database)), exist_ok=True)
    known = history.History(arguments.database)
    known.read_lines(arguments.lines)
    return known


def save(known, arguments, run):
    known.add(run)
    known.write_lines(arguments.lines)
    print(f'run {run["id"]} of {run["commit"]}: {len(run["figures"])} figures, in {arguments.lines}')


def record(arguments):
    made = [builds.build(ROOT, name, arguments.preset) for name in arguments.commits or [builds.WORKING_TREE]]
    figures = timed(made, arguments.bench or measure.QUICK, arguments.rounds)
    context = next((known for known in map(measure.context, reversed(made)) if known), {})
    known = open_history(arguments)
    for build, of_build in zip(made, figures):
        progress(f'{build.name}: counts and accuracy')
        of_build += measure.exact(build) + measure.accuracy(build)
        progress('')
        save(known, arguments, history.run_of(builds.time_of(ROOT, build.name), build.name, context, of_build))
    return 0


def timed(made, bench, rounds):
    """Of each build, its figures of time: medians and quartiles of so many runs, all builds in turn."""
    order = random.Random(1)
    seconds = [{} for _ in made]
    for k in range(rounds):
        progress(f'round {k + 1} of {rounds}')
        for which in order.sample(range(len(made)), len(made)):
            for name, value in measure.times(made[which], bench).items():
                seconds[which].setdefault(name, []).append(value)
    return [[history.figure(name, 'seconds', statistics.median(values), *quartiles(values), len(values))
             for name, values in of_build.items()] for of_build in seconds]


def quartiles(values):
    return numpy.quantile(values, 0.25), numpy.quantile(values, 0.75)


def add(arguments):
    with open(arguments.file, encoding='utf-8') as file:
        save(open_history(arguments), arguments, history.run_of_bench(json.load(file)))
    return 0


def measured_pairs(first, second, bench, pairs, most=None, started=lambda k: None):
    """{benchmark: [(first's seconds, second's), ..]}: the two in turn, in either order at random. More than
    `pairs` of them, up to `most`, while an interval is too wide."""
    order = random.Random(1)
    result = {}
    for k in range(most or pairs):
        if k >= pairs and k % 10 == 0 and comparison.reach(result) <= comparison.PRECISION:
            break
        started(k)
        both = {}
        for which in order.sample([0, 1], 2):
            both[which] = measure.times((first, second)[which], bench)
        for name in both[0].keys() & both[1].keys():
            result.setdefault(name, []).append((both[0][name], both[1][name]))
    if not result:
        raise RuntimeError('the two have no benchmark in common')
    return dict(sorted(result.items()))


def fences_of(path):
    """What equal builds differ by on this machine, as `./dev track power` found; else a percent for all."""
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)['fences']
    except FileNotFoundError:
        return {}


def two_builds(arguments):
    programs = ('bptt_bench',) if arguments.times_only else builds.PROGRAMS
    return (builds.build(ROOT, arguments.first, arguments.preset, programs),
            builds.build(ROOT, arguments.second, arguments.preset, programs))


def changes_of(first, second, arguments):
    start = time.monotonic()

    def started(k):
        passed = time.monotonic() - start
        of = arguments.pairs if k < arguments.pairs else arguments.most_pairs
        left = f', {passed / k * (of - k):.0f} s left' if k else ''
        progress(f'pair {k + 1} of {of}{left}' + (': the machine is noisy' if k >= arguments.pairs else ''))

    pairs = measured_pairs(first, second, arguments.bench or measure.QUICK, arguments.pairs,
                           arguments.most_pairs, started)
    progress('')
    changes = comparison.compare(pairs, fences_of(arguments.fences))
    widest = max((c.upper / c.lower) ** 0.5 - 1 for c in changes)
    print(f'{max(c.pairs for c in changes)} pairs; the widest interval is +-{100 * widest:.1f} %'
          + (': this machine is too noisy to see less' if widest > comparison.PRECISION * 1.1 else ''))
    return changes


def table(changes):
    print(f'{"benchmark":<44} {"change":>8} {"95 % interval":>18} {"p":>8}')
    for c in changes:
        word = 'SLOWER' if c.slower else 'faster' if c.faster else ''
        print(f'{c.benchmark:<44} {100 * (c.ratio - 1):+7.2f}% {100 * (c.lower - 1):+7.2f}% .. '
              f'{100 * (c.upper - 1):+6.2f}% {c.adjusted:8.1g} {word}')


def compare(arguments):
    first, second = two_builds(arguments)
    changes = changes_of(first, second, arguments)
    table(changes)
    slower, faster = [c for c in changes if c.slower], [c for c in changes if c.faster]
    mean = statistics.fmean(c.ratio for c in changes)
    print(f'{second.name} beside {first.name}: {len(changes)} benchmarks, {len(slower)} '
          f'slower, {len(faster)} faster; {100 * (mean - 1):+.2f} % in the mean')
    if arguments.json:
        write_json(arguments.json, {'schema': 'bptt-verify/track-comparison', 'version': 1,
                                    'first': first.name, 'second': second.name,
                                    'changes': [{**vars(c), 'slower': c.slower, 'faster': c.faster}
                                                for c in changes]})
    return 1 if slower else 0


def write_json(path, document):
    with open(f'{path}.new', 'w', encoding='utf-8') as file:
        json.dump(document, file, indent=1)
        file.write('\n')
    os.replace(f'{path}.new', path)


def run_gate(arguments):
    base = arguments.base or ('HEAD' if builds.name_of_working_tree(ROOT).endswith('-dirty') else 'HEAD~1')
    arguments.first, arguments.second = base, builds.WORKING_TREE
    arguments.times_only = False
    first, second = two_builds(arguments)
    findings, notes = [], []
    progress('counting')
    before, after = measure.exact(first), measure.exact(second)
    if not before:
        notes.append(f'{first.name} has no bptt_exact: nothing is known of its counts')
    elif not any(f['measure'] == 'instructions' for f in before):
        notes.append('instructions are not counted: valgrind is not installed, or was not when that was built')
    findings += gate.exact_findings(before, after, measure.EXACT)
    progress('accuracy')
    before, after = measure.accuracy(first), measure.accuracy(second)
    if not before:
        notes.append(f'{first.name} does not write its errors for programs: nothing is known of its accuracy')
    findings += gate.accuracy_findings(before, after)
    progress('')
    if arguments.exact_only:
        notes.append('times are not judged here (--exact-only)')
    else:
        findings += gate.time_findings(changes_of(first, second, arguments))
    gate.explain(findings, gate.read_explanations(arguments.explained),
                 lambda start: builds.is_ancestor(ROOT, builds.commit_of(ROOT, base), start))
    return answer_of_gate(findings, notes, first, second, arguments.json)


def answer_of_gate(findings, notes, first, second, path=None):
    refused = [f for f in findings if not f.explained]
    words = {'slower': 'slower', 'exact': 'dearer', 'accuracy': 'less accurate'}
    for kind, word in words.items():
        of_kind = [f for f in findings if f.kind == kind]
        for finding in of_kind[:SHOWN]:
            print(f'{word if finding.explained else word.upper()}: {finding.words}'
                  + (f'\n    explained: {finding.explained}' if finding.explained else ''))
        if len(of_kind) > SHOWN:
            print(f'    .. and {len(of_kind) - SHOWN} more {word}; --json FILE has them')
    for note in notes:
        print(f'note: {note}')
    print(f'{second.name} beside {first.name}: '
          + (f'REFUSED, {len(refused)} findings' if refused else 'nothing to object to')
          + (f', {len(findings) - len(refused)} explained' if len(findings) > len(refused) else ''))
    if refused:
        print('If a rise is worth what it buys, say so in bench/track/explained.toml.')
    if path:
        write_json(path, {'schema': 'bptt-verify/track-gate', 'version': 1, 'base': first.name,
                          'change': second.name, 'refused': bool(refused), 'notes': notes,
                          'findings': [{**vars(f), 'ratio': f.ratio} for f in findings]})
    return 1 if refused else 0


def show_history(arguments):
    known = open_history(arguments)
    wanted = re.compile(arguments.benchmark)
    unit = export.UNIT_OF.get(arguments.measure, '')
    series, commits = [], builds.subjects(ROOT)
    for (name, machine), points in known.series(arguments.measure, wanted.search).items():
        values = [max(value, 1e-300) for _, _, value in points]
        found = change_points.change_points([math.log(v) for v in values])
        series.append({'name': name, 'unit': unit, 'machine': machine,
                       'points': [{'commit': commit, 'time': when, 'value': value} for when, commit, value in points],
                       'changes': [{'index': c.index, 'commit': points[c.index][1],
                                    'before': math.exp(c.before), 'after': math.exp(c.after), 'p': c.p} for c in found]})
    if not series:
        raise RuntimeError(f"no run has {arguments.measure} of a benchmark that matches '{arguments.benchmark}'")
    for one in series:
        first, last = one['points'][0]['value'], one['points'][-1]['value']
        print(f'{one["name"]} ({one["machine"]}): {len(one["points"])} runs, {first:.4g} -> {last:.4g} {unit}')
        for change in one['changes']:
            subject = commits.get(change['commit'].split('-')[0][:7], '')
            print(f'    {100 * (change["after"] / change["before"] - 1):+6.1f} % at {change["commit"]}, '
                  f'p = {change["p"]:.3g}  {subject}')
    if arguments.json:
        write_json(arguments.json, {'schema': 'bptt-verify/track-history', 'version': 1, 'series': series})
    return 0


def run_export(arguments):
    runs = open_history(arguments).runs()
    if not runs:
        raise RuntimeError('the history is empty: ./dev track record')
    sys.stdout.write(export.FORMATS[arguments.format](runs))
    return 0


def run_power(arguments):
    return power.main(arguments, ROOT)


def parser():
    result = argparse.ArgumentParser(prog='./dev track', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument('--preset', default=os.environ.get('BPTT_PRESET', 'release'), help='of CMakePresets.json')
    result.add_argument('--lines', default=LINES, help='the history in git, a line of JSON a run')
    result.add_argument('--database', default=DATABASE, help='the history, SQLite')
    commands = result.add_subparsers(dest='command', required=True)

    def command(name, function, words):
        added = commands.add_parser(name, help=words, description=words)
        added.set_defaults(function=function)
        return added

    one = command('record', record, 'Measures commits, in turn: times, counts, accuracy; adds a run of each to the '
                  'history. A run of a commit has the time of the commit.')
    one.add_argument('commits', nargs='*', help='which; the working tree')
    one.add_argument('--rounds', type=int, default=9, help='of timing; the median counts; %(default)s')
    one.set_defaults(bench=[])
    one = command('add', add, 'Adds what `bptt_bench --record FILE` wrote to the history.')
    one.add_argument('file')

    def pairs(added):
        added.add_argument('--pairs', type=int, default=comparison.PAIRS, help='at least; %(default)s')
        added.add_argument('--most-pairs', type=int, default=comparison.MOST_PAIRS,
                           help=f'while an interval is wider than +-{100 * comparison.PRECISION:g} %%; %(default)s')
        added.add_argument('--fences', default=os.path.join(ROOT, 'build', 'track', 'fences.json'),
                           help='what equal builds differ by here, from ./dev track power')
        added.add_argument('--json', help='what was found, for programs')
        added.set_defaults(bench=[])

    one = command('compare', compare, 'Times two commits in pairs. "." is the working tree.')
    one.add_argument('first')
    one.add_argument('second', nargs='?', default=builds.WORKING_TREE)
    one.set_defaults(times_only=True)
    pairs(one)
    one = command('gate', run_gate, 'Refuses a change that is slower, dearer or less accurate than its base.')
    one.add_argument('--base', help='the commit before the change; HEAD if the working tree has changes, else HEAD~1')
    one.add_argument('--exact-only', action='store_true', help='for machines that others use too: no times')
    one.add_argument('--explained', default=EXPLAINED, help=argparse.SUPPRESS)
    pairs(one)
    one = command('history', show_history, 'Shows series over time and their change points.')
    one.add_argument('--benchmark', default='optimized$', help='a regular expression; %(default)s')
    one.add_argument('--measure', default='seconds', choices=sorted(export.UNIT_OF))
    one.add_argument('--json', help='for programs, the report among them')
    one = command('export', run_export, 'Writes the history, or its last run, as other trackers read it.')
    one.add_argument('--format', required=True, choices=sorted(export.FORMATS))
    one = command('power', run_power, 'Measures what a comparison finds: equal builds and slowed ones, many times.')
    one.add_argument('--rounds', type=int, default=1000, help='of all variants; %(default)s')
    one.add_argument('--pairs', type=int, default=comparison.PAIRS, help='of a comparison; %(default)s')
    one.add_argument('--from', dest='source', help='times of an earlier measurement in place of new ones')
    one.add_argument('--to', default=os.path.join(ROOT, 'build', 'track', 'power.json'), help='the times')
    one.add_argument('--fences', default=os.path.join(ROOT, 'build', 'track', 'fences.json'),
                     help='what equal builds differ by, for later comparisons here')
    return result


def main(words=None):
    words = list(sys.argv[1:] if words is None else words)
    bench = []
    if '--' in words:
        at = words.index('--')
        words, bench = words[:at], words[at + 1:]
    arguments = parser().parse_args(words)
    if bench:
        arguments.bench = bench
    try:
        return arguments.function(arguments)
    except (RuntimeError, OSError, ValueError) as error:
        progress('')
        print(f'track: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
