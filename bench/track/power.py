"""What a comparison finds: equal builds and slowed ones, each compared many times.

In each round variants of one build run once, in random order: twice as it is, and in every fourth round with
one kernel made 1, 3, 5 and 10 % slower too (bptt_bench --slow). A comparison takes the rounds of a stretch of so
many pairs; no two comparisons of a slowed variant share a round. Equal builds are compared twice: a round's with
each other, and one round's with the next one's.
"""
import json
import math
import os
import random
import re
import sys
import time

import builds
import comparison
import measure

#: The kernel that is slowed.
KERNEL = '^lstm/backward/f32/'
#: percent, or None for the build that the others are compared with.
VARIANTS = {'base': None, 'equal': 0, '1 %': 1, '3 %': 3, '5 %': 5, '10 %': 10}
#: Slowed ones run in every so many rounds: fewer of them tell enough.
SLOWED_EVERY = 4
#: A tenth of a second: eight passes.
BENCH = ['--filter', '/f32/(64x64x32x100|3x5x10x7)/1$', *measure.QUICK[2:]]


def measured(build, rounds, started=lambda k: None):
    """Round by round, {variant: {benchmark: seconds}}."""
    order = random.Random(1)
    result = []
    for k in range(rounds):
        started(k)
        names = [name for name, percent in VARIANTS.items() if not percent or k % SLOWED_EVERY == 0]
        this = {}
        for name in order.sample(names, len(names)):
            percent = VARIANTS[name]
            slow = ['--slow', str(percent), '--slow-groups', KERNEL] if percent else []
            this[name] = measure.times(build, [*BENCH, *slow])
        result.append(this)
    return result


def comparisons(times, variant, pairs, fences, default_fence=1.01):
    """The changes of each comparison of that variant with the base."""
    rounds = [(this['base'], this[variant]) for this in times if variant in this]
    if variant == 'equal':  # and of each with the base of the next round
        rounds += [(this['equal'], following['base']) for this, following in zip(times, times[1:])]
    for first in range(0, len(rounds) - pairs + 1, pairs):
        stretch = rounds[first:first + pairs]
        yield comparison.compare({name: [(base[name], other[name]) for base, other in stretch]
                                  for name in stretch[0][0]},
                                 fences, default_fence, with_intervals=False)


def fences_of(times, pairs, least=1.01):
    """Of each benchmark, the largest ratio that equal builds showed, or its inverse; a percent at least."""
    fences = {}
    for changes in comparisons(times, 'equal', pairs, None):
        for change in changes:
            fences[change.benchmark] = max(fences.get(change.benchmark, least),
                                           math.exp(abs(math.log(change.ratio))))
    return fences


def power(times, pairs, fences=None, default_fence=1.01):
    """{variant: (comparisons, those that call the slowed kernel slower, those that call any other so)}."""
    result = {}
    for variant in VARIANTS:
        if variant == 'base':
            continue
        count = seen = accused = 0
        for changes in comparisons(times, variant, pairs, fences, default_fence):
            slower = [c.benchmark for c in changes if c.slower]
            of_kernel = [name for name in slower if VARIANTS[variant] and re.search(KERNEL, name)]
            count += 1
            seen += bool(of_kernel)
            accused += len(of_kernel) < len(slower)
        result[variant] = (count, seen, accused)
    return result


def main(arguments, root):
    if arguments.source:
        with open(arguments.source, encoding='utf-8') as file:
            times = json.load(file)['times']
    else:
        build = builds.build(root, builds.WORKING_TREE, arguments.preset, ('bptt_bench',))
        start = time.monotonic()

        def started(k):
            if sys.stderr.isatty():
                left = f', {(time.monotonic() - start) / k * (arguments.rounds - k):.0f} s left' if k else ''
                print(f'\r\x1b[Kround {k + 1} of {arguments.rounds}{left}', end='', file=sys.stderr, flush=True)

        times = measured(build, arguments.rounds, started)
        seconds = (time.monotonic() - start) / sum(len(this) for this in times)
        with open(arguments.to, 'w', encoding='utf-8') as file:
            json.dump({'seconds_of_a_run': seconds, 'times': times}, file)
        print(f'a run takes {seconds:.2f} s, a comparison of {arguments.pairs} pairs '
              f'{2 * arguments.pairs * seconds:.0f} s')
    print('| build | comparisons | slowed kernel seen | anything else accused |\n|---|---|---|---|')
    for variant, (count, seen, accused) in power(times, arguments.pairs).items():
        print(f'| {variant} | {count} | {f"{100 * seen / count:.0f} %" if VARIANTS[variant] else "-"} | '
              f'{100 * accused / count:.1f} % |')
    fences = fences_of(times, arguments.pairs)
    os.makedirs(os.path.dirname(os.path.abspath(arguments.fences)), exist_ok=True)
    with open(arguments.fences, 'w', encoding='utf-8') as file:
        json.dump({'pairs': arguments.pairs, 'fences': fences}, file, indent=1)
    return 0
