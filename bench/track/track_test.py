#!/usr/bin/python3
"""bench/track: statistics on series that are known, the history, the gate, what is exported.

    track_test.py FOLDER   of bptt_bench, bptt_exact and bptt-verify
"""
import contextlib
import io
import json
import math
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import numpy
    import scipy.stats
    import statsmodels  # noqa: F401
except ImportError as missing:
    print(f'skipped: {missing} (Debian: python3-scipy, python3-statsmodels)')
    sys.exit(77)

import builds
import change_points
import comparison
import export
import gate
import history
import measure
import power
import track

BINARIES = ''


def pairs_of(ratio, count=20, noise=0.0, seed=1, drift=0.3):
    """Pairs on a machine whose speed wanders."""
    random = numpy.random.default_rng(seed)
    speed = numpy.exp(numpy.cumsum(random.normal(0, drift, count)))
    return [(s * math.exp(random.normal(0, noise)), s * ratio * math.exp(random.normal(0, noise)))
            for s in speed]


class Comparison(unittest.TestCase):
    def test_a_change_of_the_machines_speed_is_no_change(self):
        [change] = comparison.compare({'b': pairs_of(1.05)})
        self.assertAlmostEqual(change.ratio, 1.05)
        self.assertTrue(change.slower)
        self.assertFalse(change.faster)
        [change] = comparison.compare({'b': pairs_of(1 / 1.05)})
        self.assertTrue(change.faster)
        self.assertFalse(change.slower)

    def test_hodges_lehmann_of_four_numbers(self):
        # Means 1 1.5 2 3 2 2.5 3.5 3 4 5: the median is 2.75.
        self.assertAlmostEqual(comparison.hodges_lehmann([1, 2, 3, 5]), 2.75)

    def test_p_is_that_of_signed_ranks(self):
        # 20 differences of one sign: 2 of 2^20 ways.
        self.assertAlmostEqual(comparison.p_value(numpy.arange(1, 21)), 2 / 2 ** 20)
        self.assertEqual(comparison.p_value([0.0] * 20), 1)

    def test_the_interval_holds_the_truth_as_often_as_it_says(self):
        random = numpy.random.default_rng(5)
        held = 0
        for _ in range(200):
            lower, upper = comparison.interval(random.standard_t(3, 20) + 1)
            held += lower <= 1 <= upper
        # 95 % of 200 +- four standard deviations.
        self.assertGreaterEqual(held, 190 - 13)
        self.assertLess(held, 200)

    def test_what_is_within_the_fence_is_not_slower(self):
        [change] = comparison.compare({'b': pairs_of(1.02)}, {'b': 1.03})
        self.assertLess(change.adjusted, 1e-3)
        self.assertFalse(change.slower)
        self.assertTrue(comparison.compare({'b': pairs_of(1.04)}, {'b': 1.03})[0].slower)

    def test_many_benchmarks_are_one_test(self):
        # Benjamini-Hochberg: the largest of p_i m / i from behind.
        many = {str(k): pairs_of(1.0, noise=0.05, seed=k) for k in range(100)}
        changes = comparison.compare(many, default_fence=1.0, with_intervals=False)
        p = numpy.array(sorted(c.p for c in changes))
        expected = numpy.minimum.accumulate((p * 100 / numpy.arange(1, 101))[::-1])[::-1]
        self.assertTrue(numpy.allclose(sorted(c.adjusted for c in changes), numpy.minimum(expected, 1)))
        self.assertEqual([c.benchmark for c in changes if c.slower or c.faster], [])
        self.assertLess(p[0], 0.05)  # alone, it would be called a change

    def test_noise_asks_for_more_pairs(self):
        self.assertLess(comparison.reach({'b': pairs_of(1.05, count=30, noise=0.01)}), comparison.PRECISION)
        self.assertGreater(comparison.reach({'b': pairs_of(1.05, count=30, noise=0.01),
                                             'c': pairs_of(1, count=30, noise=0.1)}), comparison.PRECISION)
        for noise, expected in ((0.005, 20), (0.5, 50)):
            runs = iter([t for pair in pairs_of(1, count=50, noise=noise, drift=0) for t in pair])
            with mock.patch.object(measure, 'times', side_effect=lambda *_: {'b': next(runs)}):
                self.assertEqual(len(track.measured_pairs(None, None, [], 20, 50)['b']), expected)

    def test_few_pairs_are_refused(self):
        with self.assertRaisesRegex(ValueError, 'lstm: 19 pairs, expected 20 or more'):
            comparison.compare({'lstm': pairs_of(2, count=19)})


class ChangePoints(unittest.TestCase):
    def found(self, values, **options):
        return [c.index for c in change_points.change_points(values, **options)]

    def test_steps_are_found_where_they_are(self):
        random = numpy.random.default_rng(3)
        noise = random.normal(0, 0.01, 60)
        series = numpy.repeat([0.0, -0.1, 0.05], 20) + noise
        self.assertEqual(self.found(series), [20, 40])
        points = change_points.change_points(series)
        self.assertAlmostEqual(points[0].before, 0, delta=0.01)
        self.assertAlmostEqual(points[0].after, -0.1, delta=0.01)
        self.assertAlmostEqual(points[1].after, 0.05, delta=0.01)
        self.assertLessEqual(points[0].p, 0.01)

    def test_the_right_side_of_a_cut_is_cut_again(self):
        series = numpy.repeat([0.0, 1.0, 1.1], 20) + numpy.random.default_rng(9).normal(0, 0.01, 60)
        self.assertEqual(self.found(series), [20, 40])

    def test_a_change_of_scatter_alone_is_one_of_distribution(self):
        random = numpy.random.default_rng(4)
        series = numpy.concatenate([random.normal(0, 0.01, 60), random.normal(0, 0.2, 60)])
        [index] = self.found(series)
        self.assertAlmostEqual(index, 60, delta=6)

    def test_equal_noise_has_none_as_often_as_promised(self):
        random = numpy.random.default_rng(6)
        alarms = sum(bool(self.found(random.normal(0, 1, 25))) for _ in range(200))
        # One of a hundred: 2 of 200, and not more than 8 (p < 1e-3).
        self.assertLessEqual(alarms, 8)

    def test_one_outlier_is_no_change(self):
        series = numpy.random.default_rng(7).normal(0, 0.01, 30)
        series[15] = 1
        self.assertEqual(self.found(series), [])

    def test_few_or_equal_points_have_none(self):
        for values in ([], [1.0], [1, 2], [1, 1, 1, 2, 2], [3.0] * 30):
            self.assertEqual(self.found(values), [])

    def test_the_statistic_is_that_of_its_definition(self):
        values = numpy.random.default_rng(8).normal(0, 1, 12)
        values[5:] += 4
        statistic, cut = change_points._best_cut(numpy.abs(values[:, None] - values[None, :]))

        def mean(pairs):
            return sum(pairs) / len(pairs)

        def energy(k):
            x, y = values[:k], values[k:]
            between = mean([abs(a - b) for a in x for b in y])
            within = [mean([abs(z[i] - z[j]) for i in range(len(z)) for j in range(i)]) for z in (x, y)]
            return k * (12 - k) / 12 * (2 * between - sum(within))

        best = max(range(3, 10), key=energy)
        self.assertEqual(cut, best)
        self.assertAlmostEqual(statistic, energy(best))


def run(time=1, commit='abc', value=2.0, cpu='one'):
    return history.run_of(time, commit, {'cpu': cpu, 'target': 'AVX3'}, [
        history.figure('lstm/x/optimized', 'seconds', value, value / 2, value * 2, 9),
        history.figure('lstm/x/optimized', 'instructions', 12345678901)])


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.lines = os.path.join(self.folder.name, 'x86_64.jsonl')

    def test_a_run_is_there_once_and_comes_back_as_it_was(self):
        known = history.History(':memory:')
        self.assertTrue(known.add(run()))
        self.assertFalse(known.add(run()))
        self.assertTrue(known.add(run(time=2)))
        self.assertEqual([r['time'] for r in known.runs()], [1, 2])
        first = known.runs()[0]
        first['figures'].sort(key=lambda f: (f['benchmark'], f['measure']))
        self.assertEqual(first, run())

    def test_a_run_has_one_name_whatever_kind_of_number_came_back(self):
        self.assertEqual(run(value=2.0)['id'], run(value=2)['id'])
        self.assertNotEqual(run(value=2.0)['id'], run(value=2.5)['id'])

    def test_lines_of_two_branches_merge(self):
        ours, theirs = history.History(':memory:'), history.History(':memory:')
        for known, mine in ((ours, run(time=3)), (theirs, run(time=2))):
            known.add(run())
            known.add(mine)
        ours.write_lines(self.lines)
        with open(self.lines, encoding='utf-8') as file:
            merged = file.read()
        theirs.write_lines(self.lines)
        with open(self.lines, 'a', encoding='utf-8') as file:
            file.write(merged)  # as git's union does
        known = history.History(':memory:')
        self.assertEqual(known.read_lines(self.lines), 3)
        self.assertEqual(known.write_lines(self.lines), 3)
        self.assertEqual(history.History(':memory:').read_lines(self.lines), 3)

    def test_a_line_that_was_changed_is_refused(self):
        line = history.line_of(run()).replace('[2.0,', '[1.0,')
        with self.assertRaisesRegex(ValueError, 'was changed'):
            history.run_of_line(line)
        with self.assertRaisesRegex(ValueError, "version 7; this program reads 1 and 2"):
            history.run_of_line('{"version": 7}')

    def test_lines_of_the_first_version_are_read(self):
        line = json.dumps({'version': 1, 'time': 5, 'commit': 'c', 'cpu': 'p', 'target': 't',
                           'peak_gflops': {'f32': 1}, 'benchmarks': {'b': {'seconds': 0.5, 'repetitions': 3}}})
        read = history.run_of_line(line)
        self.assertEqual(read['figures'], [history.figure('b', 'seconds', 0.5, count=3)])

    def test_series_are_of_one_machine(self):
        known = history.History(':memory:')
        for k, cpu in enumerate(['one', 'two', 'one']):
            known.add(run(time=k, commit=f'c{k}', cpu=cpu, value=k + 1.0))
        series = known.series('seconds')
        self.assertEqual(series[('lstm/x/optimized', 'one, AVX3')], [(0, 'c0', 1.0), (2, 'c2', 3.0)])
        self.assertEqual(series[('lstm/x/optimized', 'two, AVX3')], [(1, 'c1', 2.0)])

    def test_a_file_that_is_no_record_is_refused(self):
        with self.assertRaisesRegex(ValueError, "its schema is 'other'"):
            history.run_of_bench({'schema': 'other'})


def counts(**values):
    return [history.figure('lstm/forward/f32/s/1/optimized', key, value) for key, value in values.items()]


def errors(array, factor, sizes=('4x1', '16x20', '64x50'), measures=('median_sigma', 'largest_sigma')):
    return [history.figure(f'accuracy/lstm/f32/unit/{s}/{array}', m, factor * (0.2 if m[0] == 'm' else 0.8), count=100)
            for s in sizes for m in measures]


class Gate(unittest.TestCase):
    def test_counts_may_not_rise(self):
        found = gate.exact_findings(counts(instructions=1000000, waits=0, allocations=3, workspace_bytes=64),
                                    counts(instructions=1005000, waits=1, allocations=2, workspace_bytes=64),
                                    measure.EXACT)
        self.assertEqual([f.measure for f in found], ['instructions', 'waits'])
        self.assertIn('1,000,000 -> 1,005,000 (+0.50 %)', found[0].words)
        self.assertEqual(found[1].ratio, math.inf)
        self.assertEqual(gate.exact_findings(counts(instructions=1000000), counts(instructions=1000900),
                                             measure.EXACT), [])
        self.assertEqual(gate.exact_findings([], counts(waits=7), measure.EXACT), [])

    def test_accuracy_may_not_be_lost(self):
        before = errors('a', 1) + errors('dWf', 1)
        self.assertEqual(gate.accuracy_findings(before, errors('a', 1.4) + errors('dWf', 0.1)), [])
        found = gate.accuracy_findings(before, errors('a', 7) + errors('dWf', 1))
        self.assertEqual([f.benchmark for f in found], ['accuracy/lstm/f32/a'])
        self.assertIn('a of the lstm in f32', found[0].words)
        self.assertIn('7.0 times as large', found[0].words)

    def test_at_one_shape_alone_only_much_is_a_loss(self):
        before = errors('a', 1)

        def after(factor):
            return errors('a', 1, ('4x1', '16x20')) + errors('a', factor, ('64x50',))

        self.assertEqual(gate.accuracy_findings(before, after(3)), [])
        [found] = gate.accuracy_findings(before, after(5))
        self.assertIn('5.0 times as large, at 64x50: ', found.words)

    def test_wrong_entries_may_not_appear(self):
        def figures(wrong):
            return [*errors('a', 1), history.figure('accuracy/lstm/f32/unit/64x50', 'accused', wrong)]

        self.assertEqual(gate.accuracy_findings(figures(2), figures(2)), [])
        [found] = gate.accuracy_findings(figures(0), figures(1))
        self.assertEqual((found.kind, found.words), (
            'accuracy', 'accuracy/lstm/f32/unit/64x50: 0 -> 1 entries are beyond what rounding allows'))

    def explained(self, base, at_most=1.02, reason='it halves the misses of dx', ratio=1.01):
        finding = gate.Finding('exact', 'lstm/forward/f32/s/1/optimized', 'instructions', 100, 100 * ratio, '')
        rows = [{'measure': 'instructions', 'benchmark': '^lstm/forward', 'at_most': at_most, 'base': base,
                 'reason': reason}]
        return gate.explain([finding], rows, lambda name: name == 'this')[0].explained

    def test_an_explanation_is_of_its_change_and_its_size(self):
        self.assertEqual(self.explained('this'), 'it halves the misses of dx')
        self.assertEqual(self.explained('an older one'), '')
        self.assertEqual(self.explained('this', ratio=1.03), '')

    def test_the_file_of_explanations_is_read_and_checked(self):
        self.assertEqual(gate.read_explanations(track.EXPLAINED), [])
        with tempfile.NamedTemporaryFile('w', suffix='.toml') as file:
            file.write('[[explained]]\nmeasure = "waits"\nbenchmark = ""\nat_most = 2\nbase = "x"\nreason = "ok"\n')
            file.flush()
            with self.assertRaisesRegex(ValueError, '"ok" explains nothing'):
                gate.read_explanations(file.name)

    def answer(self, findings):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = track.answer_of_gate(findings, ['a note'], measure.Build('old', ''), measure.Build('new', ''))
        return status, out.getvalue()

    def test_the_answer_says_what_is_wrong(self):
        slow = gate.time_findings(comparison.compare({'b': pairs_of(1.05)}))
        status, text = self.answer(slow)
        self.assertEqual(status, 1)
        self.assertIn('SLOWER: b: +5.0 %', text)
        self.assertIn('new beside old: REFUSED, 1 findings', text)
        slow[0].explained = 'since it must be so'
        status, text = self.answer(slow)
        self.assertEqual(status, 0)
        self.assertIn('explained: since it must be so', text)
        self.assertIn('nothing to object to, 1 explained', text)


class Export(unittest.TestCase):
    def of(self, name):
        return json.loads(export.FORMATS[name]([run(), run(time=2, value=3.0)]))

    def test_each_format_has_the_figures_of_the_run(self):
        google = self.of('google-benchmark')
        self.assertEqual(google['benchmarks'][0]['real_time'], 3e9)
        self.assertEqual(google['benchmarks'][0]['time_unit'], 'ns')
        self.assertEqual(self.of('bencher')['lstm/x/optimized']['seconds'],
                         {'value': 3.0, 'lower_value': 1.5, 'upper_value': 6.0})
        self.assertEqual(self.of('bencher')['lstm/x/optimized']['instructions'], {'value': 12345678901})
        action = {row['name']: row for row in self.of('github-action-benchmark')}
        self.assertEqual(action['lstm/x/optimized seconds'],
                         {'name': 'lstm/x/optimized seconds', 'unit': 's', 'value': 3.0, 'range': '1.5 .. 6',
                          'extra': 'commit abc'})
        otava = self.of('otava')
        self.assertEqual([row['timestamp'] for row in otava], [1, 2])
        self.assertEqual(otava[1]['attributes'], {'commit': 'abc', 'cpu': 'one'})
        self.assertIn({'name': 'lstm/x/optimized seconds', 'value': 3.0, 'unit': 's'}, otava[1]['metrics'])
        lines = export.FORMATS['jsonl']([run()])
        self.assertEqual(history.run_of_line(lines), run())

    def test_every_measure_has_a_unit(self):
        for name in ('seconds', *measure.EXACT, *measure.ACCURACY, *measure.WRONG):
            self.assertIn(name, export.UNIT_OF)


class Power(unittest.TestCase):
    def test_counts_what_is_seen_and_what_is_accused(self):
        random = numpy.random.default_rng(2)
        kernel, other = 'lstm/backward/f32/s/1/optimized', 'rnn/forward/f32/s/1/optimized'
        times = [{name: {kernel: (1 + (percent or 0) / 100) * math.exp(random.normal(0, 0.01)),
                         other: math.exp(random.normal(0, 0.01))} for name, percent in power.VARIANTS.items()}
                 for _ in range(100)]
        table = power.power(times, 20)
        self.assertEqual(table['equal'], (9, 0, 0))
        self.assertEqual(table['10 %'], (5, 5, 0))
        fences = power.fences_of(times, 20)
        self.assertEqual(set(fences), {kernel, other})
        self.assertTrue(all(1.01 <= fence < 1.05 for fence in fences.values()))


class Programs(unittest.TestCase):
    """Those of this build: no time is judged."""

    def build(self):
        return measure.Build('this', os.path.dirname(BINARIES))

    def test_bench_is_read(self):
        arguments = ['--filter', 'rnn/.*/f32/3x5x10x7/1$', '--threads', '1', '--contestants', 'optimized',
                     '--repetitions', '2', '--seconds', '0.0001']
        times = measure.times(self.build(), arguments)
        self.assertEqual(set(times), {'rnn/forward/f32/3x5x10x7/1/optimized', 'rnn/backward/f32/3x5x10x7/1/optimized'})
        self.assertTrue(all(0 < seconds < 10 for seconds in times.values()))
        pairs = track.measured_pairs(self.build(), self.build(), arguments, 2)
        self.assertEqual([len(rows) for rows in pairs.values()], [2, 2])

    def test_commits_are_recorded_in_turn(self):
        arguments = ['--filter', 'rnn/.*/f32/3x5x10x7/1$', '--contestants', 'optimized', '--repetitions', '1',
                     '--seconds', '0.0001']
        first, second = track.timed([self.build(), self.build()], arguments, 3)
        self.assertEqual([f['count'] for f in first + second], [3] * 4)
        for f in first + second:
            self.assertLessEqual(f['lower'], f['value'])
            self.assertLessEqual(f['value'], f['upper'])
        self.assertIn('cpu', measure.context(self.build()))

    def test_a_slowed_kernel_is_slower_and_no_other(self):
        # Twenty times as long: no machine is so busy that the two would be equal in each of five runs.
        arguments = ['--filter', '/f32/3x5x10x7/1$', '--threads', '1', '--contestants', 'optimized', '--repetitions',
                     '1', '--seconds', '0.001']
        slow = [*arguments, '--slow', '1000', '--slow-groups', '^lstm/backward']
        best = [{}, {}]
        for _ in range(5):
            for which, words in enumerate((arguments, slow)):
                for name, seconds in measure.times(self.build(), words).items():
                    best[which][name] = min(best[which].get(name, math.inf), seconds)
        ratios = {name: best[1][name] / best[0][name] for name in best[0]}
        self.assertGreater(ratios['lstm/backward/f32/3x5x10x7/1/optimized'], 3)
        self.assertLess(ratios['lstm/forward/f32/3x5x10x7/1/optimized'], 3)

    def test_counts_are_the_same_each_time(self):
        first, second = (measure.exact(self.build(), '/3x5x10x[47]/') for _ in range(2))
        self.assertEqual(sorted(first, key=str), sorted(second, key=str))
        kinds = {f['measure'] for f in first}
        self.assertLessEqual({'workspace_bytes', 'multiply_adds', 'waits', 'allocations'}, kinds)
        for f in first:
            if f['measure'] == 'allocations':
                self.assertEqual(f['value'], 0, f['benchmark'])

    def test_accuracy_is_read(self):
        figures = measure.accuracy(self.build(), surveys=[(20, ())])
        name = 'accuracy/lstm/f32/unit/16x5/dWf'
        self.assertIn((name, 'median_sigma'), {(f['benchmark'], f['measure']) for f in figures})
        # The other survey takes half a minute: its options must be there.
        known = measure.run([self.build().program('bptt-verify'), 'bounds', '--help'])
        for _, survey in measure.SURVEYS:
            self.assertTrue(all(option in known for option in survey[::2]))
        self.assertEqual(gate.accuracy_findings(figures, figures), [])

    def test_a_program_that_fails_is_told_with_its_words(self):
        with self.assertRaisesRegex(RuntimeError, "bptt_bench ended with status 2: .*no group matches 'none such'"):
            measure.times(self.build(), ['--filter', 'none such'])
        with self.assertRaisesRegex(RuntimeError, 'elsewhere has no bptt_bench in /nowhere/bin'):
            measure.times(measure.Build('elsewhere', '/nowhere'), [])


class CommandLine(unittest.TestCase):
    def test_a_record_is_added_shown_and_exported(self):
        with tempfile.TemporaryDirectory() as folder:
            record = os.path.join(folder, 'record.json')
            measure.run([os.path.join(BINARIES, 'bptt_bench'), '--filter', '/f32/3x5x10x7/1$', '--contestants',
                         'optimized', '--repetitions', '2', '--seconds', '0.0001', '--record', record])
            files = ['--lines', os.path.join(folder, 'h.jsonl'), '--database', os.path.join(folder, 'h.sqlite')]
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                self.assertEqual(track.main([*files, 'export', '--format', 'otava']), 2)  # nothing there
                self.assertEqual(track.main([*files, 'add', record]), 0)
                shown = os.path.join(folder, 'history.json')
                self.assertEqual(track.main([*files, 'history', '--json', shown]), 0)
                self.assertEqual(track.main([*files, 'history', '--benchmark', 'none']), 2)
                out.truncate(0)
                out.seek(0)
                self.assertEqual(track.main([*files, 'export', '--format', 'bencher']), 0)
            self.assertIn('lstm/forward/f32/3x5x10x7/1/optimized', json.loads(out.getvalue()))
            with open(shown, encoding='utf-8') as file:
                document = json.load(file)
            self.assertEqual(document['schema'], 'bptt-verify/track-history')
            self.assertEqual(len(document['series'][0]['points']), 1)

    def test_a_gate_with_all_it_needs(self):
        this = measure.Build('this', os.path.dirname(BINARIES))
        slow = counts(waits=0)
        with mock.patch.object(builds, 'build', lambda *_: this), \
                mock.patch.object(measure, 'exact', side_effect=[slow, counts(waits=2)]), \
                mock.patch.object(measure, 'accuracy', side_effect=[errors('a', 1), errors('a', 9)]), \
                contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(track.main(['gate', '--exact-only']), 1)
        self.assertIn('DEARER: lstm/forward/f32/s/1/optimized: waits 0 -> 2', out.getvalue())
        self.assertIn('LESS ACCURATE: a of the lstm', out.getvalue())
        self.assertIn('note: times are not judged here', out.getvalue())

    def test_a_commit_that_is_not_there_is_told(self):
        with contextlib.redirect_stderr(io.StringIO()) as out:
            self.assertEqual(track.main(['compare', 'no-such-commit']), 2)
        self.assertIn("there is no commit 'no-such-commit'", out.getvalue())


if __name__ == '__main__':
    BINARIES = sys.argv.pop(1)
    unittest.main()
