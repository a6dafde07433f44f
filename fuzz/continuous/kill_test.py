#!/usr/bin/python3
"""Kills ./dev fuzz twenty times at random moments, and checks on the disk that nothing is lost that
it had told or its targets had found. Targets are stand-ins (stub_target.py) unless a tree whose real
ones are built is given:

    kill_test.py [--kills N] [--seed N] [--real TREE --target REGEX]

With real targets, crashes are counted but the tree must have none.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import crashes as crash_files  # noqa: E402
import durable  # noqa: E402

TARGETS = ['one', 'two', 'three']


def features(data):
    return set(zip(data, data[1:]))


def make_tree(folder):
    for name in TARGETS:
        for preset in ('fuzz', 'fuzz-explore'):
            binary = os.path.join(folder, 'build', preset, 'bin', f'fuzz_{name}')
            os.makedirs(os.path.dirname(binary), exist_ok=True)
            shutil.copy(os.path.join(HERE, 'stub_target.py'), binary)
            with open(f'{binary}.options', 'wb'):
                pass
        seeds = os.path.join(folder, 'build', 'fuzz', 'seeds', name)
        os.makedirs(seeds)
        with open(os.path.join(seeds, 'seed'), 'wb') as file:
            file.write(bytes([1, 2, 3]))


class Disk:
    """What is on the disk after a kill, against what was told before."""

    def __init__(self, tree, stub):
        self.tree, self.stub = tree, stub
        self.state = os.path.join(tree, 'fuzz', 'campaign')

    def corpus(self, target):
        folder = os.path.join(self.state, 'corpus', target)
        return {name: durable.read_bytes(os.path.join(folder, name))
                for name in (os.listdir(folder) if os.path.isdir(folder) else [])}

    def artifacts(self):
        work = os.path.join(self.state, 'work')
        return [path for path, _ in crash_files.find_artifacts(work)]

    def minimisations(self):
        return [r for r in durable.read_journal(os.path.join(self.state, 'status.jsonl'))
                if r['event'] == 'minimised']

    def check(self, contents):
        """`contents`: every corpus entry that was ever seen, by name; it grows. Returns how many
        entries and crashes were told."""
        told, removed, crashes = {}, {}, []
        for record in durable.read_journal(os.path.join(self.state, 'status.jsonl')):
            target = record.get('target')
            if record['event'] == 'corpus':
                told.setdefault(target, set()).update(record['added'])
                removed.setdefault(target, set()).difference_update(record['added'])
            elif record['event'] == 'minimised':
                removed.setdefault(target, set()).update(record['removed'])
            elif record['event'] == 'crash':
                crashes.append(record)
        failures = []
        gone = {crash['input'] for crash in crashes}  # of which the regression is there, see below
        for target, names in told.items():
            there = self.corpus(target)
            contents.setdefault(target, {}).update(there)
            for name, data in there.items():
                if durable.content_hash(data) != name:
                    failures.append(f'{target}: {name} is torn')
            for name in names - set(there) - removed[target] - gone:
                failures.append(f'{target}: {name} was told and is neither there nor minimised away')
            if self.stub:
                have = set().union(*map(features, there.values()))
                had = set().union(*(features(contents[target][name])
                                    for name in names - gone if name in contents[target]))
                if not had <= have:
                    failures.append(f'{target}: {len(had - have)} features were lost')
        for crash in crashes:
            path = os.path.join(self.tree, crash['regression'])
            if not os.path.exists(path):
                failures.append(f'{crash["regression"]} was told and is not there')
            elif not durable.content_hash(durable.read_bytes(path)).startswith(
                    os.path.basename(path)):
                failures.append(f'{path} is torn')
            elif self.stub and f'property_{durable.read_bytes(path)[2]} ' not in crash['replay']:
                failures.append(f'{path} does not do what was told: {crash["replay"]}')
            if not os.path.exists(crash['test']):
                failures.append(f'{crash["test"]} was told and is not there')
        if failures:
            raise AssertionError('\n'.join(failures))
        return sum(map(len, told.values())), {(c['target'], c['key']) for c in crashes}


def start(tree, arguments, environment, output):
    return subprocess.Popen(
        [sys.executable, os.path.join(HERE, 'main.py'), '--tree', tree, *arguments],
        stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, **environment})


def wait_until(process, happened):
    """Until `happened()`, or the process has ended."""
    while not happened() and process.poll() is None:
        time.sleep(0.02)


def wait_until_gone(folder):
    """Until the targets of a folder have ended too; the kernel kills them."""
    def runs(process):
        try:
            words = durable.read_bytes(os.path.join('/proc', process, 'cmdline')).split(b'\0')
        except OSError:
            return False
        return any(word.startswith(folder.encode() + b'/') for word in words)
    while any(runs(process) for process in os.listdir('/proc') if process.isdigit()):
        time.sleep(0.02)


def count_records(disk):
    return len(durable.read_journal(os.path.join(disk.state, 'status.jsonl')))


def too_little(disk):
    """Whether so little has happened that nothing could have been lost."""
    told = [r for r in durable.read_journal(os.path.join(disk.state, 'status.jsonl'))
            if r['event'] == 'crash' and r['new']]
    return len(told) < 2 or not disk.minimisations()


def printed_crashes(path):
    """Regressions that were printed: they must be on the disk whatever status.jsonl says."""
    with open(path, encoding='utf-8') as file:
        return [line.split('bytes: ')[1].strip() for line in file if '  bytes: ' in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=random.randrange(2**32))
    parser.add_argument('--real', metavar='TREE')
    parser.add_argument('--target', default='')
    options = parser.parse_args()
    print(f'kill_test.py --kills {options.kills} --seed {options.seed}')
    draw = random.Random(options.seed)
    stub = options.real is None
    with tempfile.TemporaryDirectory() as folder:
        tree = options.real or folder
        if stub:
            make_tree(tree)
            environment = {'STUB_DRAWS': '40', 'STUB_BUGS': '6'}
            arguments = ['--jobs', '2', '--seconds-each', '4', '--minimise-after', '5',
                         '--minimise-seconds', '1']
            most_records, longest_rest = 25, 0.3
        else:
            environment = {}
            arguments = ['--seconds-each', '8', '--minimise-after', '20', '--target', options.target]
            most_records, longest_rest = 12, 8.0
        disk = Disk(tree, stub)
        output_path = os.path.join(folder, 'output')
        contents, entries, crashes, pending = {}, 0, set(), 0
        k = 0
        while k < options.kills or (stub and too_little(disk) and k == options.kills):
            k += 1
            with open(output_path, 'ab') as output:
                enough = count_records(disk) + draw.randint(0, most_records)
                process = start(tree, arguments, environment, output)
                if k <= options.kills:
                    # A random stretch of work, not of time: the same on a machine that is busy.
                    wait_until(process, lambda: count_records(disk) >= enough)
                else:
                    wait_until(process, lambda: not too_little(disk))
                time.sleep(draw.uniform(0, longest_rest))
                if process.poll() is not None:
                    raise AssertionError(f'ended by itself with status {process.returncode}:\n' +
                                         durable.read_bytes(output_path).decode())
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            wait_until_gone(os.path.join(tree, 'build'))
            pending = len(disk.artifacts())
            now, now_crashes = disk.check(contents)
            if now < entries or not crashes <= now_crashes:
                raise AssertionError('status.jsonl has lost records')
            entries, crashes = now, now_crashes
            for regression in printed_crashes(output_path):
                if not os.path.exists(os.path.join(tree, regression)):
                    raise AssertionError(f'{regression} was printed and is not there')
            print(f'kill {k}: {entries} entries and {len(crashes)} crashes told, all there; '
                  f'{pending} artifacts wait', flush=True)

        # What was found and not told yet is told by the next one.
        with open(output_path, 'ab') as output:
            process = start(tree, ['--once', '--seconds-each', '1', *arguments[-2:]], environment,
                            output)
            status = process.wait()
        now, now_crashes = disk.check(contents)
        print(f'then to its end: status {status}, {now} entries, {len(now_crashes)} crashes, '
              f'{len(disk.minimisations())} minimisations, {len(disk.artifacts())} artifacts wait')
        assert not disk.artifacts(), 'artifacts were left'
        assert now > 0, 'nothing was found, so nothing could be lost'
        if stub:
            assert status == 1, durable.read_bytes(output_path).decode()
            assert not too_little(disk), 'too little happened to be lost'
        elif status not in (0, 1):
            raise AssertionError(durable.read_bytes(output_path).decode()[-3000:])


if __name__ == '__main__':
    try:
        main()
    except AssertionError as error:
        print(f'FAILED: {error}')
        sys.exit(1)
