#!/usr/bin/python3
"""Tests of ./dev fuzz on stand-ins for its targets (stub_target.py); kill_test.py kills it."""
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import campaign  # noqa: E402
import corpus as corpora  # noqa: E402
import coverage  # noqa: E402
import crashes  # noqa: E402
import durable  # noqa: E402
import libfuzzer  # noqa: E402
import main as program  # noqa: E402
import progress  # noqa: E402

ASAN = textwrap.dedent('''\
    ==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1 at pc 0x2 bp 0x3 sp 0x4
    READ of size 4 at 0x1 thread T0
        #0 0x5555 in __interceptor_memcmp (/tree/build/fuzz/bin/fuzz_npz+0x5555)
        #1 0x6666 in std::vector<int>::at(unsigned long) /usr/include/c++/12/bits/stl_vector.h:12:3
        #2 0x7777 in bptt::(anonymous namespace)::header_of(char const*) /tree/core/npy.cpp:40:7
        #3 0x8888 in LLVMFuzzerTestOneInput /tree/fuzz/npz_target.cpp:55:3
    SUMMARY: AddressSanitizer: heap-buffer-overflow /usr/include/x.h:12:3 in std::vector
    ''').encode()
BROKEN = b'''a sentence
  da0[0,0] is 0.25 and must be 0.2578125
bptt-verify replay 'optimized equals_reference f32 rnn n_x=1 n_a=1 m=1 T_x=2 T_da=2 seed=0'
==7== ERROR: libFuzzer: deadly signal
'''


class Keys(unittest.TestCase):
    def test_a_broken_property_is_named_by_the_words_before_its_sizes(self):
        self.assertEqual(crashes.key_of('crash', BROKEN, '/tree'), 'optimized equals_reference f32 rnn')

    def test_a_stack_is_named_by_its_uppermost_frame_in_the_project(self):
        self.assertEqual(crashes.key_of('crash', ASAN, '/tree'), 'crash in bptt::header_of')

    def test_without_a_frame_in_the_project_the_summary_counts(self):
        self.assertEqual(crashes.key_of('crash', ASAN, '/elsewhere'),
                         'crash AddressSanitizer: heap-buffer-overflow')

    def test_what_a_target_says_counts_without_its_numbers(self):
        output = (b"Running: /tmp/a b\n'x.npy' came back with 3 of -4.5e+03 values\nmore\n"
                  b'==7== ERROR: libFuzzer: deadly signal\n')
        self.assertEqual(crashes.key_of('crash', output, '/tree'),
                         "crash: '..' came back with # of # values")
        line = b'Running: x\n' + b'=' * 60 + b'\n' + ASAN
        self.assertEqual(crashes.key_of('crash', line, '/tree'), 'crash in bptt::header_of')

    def test_an_exception_is_named_by_its_type(self):
        output = b"terminate called after throwing an instance of 'bptt::ShapeError'\n  what(): 5\n"
        self.assertEqual(crashes.key_of('crash', output, '/tree'), 'crash bptt::ShapeError')
        self.assertEqual(crashes.key_of('timeout', b'', '/tree'), 'timeout')


class Tests(unittest.TestCase):
    def test_a_replay_line_becomes_a_test_of_the_property(self):
        line = crashes.replay_line(BROKEN)
        text = crashes.test_text('rnn', 'fuzz/regressions/rnn/0a', 'key', line)
        self.assertIn('TEST(fuzz_regression, rnn_0a) {', text)
        self.assertIn('"optimized equals_reference f32 rnn n_x=1 n_a=1 m=1 T_x=2 T_da=2 seed=0");', text)

    def test_anything_else_becomes_a_test_of_the_bytes(self):
        text = crashes.test_text('npz', 'fuzz/regressions/npz/0a', 'key', 'fuzz_npz 0a')
        self.assertIn('BPTT_SOURCE_DIR "/fuzz/regressions/npz/0a"', text)


class Output(unittest.TestCase):
    def outcome(self, text):
        outcome = libfuzzer.Outcome()
        for line in text.split(b'\n'):
            libfuzzer.read_line(line, outcome)
        return outcome

    def test_what_libfuzzer_prints_is_read(self):
        outcome = self.outcome(
            b'#88\tINITED cov: 2514 ft: 9120 corp: 64/1234b exec/s: 44 rss: 80Mb\n'
            b'#512\tNEW    cov: 2520 ft: 9130 corp: 65/1250b lim: 4 exec/s: 51 rss: 81Mb L: 19/21\n'
            b'#600\tDONE   cov: 2520 ft: 9131 corp: 65/1250b lim: 4 exec/s: 50 rss: 81Mb\n'
            b'stat::number_of_executed_units: 601\nBPTT worst error/bound 0.125\n')
        self.assertEqual((outcome.inited, outcome.cov, outcome.ft, outcome.executions, outcome.worst),
                         (True, 2520, 9131, 601, 0.125))

    def test_what_is_not_printed_is_not_invented(self):
        outcome = self.outcome(b'INFO: Seed: 1\n#2\tpulse  exec/s: 1 rss: 1Mb\n')
        self.assertEqual((outcome.inited, outcome.cov, outcome.worst), (False, 0, None))

    def test_a_target_has_options_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = os.path.join(folder, 'fuzz_one')
            self.assertEqual(libfuzzer.fuzz_command(binary, 3, 'to', [], 'a')[1],
                             '-max_total_time=3')
            pathlib.Path(f'{binary}.options').write_text(
                '[libfuzzer]\nmax_len = 64\nentropic = 0\n', encoding='utf-8')
            for command in (libfuzzer.fuzz_command(binary, 3, 'to', [], 'a'),
                            libfuzzer.merge_command(binary, 'to', 'from', 'a')):
                self.assertEqual(command[:3], [binary, '-max_len=64', '-entropic=0'])

    def test_the_worst_ratio_is_the_largest_and_nan_is_worse(self):
        self.assertEqual(self.outcome(b'BPTT worst error/bound 0.5\n'
                                      b'BPTT worst error/bound 0.25\n').worst, 0.5)
        worst = self.outcome(b'BPTT worst error/bound 0.5\nBPTT worst error/bound nan\n').worst
        self.assertNotEqual(worst, worst)

    def test_a_run_that_does_not_end_is_ended(self):
        outcome = libfuzzer.run(['sleep', 'infinity'], 0.6)
        self.assertTrue(outcome.timed_out)
        self.assertEqual(outcome.status, -signal.SIGKILL)

    def test_a_missing_ratio_is_a_dash(self):
        record = {'target': 'rnn', 'flavour': 'check', 'executions_per_second': 1.0, 'cov': 1, 'ft': 1,
                  'new_features': 0, 'corpus': 1, 'worst': None, 'crashes': 0, 'seconds_left': None}
        self.assertEqual(len(progress.columns(record)), len(progress.HEADER))
        self.assertEqual(progress.columns(record).split()[7:], ['-', '0', '-'])


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_a_torn_file_is_not_taken_in_until_it_is_whole(self):
        corpus = corpora.Corpus(self.folder, 'one')
        output, _ = corpus.run_folder('explore-0')
        name = durable.content_hash(b'whole')
        with open(os.path.join(output, name), 'wb') as file:
            file.write(b'who')
        self.assertEqual(corpus.take_in(), [])
        with open(os.path.join(output, name), 'ab') as file:
            file.write(b'le')
        self.assertEqual(corpus.take_in(), [name])
        self.assertEqual(os.listdir(corpus.folder), [name])
        self.assertEqual(corpus.unchecked(), {name})
        corpus.mark_checked([name])
        self.assertEqual(corpora.Corpus(self.folder, 'one').unchecked(), set())

    def test_a_torn_artifact_is_none(self):
        artifacts = os.path.join(self.folder, 'x', 'artifacts')
        os.makedirs(artifacts)
        for name, content in [(f'crash-{durable.content_hash(b"a")}', b'a'),
                              (f'oom-{durable.content_hash(b"b")}', b'torn'),
                              (f'slow-unit-{durable.content_hash(b"c")}', b'c')]:
            with open(os.path.join(artifacts, name), 'wb') as file:
                file.write(content)
        self.assertEqual([kind for _, kind in crashes.find_artifacts(self.folder)], ['crash'])

    def test_a_torn_line_of_a_journal_costs_that_line_alone(self):
        path = os.path.join(self.folder, 'journal')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('{"a": 1}\n{"a": 2')
        journal = durable.Journal(path)
        journal.append({'a': 3})
        journal.close()
        self.assertEqual(durable.read_journal(path), [{'a': 1}, {'a': 3}])

    def test_folders_are_swapped(self):
        for name in 'ab':
            durable.write_whole(os.path.join(self.folder, name, 'which'), name)
        durable.exchange(os.path.join(self.folder, 'a'), os.path.join(self.folder, 'b'))
        self.assertEqual(durable.read_bytes(os.path.join(self.folder, 'a', 'which')), b'b')


LONGEST = 600  # seconds for what takes one, so that a hang ends


class Campaigns(unittest.TestCase):
    def setUp(self):
        self.tree = self.enterContext(tempfile.TemporaryDirectory())
        self.state = os.path.join(self.tree, 'fuzz', 'campaign')
        self.status = os.path.join(self.state, 'status.jsonl')

    def add(self, name, text=None):
        for preset in ('fuzz', 'fuzz-explore'):
            path = os.path.join(self.tree, 'build', preset, 'bin', f'fuzz_{name}')
            durable.write_whole(path, text or durable.read_bytes(os.path.join(HERE, 'stub_target.py')))
            os.chmod(path, 0o755)
            durable.write_whole(f'{path}.options', b'')
        durable.write_whole(self.seed(name, 'seed'), bytes([1, 2]))

    def seed(self, target, name):
        return os.path.join(self.tree, 'build', 'fuzz', 'seeds', target, name)

    def run_it(self, *arguments, bugs=0):
        return subprocess.run(
            [os.path.join(HERE, 'main.py'), '--tree', self.tree, *arguments], capture_output=True,
            text=True, check=False, env={**os.environ, 'STUB_DRAWS': '30', 'STUB_BUGS': str(bugs)})

    def records(self, event):
        return [r for r in durable.read_journal(self.status) if r['event'] == event]

    def test_without_a_crash_corpora_grow_and_the_status_is_0(self):
        self.add('one')
        self.add('two')
        result = self.run_it('--once', '--seconds-each', '6', '--minimise-after', '3')
        self.assertEqual((result.returncode, result.stderr), (0, ''), result.stdout)
        self.assertNotIn('\x1b', result.stdout + result.stderr)
        slices = {r['target']: r for r in self.records('slice')}
        self.assertEqual(set(slices), {'one', 'two'})
        self.assertEqual(slices['one']['worst'], 0.25)
        self.assertGreaterEqual(slices['one']['executions'], 6 * 30)
        self.assertEqual({r['target'] for r in self.records('minimised')}, {'one', 'two'})

    def test_the_report_adds_up_what_has_run(self):
        self.add('one')
        self.add('two')
        report = self.run_it('--report')
        self.assertEqual(report.returncode, 2, 'nothing has run')
        self.assertIn(self.status, report.stderr)
        for _ in range(2):
            self.run_it('--once', '--seconds-each', '3')
        report = self.run_it('--report')
        self.assertEqual((report.returncode, report.stderr), (0, ''))
        _, one, two, total = report.stdout.splitlines()
        slices = self.records('slice')
        executions = {name: sum(r['executions'] for r in slices if r['target'] == name)
                      for name in ('one', 'two')}
        cpu = sum(r['cpu_seconds'] for r in slices if r['target'] == 'two')
        self.assertGreater(cpu, 0)
        self.assertLess(cpu, sum(r['seconds'] for r in slices if r['target'] == 'two') + 0.1)
        self.assertEqual(one.split()[:2], ['one', 'check'])
        self.assertEqual(one.split()[3], f'{executions["one"]:,}')
        self.assertEqual(two.split()[4], f'{executions["two"] / cpu:.0f}')
        self.assertIn(f'check: {sum(executions.values()):,} executions', total)
        self.assertTrue(total.endswith('0 crashes'))
        other = self.run_it('--report', '--target', 'three')
        self.assertEqual((other.returncode, other.stdout), (2, ''))

    def test_a_crash_becomes_a_regression_once(self):
        self.add('one')
        corpus = os.path.join(self.state, 'corpus', 'one')
        for bug in (1, 2, 2, 3):
            content = bytes([len(os.listdir(corpus)) if os.path.isdir(corpus) else 0, 6, 6, bug, 9, 9])
            durable.write_whole(os.path.join(corpus, durable.content_hash(content)), content)
        planted = set(os.listdir(corpus))
        first = self.run_it('--once', '--seconds-each', '1', bugs=3)
        self.assertEqual((first.returncode, first.stderr), (1, ''), first.stdout)
        told = self.records('crash')
        self.assertEqual(sorted(r['key'] for r in told if r['new']),
                         [f'stub property_{k} f64 rnn' for k in (1, 2, 3)])
        self.assertGreater(len(told), 3)
        self.assertEqual(planted & set(os.listdir(corpus)), set(), 'they would end the next run')
        crash = told[0]
        path = os.path.join(self.tree, crash['regression'])
        self.assertEqual(len(durable.read_bytes(path)), 3, 'was not made smaller')
        self.assertIn(crash['replay'], first.stdout)
        self.assertIn('n_a=3', crash['replay'], 'is not the line of the smaller one')
        self.assertIn('TEST(fuzz_regression, one_', first.stdout)
        again = self.run_it('--once', '--seconds-each', '1', bugs=3)
        self.assertEqual((again.returncode, again.stderr), (1, ''), again.stdout)
        keys = [r['key'] for r in self.records('crash') if r['new']]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(set(os.listdir(os.path.dirname(path))),
                         {os.path.basename(r['regression']) for r in self.records('crash')})

    def test_a_committed_input_that_crashes_is_told_and_not_copied(self):
        self.add('one')
        folder = os.path.join(self.tree, 'fuzz', 'regressions', 'one')
        durable.write_whole(os.path.join(folder, 'known'), bytes([0, 6, 6, 1, 0]))
        result = self.run_it('--once', '--seconds-each', '6', '--jobs', '1', bugs=1)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.records('crash')[0]['regression'], 'fuzz/regressions/one/known')
        self.assertEqual(os.listdir(folder), ['known'])
        self.assertGreaterEqual(self.records('slice')[-1]['executions'], 30,
                                'nothing was fuzzed after it')

    def test_a_crash_like_one_that_was_repaired_is_a_new_one(self):
        self.add('one')
        arguments = ('--once', '--seconds-each', '1', '--jobs', '1', '--minimise-seconds', '0')
        durable.write_whole(self.seed('one', 'bad'), bytes([0, 6, 6, 1, 9]))
        self.run_it(*arguments, bugs=1)
        first = self.records('crash')[0]['regression']
        durable.write_whole(self.seed('one', 'bad'), bytes([3, 6, 6, 1, 7]))
        again = self.run_it(*arguments, bugs=1)
        self.assertIn('known crash one: stub property_1', again.stdout)
        self.assertEqual({r['regression'] for r in self.records('crash')}, {first})
        durable.write_whole(os.path.join(self.tree, first), bytes([1, 2]))  # as if it were repaired
        result = self.run_it(*arguments, bugs=1)
        self.assertIn('CRASH one: stub property_1', result.stdout)
        self.assertEqual(len({r['regression'] for r in self.records('crash')}), 2)

    def test_a_seed_that_crashes_becomes_a_regression(self):
        self.add('one')
        durable.write_whole(self.seed('one', 'bad'), bytes([0, 6, 6, 1, 0]))
        result = self.run_it('--once', '--seconds-each', '6', '--jobs', '1', bugs=1)
        self.assertEqual(result.returncode, 1)
        path = os.path.join(self.tree, self.records('crash')[0]['regression'])
        self.assertEqual(os.path.dirname(path), os.path.join(self.tree, 'fuzz', 'regressions', 'one'))
        self.assertTrue(os.path.exists(path))
        self.assertGreater(self.records('slice')[-1]['executions'], 10, 'nothing was fuzzed after it')

    def test_a_target_without_seeds_is_named(self):
        self.add('one')
        self.add('two')
        os.unlink(self.seed('two', 'seed'))
        result = self.run_it('--once', '--seconds-each', '1')
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn(f'two: cannot be run: there are no seeds in {self.seed("two", "")[:-1]}',
                      result.stdout)

    def test_a_target_that_cannot_run_is_named_and_stops_no_other(self):
        self.add('one', '#!/bin/sh\necho cannot open libzip.so >&2\nexit 127\n')
        self.add('two')
        result = self.run_it('--once', '--seconds-each', '1')
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertIn('cannot open libzip.so', result.stdout)
        self.assertEqual([r['target'] for r in self.records('slice')].count('two'), 1)

    def test_a_campaign_ends_in_its_time_and_explores_more_than_it_checks(self):
        self.add('one')
        self.add('two')
        settings = campaign.Settings(self.tree, self.state, seconds=8, slice_seconds=4, jobs=1)
        targets = [campaign.Target(settings, name, paths)
                   for name, paths in program.find_binaries(self.tree, '', False).items()]
        now, times = [1000.0], []
        run = libfuzzer.run

        def run_timed(command, *arguments):  # nothing else takes time on this clock
            times.append(int(next(word for word in command if 'total_time' in word).split('=')[1]))
            outcome = run(command, *arguments)
            now[0] += times[-1]
            return outcome
        with unittest.mock.patch.object(libfuzzer, 'run', run_timed), \
                unittest.mock.patch.dict(os.environ, STUB_DRAWS='20'):
            campaign.Campaign(settings, targets,
                              progress.Progress(durable.Journal(self.status), io.StringIO()),
                              clock=lambda: now[0]).run()
        self.assertEqual(times, [3, 1, 3, 1])
        slices = self.records('slice')
        self.assertEqual([(r['target'], r['flavour'], r['seconds_left']) for r in slices],
                         [('one', 'explore', 5), ('one', 'check', 4),
                          ('two', 'explore', 1), ('two', 'check', 0)])
        for name in ('one', 'two'):  # the build with sanitizers has run all that was found
            self.assertEqual(corpora.Corpus(self.state, name).unchecked(), set())

    def test_targets_that_had_no_turn_are_named(self):
        self.add('one')
        self.add('two')
        targets = [campaign.Target(self.settings(0.5), name, paths) for name, paths in
                   program.find_binaries(self.tree, '', False).items()]
        run = campaign.Campaign(self.settings(0.5), targets,
                                progress.Progress(durable.Journal(self.status), io.StringIO()))
        run.run()
        self.assertEqual(run.waiting, {'two'})

    def test_a_seed_that_libfuzzer_would_not_find_is_refused(self):
        self.add('one')
        durable.write_whole(self.seed('one', 'a,b'), 'x')
        result = self.run_it('--once')
        self.assertEqual(result.returncode, 2)
        self.assertIn('takes the comma', result.stdout)

    def settings(self, seconds):
        return campaign.Settings(self.tree, self.state, seconds, slice_seconds=1, jobs=1)

    def test_it_says_what_is_wrong_with_its_arguments(self):
        self.add('one')
        for arguments, words in [(['--target', 'three'], 'There are: one'),
                                 (['--target', '('], 'no regular expression'),
                                 (['--once', '--minutes', '3'], '--once has its own time'),
                                 (['--minutes', '0'], 'from 1, got 0')]:
            result = self.run_it(*arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn(words, result.stderr)

    def test_a_second_campaign_in_the_same_folder_is_refused(self):
        self.add('one')
        with program.hold(self.state):
            result = self.run_it('--once')
        self.assertEqual(result.returncode, 2)
        self.assertIn('another ./dev fuzz runs', result.stderr)

    def targets_that_run(self):
        found = []
        for process in os.listdir('/proc'):
            try:
                command = durable.read_bytes(os.path.join('/proc', process, 'cmdline'))
            except OSError:
                continue
            if f'{self.tree}/build/fuzz-explore/bin/fuzz_one'.encode() in command:
                found.append(process)
        return found

    def wait_until(self, condition):
        end = time.monotonic() + LONGEST
        while not condition() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertTrue(condition())

    def test_no_target_outlives_the_program(self):
        self.add('one', '#!/bin/sh\nwhile :; do sleep 0.2; done\n')  # says nothing, so no SIGPIPE
        process = subprocess.Popen(
            [os.path.join(HERE, 'main.py'), '--tree', self.tree, '--seconds-each', '400'],
            stdout=subprocess.DEVNULL)
        self.wait_until(self.targets_that_run)
        process.kill()
        process.wait()
        self.wait_until(lambda: not self.targets_that_run())

    def test_an_interrupted_campaign_ends_with_130(self):
        self.add('one')
        process = subprocess.Popen(
            [os.path.join(HERE, 'main.py'), '--tree', self.tree, '--seconds-each', '400'],
            stdout=subprocess.PIPE, text=True, env={**os.environ, 'STUB_DRAWS': '1000'})
        self.assertIn('exec/s', process.stdout.readline())
        process.terminate()
        rest = process.communicate(timeout=LONGEST)[0]
        self.assertEqual(process.returncode, 130, rest)
        self.assertEqual(self.records('end')[-1]['status'], 130)


class Turns(unittest.TestCase):
    def seconds(self, count, *arguments):
        return program.turn_seconds(program.parse_arguments(['--jobs', '2', *arguments]), count)

    def test_the_time_is_shared_in_turns_of_two_minutes_at_most(self):
        self.assertEqual(self.seconds(25, '--minutes', '60'), 96)
        self.assertEqual(self.seconds(25, '--minutes', '5'), 24)
        self.assertEqual(self.seconds(1, '--minutes', '60'), 120)
        self.assertEqual(self.seconds(25), 120)
        self.assertEqual(self.seconds(25, '--once', '--seconds-each', '4'), 4)


class Coverage(unittest.TestCase):
    @staticmethod
    def lcov(*files):
        """Of files (path, lines reached, lines not reached)."""
        text = []
        for path, reached, missed in files:
            text += [f'SF:/tree/{path}', 'FN:1,_Z1fv', 'FNDA:3,_Z1fv']
            text += [f'DA:{n + 1},{5 if n < reached else 0}' for n in range(reached + missed)]
            text += ['LF:99', 'LH:1', 'end_of_record']
        return '\n'.join(text)

    def test_lines_are_summed_by_folder_and_judged(self):
        lcov = self.lcov(('core/npy.cpp', 40, 10), ('core/npz.cpp', 50, 0),
                         ('core/npz_test.cpp', 0, 50), ('corex/x.cpp', 0, 9))
        summary = coverage.summarise(lcov, {'core': ['core/'], 'verify': ['verify/']}, '/tree')
        self.assertEqual((summary['core']['lines'], summary['core']['percent']), (100, 90.0))
        self.assertIsNone(summary['verify']['percent'])
        for floor, below in [(90, []), (90.5, ['core'])]:
            floors = {'core': {'floor': floor, 'aim': 95}, 'verify': {'floor': 0, 'aim': 90}}
            self.assertEqual(coverage.judge(summary, floors)[1], below)
        floors = {'core': {'floor': 0, 'aim': 95}, 'verify': {'floor': 1, 'aim': 90}}
        self.assertEqual(coverage.judge(summary, floors)[1], ['verify'], 'no line is no coverage')

    def test_a_target_is_what_can_be_run(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, mode in [('fuzz_npz', 0o755), ('fuzz_lstm', 0o755), ('problem_fuzzers', 0o755),
                               ('fuzz_npz.dict', 0o644), ('fuzz_npz.options', 0o644),
                               ('fuzz_lstm.options', 0o644), ('fuzz_rnn.options', 0o644),
                               ('fuzz_test', 0o755)]:
                path = pathlib.Path(folder, name)
                path.touch()
                path.chmod(mode)
            self.assertEqual(list(libfuzzer.binaries_in(folder)), ['lstm', 'npz'])
        self.assertEqual(libfuzzer.binaries_in(folder), {})

    def test_the_committed_floors_are_of_folders_that_exist(self):
        with open(os.path.join(coverage.TREE, 'fuzz', 'coverage_floor.json'), encoding='utf-8') as file:
            floors = json.load(file)['folders']
        for name, wanted in floors.items():
            self.assertLessEqual(wanted['floor'], 100, name)
            for prefix in wanted['paths']:
                folder, start = os.path.split(prefix)
                names = os.listdir(os.path.join(coverage.TREE, folder))
                self.assertTrue(any(n.startswith(start) for n in names), prefix)


if __name__ == '__main__':
    unittest.main()
