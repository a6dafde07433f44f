#!/usr/bin/python3
"""page_text_test.py PROGRAM SOURCE SCRATCH: the text of the pages, without a browser: its figures are
those of the documents, the documents are in it whole, nothing gets out of its place, and what cannot
be shown is refused with words.
"""
import functools
import json
import os
import sys
import unittest

sys.dont_write_bytecode = True
import pages_for_tests as pages  # noqa: E402

PROGRAM, SOURCE, SCRATCH = sys.argv[1:4]
MADE = pages.make(PROGRAM, SOURCE, SCRATCH)


def grouped(count):
    return f'{count:,}'


def ratio(value):
    """As the tables of the terminal write it."""
    if value is None:
        return '-'
    value = float(value)
    if value == 0:
        return '0'
    return f'{value:.1e}' if value < 1e-3 or value >= 1e4 else f'{value:.3f}'


def row_name(row):
    sizes = '' if row['sizes'] == 'small' else f', {row["sizes"]}'
    scalar = '' if row['about'] == 'specification' else f' {row["scalar"]}'
    return f'{row["property"]}{sizes} {row["cell"]}{scalar}'


def on_each_page(test):
    """A test of (name, page, documents) on all that were made."""
    @functools.wraps(test)
    def of_each(self):
        for name, (page, files) in MADE.items():
            with self.subTest(page=name):
                test(self, name, pages.Page(page), pages.documents(files))
    return of_each


class OfAllPages(unittest.TestCase):
    @on_each_page
    def test_documents_are_in_it_whole(self, _name, page, documents):
        embedded = [json.loads(text) for attributes, text in page.scripts
                    if attributes.get('type') == 'application/json']
        self.assertEqual(embedded, documents)

    @on_each_page
    def test_fetches_nothing(self, _name, page, _documents):
        self.assertIn("default-src 'none'", page.source)
        for attributes, _ in page.scripts:
            self.assertNotIn('src', attributes)
        self.assertNotIn('<link', page.source)
        self.assertNotIn('@import', page.source)

    @on_each_page
    def test_headings_are_in_order(self, _name, page, _documents):
        levels = [level for level, _ in page.headings]
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        for before, after in zip(levels, levels[1:]):
            self.assertLessEqual(after, before + 1, page.headings)

    @on_each_page
    def test_tables_have_captions_and_headings(self, _name, page, _documents):
        self.assertGreater(len(page.tables), 2)
        for table in page.tables:
            self.assertTrue(table['caption'])
            self.assertTrue(all(table['columns']))
            for row in table['rows']:
                self.assertEqual(len(row['cells']), len(table['columns']), table['caption'])

    @on_each_page
    def test_verdict_is_that_of_the_check(self, name, page, documents):
        reports = documents[0]['reports']
        outcomes = [report['summary']['outcome'] for report in reports]
        outcome = next(o for o in ('broken', 'held', 'not judged') if o in outcomes)
        self.assertEqual(outcome, {'broken': 'broken', 'shape': 'broken', 'unjudged': 'not judged'}.get(name, 'held'))
        self.assertEqual(page.verdict['data-outcome'], outcome)
        heading = page.headings[0][1]
        self.assertIn({'broken': 'is broken', 'held': 'nothing is broken',
                       'not judged': 'nothing could be judged'}[outcome], heading)
        for report in reports:
            self.assertIn(report['subject'], heading)
        self.assertIn(f'{grouped(sum(r["summary"]["cases"] for r in reports))} cases', page.text)

    @on_each_page
    def test_families_are_sums_over_rows(self, _name, page, documents):
        tables = page.named('Families of properties')
        self.assertEqual(len(tables), len(documents[0]['reports']))
        for table, report in zip(tables, documents[0]['reports']):
            families = {row['family'] for row in report['rows']}
            self.assertEqual(set(table), families)
            for family in families:
                rows = [row for row in report['rows'] if row['family'] == family]
                cells = table[family]
                ratios = [float(r['worst_ratio']) for r in rows if r['worst_ratio'] is not None]
                self.assertEqual(cells['rows']['text'], grouped(len(rows)))
                self.assertEqual(cells['cases']['text'], grouped(sum(r['cases'] for r in rows)))
                self.assertEqual(cells['inconclusive']['text'],
                                 grouped(sum(r['inconclusive'] for r in rows)))
                self.assertEqual(cells['broken rows']['text'].strip('\u2717 '),
                                 grouped(sum(r['broken'] > 0 for r in rows)))
                named = [r for r in rows if row_name(r) == cells['in']['text']]
                broken = any(r['broken'] for r in rows)
                self.assertEqual(len(named), 1 if ratios or broken else 0)
                if named:
                    self.assertEqual(bool(named[0]['broken']), broken)
                    self.assertIn('bptt-verify replay', cells['case']['text'])
                self.assertEqual(cells['worst error / bound']['text'],
                                 ratio(max(ratios) if ratios else None))

    @on_each_page
    def test_rows_are_those_of_the_document(self, _name, page, documents):
        for table, report in zip(page.named('Rows: one property'), documents[0]['reports']):
            self.assertEqual(len(table), len(report['rows']))
            for row in report['rows']:
                cells = table[row_name(row)]
                for column in ('cases', 'held', 'broken', 'inconclusive'):
                    self.assertEqual(cells[column]['text'], grouped(row[column]))
                    self.assertEqual(json.loads(cells[column]['value']), row[column])
                for column, key in (('worst', 'worst_ratio'), ('median', 'median_ratio')):
                    self.assertEqual(cells[column]['text'], ratio(row[key]))
                    self.assertEqual(json.loads(cells[column]['value']), row[key])
                replay = row['failures'][0]['replay'] if row['failures'] else row['worst_case']
                if replay:
                    self.assertIn(replay, page.commands)


class Refusing(unittest.TestCase):
    def refused(self, content, *words, more=()):
        file, page = (os.path.join(SCRATCH, name) for name in ('refused.json', 'refused.html'))
        with open(file, 'w', encoding='utf-8') as out:
            out.write(content if isinstance(content, str) else json.dumps(content))
        said = pages.run(PROGRAM, 'report', '--html', page, file, *more, status=2)
        for word in words:
            self.assertIn(word, said)
        self.assertFalse(os.path.exists(page), 'a page was written all the same')


class OfOnePage(Refusing):
    def test_what_is_broken_can_be_repeated(self):
        page, document = pages.Page(MADE['broken'][0]), pages.documents(MADE['broken'][1])[0]
        failures = [f for row in document['reports'][0]['rows'] for f in row['failures']]
        self.assertGreater(len(failures), 10)
        for failure in failures:
            self.assertIn(failure['replay'], page.commands)
            self.assertIn(failure['text'], page.text)
            self.assertIn('BROKEN', pages.run(PROGRAM, *failure['replay'].split("'")[0].split()[1:],
                                              failure['replay'].split("'")[1], status=1).upper())
            break
        for cell in document['reports'][0]['diagnosis']['cells']:
            for sentence in cell['sentences']:
                self.assertIn(sentence, page.text)
            for fault in cell['fits'][0]:
                self.assertIn(fault['wrong'], page.commands)
                self.assertIn(fault['right'], page.commands)
        self.assertIn('dxt = Wax^T dz', page.commands)  # a line of the cell's way back

    def test_worst_case_is_the_one_of_the_ratio(self):
        document = pages.documents(MADE['right'][1])[0]
        row = max((r for r in document['reports'][0]['rows'] if r['worst_case']),
                  key=lambda r: r['worst_ratio'])
        again = os.path.join(SCRATCH, 'replay.json')
        pages.run(PROGRAM, 'replay', row['worst_case'].split("'")[1], '--json', again)
        self.assertEqual(pages.load(again)['worst_ratio'], row['worst_ratio'])

    def test_matrix_and_speeds_are_those_of_the_documents(self):
        page = pages.Page(MADE['everything'][0])
        _, matrix, scaling, bench, history = pages.documents(MADE['everything'][1])
        faults = page.named('Faults, and what finds each first')[0]
        self.assertEqual(len(faults), len(matrix['faults']))
        for fault in matrix['faults']:
            self.assertEqual(faults[fault['fault']]['properties that break']['text'],
                             str(len(fault['kills'])))
            self.assertEqual(faults[fault['fault']]['first found by']['text'],
                             fault['first']['property'])
        for table in page.named('Properties, and how many'):
            for of in matrix['properties']:
                self.assertEqual(table[of['property']]['faults']['text'], str(of['kills']))
        for plot in (p for p in scaling['plots'] if p['against'] == 'T_x'):
            table = page.named(f'{plot["cell"]}: one pass')[0]
            for curve, column in (('reference', 'its time'), ('walks', 'their time')):
                points = next(c for c in plot['curves'] if c['contestant'] == curve)
                for steps, seconds in zip(points['at'], points['seconds']):
                    cells = table[f'{plot["cell"]} {steps}']
                    self.assertEqual(json.loads(cells[column]['value']), seconds)
                    self.assertEqual(cells['cell steps of one pass, T']['text'], grouped(steps))
                    self.assertEqual(cells['cell steps of the walks, T(T+1)/2']['text'],
                                     grouped(steps * (steps + 1) // 2))
        speeds = page.named('Optimized kernels beside others')[0]
        own = {name: of['seconds'] for name, of in bench['benchmarks'].items()
               if name.endswith('/optimized')}
        self.assertEqual(len(speeds), len(own))
        for name, seconds in own.items():
            cell, way, scalar, shape, threads, _ = name.split('/')
            cells = speeds[f'{cell} {way} {scalar} {shape} {threads}']
            self.assertEqual(json.loads(cells['time']['value']), seconds)
            n_x, n_a, m, steps = map(int, shape.split('x'))
            flops = (2 if way == 'forward' else 4) * (1 if cell == 'rnn' else 4) * steps * m * n_a * (n_a + n_x)
            self.assertEqual(cells['GFLOP/s']['text'], f'{flops / 1e9 / seconds:.1f}')
        change = history['series'][0]['changes'][0]
        cells = page.named('Changes')[0][history['series'][0]['name']]
        self.assertEqual([json.loads(cells[key]['value']) for key in ('before', 'after', 'p')],
                         [change['before'], change['after'], change['p']])

    def test_a_benchs_document_is_shown_in_each_of_its_forms(self):
        line = pages.documents([os.path.join(SOURCE, 'verify/report/html/test_data/bench.jsonl')])[0]
        record = {'schema': 'bptt-verify/bench', **line}
        context = {key: line[key] for key in ('cpu', 'target', 'peak_gflops')}
        figures = {name: {'seconds': [of['seconds'], 0, 1, 3], 'cycles': [7]} for name, of in line['benchmarks'].items()}
        run = {'version': 2, 'id': 'x', 'time': line['time'], 'commit': line['commit'], 'context': context}
        without_times = {**run, 'figures': {'lstm': {'cycles': [7]}}}
        lines = '\n'.join(json.dumps({**run, 'figures': f}) for f in (figures, without_times['figures']))
        shown = [pages.Page(MADE['everything'][0]).named('Optimized kernels')]
        for content in (json.dumps(record), json.dumps({**run, 'figures': figures}), lines):
            file, page = (os.path.join(SCRATCH, name) for name in ('bench.jsonl', 'bench.html'))
            with open(file, 'w', encoding='utf-8') as out:
                out.write(content + '\n')
            pages.run(PROGRAM, 'report', '--html', page, file)
            shown.append(pages.Page(page).named('Optimized kernels'))
        self.assertGreater(len(shown[0][0]), 10)
        for each in shown[1:]:
            self.assertEqual(each, shown[0])
        self.refused(json.dumps(without_times), 'no JSON document')

    def test_what_was_not_judged_is_said(self):
        page, document = pages.Page(MADE['unjudged'][0]), pages.documents(MADE['unjudged'][1])[0]
        self.assertIn('No case was compared within a bound', page.text)
        self.assertGreater(document['reports'][0]['summary']['not_judged'], 0)
        for row in document['reports'][0]['rows']:
            self.assertIn(row['why_not_judged'], page.text)

    def test_says_how_to_get_what_is_missing(self):
        page = pages.Page(MADE['right'][0])
        for command in ('bptt-verify matrix --json FILE', 'bptt_bench --scaling FILE',
                        'bptt_bench --record FILE'):
            self.assertIn(command, page.commands)
        self.assertNotIn('Not on this page', pages.Page(MADE['everything'][0]).text)

    def test_nothing_gets_out_of_its_place(self):
        attempt = pages.hostile(pages.load(os.path.join(SCRATCH, 'right.json')))[1]
        page = pages.Page(MADE['hostile'][0])
        self.assertIn(attempt, page.text)
        self.assertNotIn('<img', page.source)
        right = pages.Page(MADE['right'][0])
        self.assertEqual(len(page.scripts), len(right.scripts))


class WhatIsRefused(Refusing):
    def test_what_is_no_document(self):
        self.refused('', 'refused.json', 'no JSON document')
        self.refused('{"schema": ', 'no JSON document')
        self.refused('[1, 2]', 'no JSON document')
        self.refused({'plots': 3, 'version': 1}, 'has no schema', 'check --json')
        self.refused({'schema': 'bptt-verify/grade', 'version': 1}, 'bptt-verify/grade')
        self.refused({'context': {}, 'benchmarks': []}, 'Google Benchmark', '--record')

    def test_another_version(self):
        self.refused({'schema': 'bptt-verify/check', 'version': 99}, 'version 99', 'version 2')
        self.refused({'schema': 'bptt-verify/check'}, 'version null')

    def test_keys_that_are_missing_or_of_another_kind(self):
        check = pages.load(os.path.join(SCRATCH, 'right.json'))
        edges = check['reports'][0].pop('ratio_edges')
        self.refused(check, 'refused.json', "'ratio_edges'")
        check['reports'][0]['ratio_edges'] = edges
        del check['reports'][0]['rows'][0]['held']
        self.refused(check, 'refused.json', "'held'")
        check['reports'][0]['rows'][0]['held'] = 'many'
        self.refused(check, 'refused.json', 'number')
        self.refused({'schema': 'bptt-verify/track-history', 'version': 1}, "'series'")
        self.refused({'version': 1, 'benchmarks': {'short/name': {'seconds': 1}}, 'peak_gflops': {}},
                     'short/name')

    def test_two_of_a_kind(self):
        right = os.path.join(SCRATCH, 'right.json')
        self.refused(pages.load(right), 'right.json', 'refused.json', 'kind check', more=[right])

    def test_a_folder_that_is_not_there(self):
        said = pages.run(PROGRAM, 'report', '--html', '/no/such/folder/page.html',
                         os.path.join(SCRATCH, 'right.json'), status=2)
        self.assertIn('/no/such/folder', said)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
