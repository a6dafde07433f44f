#!/usr/bin/python3
"""Fuzzes every target continuously, and keeps what it finds whatever ends it.

The fast build explores; the build with sanitizers checks what it found, and fuzzes on. Corpora
grow in fuzz/campaign/corpus/ and are minimised; a crash becomes a file in fuzz/regressions/TARGET/, a
line that repeats it and a GoogleTest. Kill it and start it again at any time: nothing that was
found or told is lost.

Exit status: 0 no crash, 1 a crash, 2 it could not run, 130 interrupted.
"""
import argparse
import fcntl
import os
import re
import signal
import sys

import campaign
import durable
import libfuzzer
import progress

EXAMPLES = """examples:
  ./dev fuzz                              until Ctrl-C
  ./dev fuzz --minutes 60 --target npz    an hour of the targets whose name contains npz
  ./dev fuzz --once --seconds-each 4      what .ci/run does
  ./dev fuzz --report                     CPU time, executions and findings of every target so far
  ./dev fuzz --coverage                   what the corpora reach, as HTML; see docs/fuzzing.md
"""
LONGEST_SLICE = 120  # seconds


def whole(least):
    def parse(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f'must be a whole number from {least}, got {text}')
        return value
    return parse


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='./dev fuzz', description=__doc__.split('\n\n', maxsplit=1)[0], epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=whole(1), help='for all targets together; default: '
                        'until interrupted')
    parser.add_argument('--target', metavar='REGEX', default='', help='targets to run; default: all')
    parser.add_argument('--jobs', type=whole(1), default=len(os.sched_getaffinity(0)),
                        help='processes at a time; default: all cores')
    parser.add_argument('--once', action='store_true', help='seeds, regressions and the corpus '
                        'once under sanitizers, then --seconds-each of fuzzing, target by target')
    parser.add_argument('--seconds-each', type=whole(1), metavar='N',
                        help=f'of one turn of a target; default: at most {LONGEST_SLICE}, or 10 '
                        'with --once')
    parser.add_argument('--minimise-after', type=whole(1), metavar='N', default=200,
                        help='new entries after which a corpus is minimised (%(default)s)')
    parser.add_argument('--minimise-seconds', type=whole(0), metavar='N', default=60,
                        help='for making a crash smaller (%(default)s)')
    parser.add_argument('--report', action='store_true', help='fuzz nothing: a table of all that '
                        'fuzz/campaign/status.jsonl tells, executions per second of CPU time')
    parser.add_argument('--tree', default=os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__)))), help=argparse.SUPPRESS)
    parser.add_argument('--only-check-arguments', action='store_true', help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.once and options.minutes:
        parser.error('--once has its own time: leave --minutes away')
    try:
        re.compile(options.target)
    except re.error as error:
        parser.error(f"--target '{options.target}' is no regular expression: {error}")
    return options


def find_binaries(tree, regex, once):
    """{name: {flavour: path}} of the targets that match."""
    flavours = {'check': 'fuzz'} if once else {'check': 'fuzz', 'explore': 'fuzz-explore'}
    found = {}
    for flavour, preset in flavours.items():
        binaries = libfuzzer.binaries_in(os.path.join(tree, 'build', preset, 'bin'))
        for name, path in binaries.items():
            found.setdefault(name, {})[flavour] = path
    complete = {name: paths for name, paths in found.items() if len(paths) == len(flavours)}
    if not complete:
        raise RuntimeError(f'no fuzz target in {tree}/build/{{{",".join(flavours.values())}}}/bin: '
                           './dev fuzz builds them')
    chosen = {name: paths for name, paths in complete.items() if re.search(regex, name)}
    if not chosen:
        raise RuntimeError(f"no fuzz target matches '{regex}'. There are: {' '.join(complete)}")
    return chosen


def turn_seconds(options, count):
    """A turn's length: every target has its share of the time, in as many turns as it takes."""
    if options.seconds_each:
        return options.seconds_each
    if options.once:
        return 10
    if options.minutes is None:
        return LONGEST_SLICE
    share = options.minutes * 60 * min(options.jobs, count) / count
    turns = max(1, -(-share // LONGEST_SLICE))
    return max(2, int(share / turns))


def state_folder(tree):
    """Of all that campaigns keep. Not in build/, so that nobody who builds anew loses it."""
    return os.path.join(tree, 'fuzz', 'campaign')


def hold(state):
    """The campaign is the only one in this folder, for as long as the file is open."""
    os.makedirs(state, exist_ok=True)
    lock = open(os.path.join(state, 'lock'), 'w', encoding='utf-8')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f'another ./dev fuzz runs in {state}') from None
    return lock


def fuzz(options):
    state = state_folder(options.tree)
    binaries = find_binaries(options.tree, options.target, options.once)
    with hold(state):
        seconds = None if options.once or not options.minutes else options.minutes * 60
        settings = campaign.Settings(
            options.tree, state, seconds, turn_seconds(options, len(binaries)), options.jobs,
            options.once, options.minimise_after, options.minimise_seconds)
        status_path = os.path.join(state, 'status.jsonl')
        shown = progress.Progress(durable.Journal(status_path))
        targets = [campaign.Target(settings, name, paths) for name, paths in binaries.items()]
        run = campaign.Campaign(settings, targets, shown)
        interrupted = []

        def interrupt(number, _):
            interrupted.append(number)
            run.stop()
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, interrupt)

        shown.start(targets=list(binaries), jobs=options.jobs, seconds=seconds,
                    seconds_each=settings.slice_seconds)
        run.run()
        status = 1 if run.crash_count else 2 if run.broken else 130 if interrupted else 0
        shown.end(status, run.crash_count,
                  f'{len(targets)} targets, {run.crash_count} crashes'
                  f'{", cannot be run: " + " ".join(run.broken) if run.broken else ""}'
                  f'{", no time for: " + " ".join(sorted(run.waiting)) if run.waiting else ""}. '
                  f'Status: {status_path}')
        return status


def main():
    arguments = sys.argv[1:]
    if '--coverage' in arguments:
        arguments.remove('--coverage')
        import coverage
        return coverage.main(arguments)
    options = parse_arguments(arguments)
    if options.only_check_arguments:
        return 0
    if options.report:
        import report
        return report.show(state_folder(options.tree), options.target)
    return fuzz(options)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (RuntimeError, OSError) as error:
        print(f'fuzz: {error}', file=sys.stderr)
        sys.exit(2)
