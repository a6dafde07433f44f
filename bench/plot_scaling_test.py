#!/usr/bin/python3
"""plot_scaling_test.py DOCUMENT: tests of plot_scaling.py. DOCUMENT is one that bptt_bench --scaling
has just written, with all three sizes and slopes. Ends with status 77, for which ctest says skipped,
if Matplotlib is missing.
"""
import copy
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BENCH = os.path.dirname(os.path.abspath(__file__))
IMAGES = os.path.join(BENCH, '..', 'docs', 'images')
NAMES = ['scaling_T_x.svg', 'scaling_n_a.svg', 'scaling_m.svg']
SVG = '{http://www.w3.org/2000/svg}'
ROUNDING = 0.5e-6  # of a coordinate, which Matplotlib writes with six digits after the point
DOCUMENT = None


def run(*arguments):
    return subprocess.run([os.path.join(BENCH, 'plot_scaling.py'), *arguments], capture_output=True,
                          text=True, check=False)


def content(folder, name):
    with open(os.path.join(folder, name), 'rb') as file:
        return file.read()


def texts(picture):
    root = xml.etree.ElementTree.fromstring(picture)
    assert root.tag == SVG + 'svg', root.tag
    return [''.join(element.itertext()) for element in root.iter(SVG + 'text')]


def curves(picture, colour):
    """The points of each line of that colour with more than two, as (x, y)."""
    root = xml.etree.ElementTree.fromstring(picture)
    paths = [element.get('d') for element in root.iter(SVG + 'path')
             if f'stroke: {colour}' in element.get('style', '') and element.get('clip-path')]
    lines = [[tuple(map(float, pair)) for pair in re.findall(r'[ML] (\S+) (\S+)', path)]
             for path in paths]
    return [line for line in lines if len(line) > 2]


class PlotScaling(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(DOCUMENT, encoding='utf-8') as file:
            self.document = json.load(file)

    def draw(self, document):
        """All files of the folder that the document is drawn into."""
        source = os.path.join(self.folder, 'document.json')
        with open(source, 'w', encoding='utf-8') as file:
            json.dump(document, file)
        target = self.enterContext(tempfile.TemporaryDirectory())
        result = run('--from', source, target)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return {name: content(target, name) for name in sorted(os.listdir(target))}

    def one_curve(self, against, **changes):
        """The document with one plot alone, of one curve."""
        document = copy.deepcopy(self.document)
        document['plots'] = [p for p in document['plots'] if p['against'] == against][:1]
        document['plots'][0]['curves'] = document['plots'][0]['curves'][:1]
        document['plots'][0]['curves'][0].update(changes)
        return document

    def test_draws_every_size_and_says_what_it_is(self):
        self.document.update(cpu='A CPU & <more>', target='AVX9', commit='0123abc', time=86400)
        pictures = self.draw(self.document)
        self.assertEqual(list(pictures), sorted(NAMES))
        for name, picture in pictures.items():
            with self.subTest(name):
                said = '\n'.join(texts(picture))
                self.assertIn('A CPU & <more>, instruction set AVX9', said)
                self.assertIn('commit 0123abc, 1970-01-02', said)
                self.assertIn('LSTM, f32, one thread; ', said)
                self.assertIn('RNN, f32, one thread; ', said)
        said = texts(pictures['scaling_T_x.svg'])
        self.assertIn('LSTM, f32, one thread; n_x = 16, n_a = 16, m = 4', said)
        self.assertEqual((said.count('slope 1'), said.count('slope 2')), (2, 2))
        fitted = [curve for plot in self.document['plots'] for curve in plot['curves']
                  if 'slope' in curve]
        self.assertEqual(len(fitted), 8)
        for curve in fitted:
            self.assertTrue(any(f"slope {curve['slope']['value']:.2f}" in text for text in said))
        said = texts(pictures['scaling_n_a.svg'])
        self.assertIn('units n_a = n_x', said)
        self.assertEqual((said.count('GFLOP/s'), said.count('optimized')), (2, 1))
        self.assertIn('samples m', texts(pictures['scaling_m.svg']))

    def test_a_power_of_time_is_straight(self):
        at = [1, 2, 4, 8, 16]
        curve = {'contestant': 'walks', 'at': at, 'seconds': [1e-6 * T * T for T in at],
                 'lower': [0.9e-6] * 5, 'upper': [1e-3] * 5, 'slope': {'value': 2, 'from': 1, 'to': 16}}
        picture = self.draw(self.one_curve('T_x', **curve))['scaling_T_x.svg']
        (line,) = curves(picture, '#c2410c')
        self.assertEqual(len(line), 5)
        for axis in (0, 1):
            steps = [b[axis] - a[axis] for a, b in zip(line, line[1:])]
            self.assertNotEqual(steps[0], 0)
            for step in steps:
                self.assertLessEqual(abs(step - steps[0]), 4 * ROUNDING)
        # The guide of slope 2 runs beside it.
        guide = [p for p in re.findall(r'M (\S+) (\S+) \nL (\S+) (\S+) \n" clip-path[^>]*dasharray',
                                       picture.decode())]
        self.assertEqual(len(guide), 1)
        x0, y0, x1, y1 = map(float, guide[0])
        self.assertAlmostEqual((y1 - y0) / (x1 - x0),
                               (line[4][1] - line[0][1]) / (line[4][0] - line[0][0]), places=6)

    def test_rates_are_operations_over_time(self):
        curve = {'at': [8, 16, 32], 'gflop': [1, 2, 4], 'seconds': [0.04, 0.04, 0.04],
                 'lower': [0.02, 0.02, 0.02], 'upper': [0.05, 0.05, 0.05]}
        picture = self.draw(self.one_curve('n_a', **curve))['scaling_n_a.svg']
        (line,) = curves(picture, '#047857')  # 25, 50, 100 GFLOP/s
        up = [a[1] - b[1] for a, b in zip(line, line[1:])]  # y runs downwards
        self.assertGreater(up[0], 0)
        self.assertLessEqual(abs(up[1] - 2 * up[0]), 6 * ROUNDING)

    def test_what_is_not_measured_is_not_drawn(self):
        self.assertEqual(list(self.draw(self.one_curve('m'))), ['scaling_m.svg'])

    def test_the_same_document_gives_the_same_bytes(self):
        pictures = self.draw(self.document)
        self.assertEqual(pictures, self.draw(self.document))
        for picture in pictures.values():
            self.assertNotIn(b'dc:date', picture)

    def test_takes_the_document_of_the_folder(self):
        with open(os.path.join(self.folder, 'scaling.json'), 'w', encoding='utf-8') as file:
            json.dump(self.document, file)
        result = run(self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(NAMES + ['scaling.json']))
        self.assertEqual(result.stdout.split(), [os.path.join(self.folder, name) for name in NAMES])

    def test_refuses_what_it_cannot_read_and_leaves_the_pictures(self):
        def without(key):
            document = copy.deepcopy(self.document)
            del document[key]
            return document
        unknown = self.one_curve('m', contestant='nobody')
        cases = {
            'nonsense': ('{', 'Expecting property name'),
            'a list': ('[]', 'has not the form'),
            'another version': (json.dumps({**self.document, 'version': 2}), '"version": 1'),
            'no plots': (json.dumps({**self.document, 'plots': []}), 'no plots'),
            'no time': (json.dumps(without('time')), "'time'"),
            'nobody': (json.dumps(unknown), "'nobody'"),
            'uneven': (json.dumps(self.one_curve('m', at=[1, 2, 3, 4, 5])), 'shape'),
        }
        source = os.path.join(self.folder, 'scaling.json')
        for name in NAMES:
            with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
                file.write('old')
        for case, (text, message) in cases.items():
            with self.subTest(case):
                with open(source, 'w', encoding='utf-8') as file:
                    file.write(text)
                result = run(self.folder)
                self.assertEqual((result.returncode, result.stdout), (2, ''))
                self.assertIn(source, result.stderr)
                self.assertIn(message, result.stderr)
                self.assertNotIn('Traceback', result.stderr)
                for name in NAMES:
                    self.assertEqual(content(self.folder, name), b'old')
                self.assertEqual(len(os.listdir(self.folder)), 4)
        missing = run('--from', os.path.join(self.folder, 'nothing.json'), self.folder)
        self.assertEqual(missing.returncode, 2)
        self.assertIn('nothing.json', missing.stderr)

    def test_the_pictures_of_the_documentation_are_those_of_their_document(self):
        digest = hashlib.sha256(content(IMAGES, 'scaling.json')).hexdigest()
        target = self.enterContext(tempfile.TemporaryDirectory())
        result = run('--from', os.path.join(IMAGES, 'scaling.json'), target)
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in NAMES:
            with self.subTest(name):
                committed, fresh = content(IMAGES, name), content(target, name)
                self.assertIn(digest.encode(), committed,
                              'draw it anew: bench/plot_scaling.py docs/images')
                drawn_by = re.compile(rb'Matplotlib [0-9.]+')
                if drawn_by.findall(committed) == drawn_by.findall(fresh):
                    self.assertTrue(committed == fresh,
                                    'draw it anew: bench/plot_scaling.py docs/images')
                else:
                    print(f'{name}: not compared byte by byte, for another Matplotlib drew it')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: plot_scaling_test.py DOCUMENT')
    DOCUMENT = sys.argv.pop()
    try:
        import matplotlib  # noqa: F401  (only whether it is there)
    except ImportError as error:
        print(f'skipped: {error}; apt-get install python3-matplotlib')
        sys.exit(77)
    unittest.main()
