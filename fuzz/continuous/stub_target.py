#!/usr/bin/python3
"""Behaves like a libFuzzer binary, for the tests. Its second is not one of a clock but STUB_DRAWS (100)
inputs, so that it does the same however busy the machine is.

The features of an input are its pairs of neighbouring bytes; bytes are among 0 .. 15. An input
crashes if it holds 6 6 k with k in 1 .. STUB_BUGS, and says so as a broken property k. It writes
its files in two halves with a pause between, so that a kill leaves torn ones.
"""
import hashlib
import os
import pathlib
import random
import sys
import time

DRAWS = int(os.environ.get('STUB_DRAWS', '100'))
BUGS = int(os.environ.get('STUB_BUGS', '0'))
flags, paths = {}, []
for argument in sys.argv[1:]:
    if argument.startswith('-'):
        name, _, value = argument[1:].partition('=')
        flags[name] = value
    else:
        paths.append(argument)


def features(data):
    return set(zip(data, data[1:]))


def bug_of(data):
    for k in range(len(data) - 2):
        if data[k] == 6 and data[k + 1] == 6 and 1 <= data[k + 2] <= BUGS:
            return data[k + 2]
    return None


def write_slowly(path, data):
    with open(path, 'wb') as file:
        file.write(data[:len(data) // 2])
        file.flush()
        time.sleep(0.01)
        file.write(data[len(data) // 2:])


def named(data):
    return hashlib.sha1(data).hexdigest()


def say(text):
    sys.stderr.write(text + '\n')
    sys.stderr.flush()


def fail_if_bug(data, save):
    bug = bug_of(data)
    if bug is None:
        return
    say(f'a sentence\nworst entry\n'
        f"bptt-verify replay 'stub property_{bug} f64 rnn n_x=1 n_a={len(data)} seed=1'")
    if save:
        write_slowly(f'{flags.get("artifact_prefix", "")}crash-{named(data)}', data)
    sys.exit(77)


def read_all(folders):
    for folder in folders:
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), 'rb') as file:
                yield name, file.read()


def merge(result, source):
    seen = set()
    for name, data in sorted(read_all([source]), key=lambda item: len(item[1])):
        time.sleep(0.001)
        if bug_of(data) is None and not features(data) <= seen:
            seen |= features(data)
            write_slowly(os.path.join(result, name), data)


def minimise(path, result):
    with open(path, 'rb') as file:
        data = file.read()
    bug = bug_of(data)
    time.sleep(0.05)
    write_slowly(result, bytes([6, 6, bug]))


def fuzz():
    output, *others = paths
    seen, count = set(), 0
    inputs = [data for _, data in read_all([output, *others])]
    if 'seed_inputs' in flags:
        with open(flags['seed_inputs'][1:], encoding='utf-8') as file:
            for path in file.read().split(','):
                with open(path, 'rb') as seed:
                    inputs.append(seed.read())
    for data in inputs:
        fail_if_bug(data, True)
        seen |= features(data)
    say(f'#{len(inputs)}\tINITED cov: {len(seen)} ft: {len(seen)} corp: 1/1b exec/s: 0 rss: 1Mb')
    while count < DRAWS * int(flags['max_total_time']):
        data = bytes(random.randrange(16) for _ in range(random.randint(2, 9)))
        count += 1
        fail_if_bug(data, True)
        if not features(data) <= seen:
            seen |= features(data)
            write_slowly(os.path.join(output, named(data)), data)
            if count % 2:  # as libFuzzer does it: the better one is written, the other one removed
                better = data + data[-2:]
                if bug_of(better) is None:
                    write_slowly(os.path.join(output, named(better)), better)
                    pathlib.Path(output, named(data)).unlink(missing_ok=True)
            say(f'#{count}\tNEW    cov: {len(seen)} ft: {len(seen)} corp: 1/1b exec/s: 9 rss: 1Mb')
        time.sleep(0.0002)
    say(f'stat::number_of_executed_units: {count}\nBPTT worst error/bound 0.25')


if 'merge' in flags:
    merge(*paths)
elif 'minimize_crash' in flags:
    minimise(paths[0], flags['exact_artifact_path'])
elif os.path.isdir(paths[0]):
    fuzz()
else:
    with open(paths[0], 'rb') as file:
        fail_if_bug(file.read(), False)
