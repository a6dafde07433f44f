#!/usr/bin/python3
"""mutation_test.py COMPILER: tests of the mutator, its results and its page."""
import json
import os
import stat
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import mutate  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import selection  # noqa: E402
import suite  # noqa: E402
import tree  # noqa: E402
from cpp_source import Source  # noqa: E402
from operators import Finder, name_mutants  # noqa: E402
from rewriting import rewritten  # noqa: E402

COMPILER = 'g++'
SMALL = os.path.join(HERE, 'test_data', 'small.cc')

# What the mutants of small.cc are, as of a file small.cpp, and what it then prints.
EXPECTED = {
    'small.cpp:15:constant:1': ('0 => 1', '3 -8 3'),
    'small.cpp:16:constant:1': ('0 => 1', '3 -5 3'),
    'small.cpp:16:comparison:1': ('i < n => i <= n', '3 -6 3'),
    'small.cpp:17:comparison:1': ('values [ i ] == 7 => values [ i ] != 7', '3 -6 3'),
    'small.cpp:17:constant:1': ('7 => 8', '3 -13 3'),
    'small.cpp:17:statement:1': ('continue ; => ', '3 -13 3'),
    'small.cpp:18:statement:1': ('sum += values [ i ] - 1 ; => ', '0 0 3'),
    'small.cpp:18:assignment:1': ('sum += values [ i ] - 1 => sum -= values [ i ] - 1', '-6 7 3'),
    'small.cpp:18:assignment:2': ('sum += values [ i ] - 1 => sum = values [ i ] - 1', '3 -1 3'),
    'small.cpp:18:arithmetic:1': ('values [ i ] - 1 => values [ i ] + 1', '3 -15 3'),
    'small.cpp:18:constant:1': ('1 => 2', '3 -3 3'),
    'small.cpp:20:comparison:1': ('n > 4 => n >= 4', '-6 -7 3'),
    'small.cpp:20:constant:1': ('4 => 5', '3 3 3'),
    'small.cpp:20:logic:1': ('n > 4 && sum != 0 => n > 4 || sum != 0', '-6 -7 3'),
    'small.cpp:20:comparison:2': ('sum != 0 => sum == 0', '3 3 3'),
    'small.cpp:20:constant:2': ('0 => 1', '3 -7 3'),
    'small.cpp:20:sign:1': ('- sum => sum', '3 7 3'),
    'small.cpp:20:function:1': ('std :: min ( sum , limit ) => std :: max ( sum , limit )', '6 -7 3'),
    'small.cpp:31:arithmetic:1': ('kind * 2 + kind => kind * 2 - kind', '3 -7 1'),
    'small.cpp:31:arithmetic:2': ('kind * 2 => kind + 2', '3 -7 4'),
    'small.cpp:31:constant:1': ('2 => 3', '3 -7 4'),
    'small.cpp:34:comparison:1': ('kind < 0 => kind <= 0', '3 -7 3'),
    'small.cpp:34:constant:1': ('0 => 1', '3 -7 3'),
    'small.cpp:34:statement:1': ('throw kind + 1 ; => ', '3 -7 3'),
    'small.cpp:35:constant:1': ('0 => 1', '3 -7 3'),
}


def found_in(text, name='small.cpp'):
    source = Source(text)
    mutants = name_mutants(name, Finder(source).find())
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
    return source, mutants


def of_snippet(code):
    """{operator: [what]} of a snippet within a function."""
    _, mutants = found_in(f'void f(int a, int b) {{\n{code}\n}}\n')
    found = {}
    for mutant in mutants:
        found.setdefault(mutant.operator, []).append(f'{mutant.original} => {mutant.text}'.strip())
    return found


class Mutants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.source, cls.mutants = found_in(tree.read(SMALL))

    def test_are_those_that_are_expected(self):
        main = tree.read(SMALL).split('\n').index('int main() {') + 1
        found = {m.identity: f'{m.original} => {m.text}' for m in self.mutants if m.line < main}
        self.assertEqual({key: value for key, (value, _) in EXPECTED.items()}, found)

    def test_change_what_is_printed_and_zero_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            def program(text, name):
                with open(f'{folder}/{name}.cpp', 'w', encoding='utf-8') as file:
                    file.write(text)
                subprocess.run([COMPILER, '-std=c++20', '-I', HERE, f'{folder}/{name}.cpp', '-o',
                                f'{folder}/{name}'], check=True)

            def printed(name, number):
                return subprocess.run([f'{folder}/{name}'], capture_output=True, text=True,
                                      env={'BPTT_MUTANT': str(number)}).stdout.strip()

            program(tree.read(SMALL), 'original')
            program(rewritten(self.source, self.mutants), 'rewritten')
            self.assertEqual('3 -7 3', printed('original', 0))
            self.assertEqual('3 -7 3', printed('rewritten', 0))
            for mutant in self.mutants:
                if mutant.identity in EXPECTED:
                    expected = EXPECTED[mutant.identity][1]
                    self.assertEqual(expected, printed('rewritten', mutant.number), mutant.identity)

    def test_leave_alone_what_has_to_be_constant(self):
        for code in ('constexpr int c = a + 1;', 'static_assert(sizeof(int) == 4);',
                     'using T = std::array<int, 3>;', 'alignas(64) int x[a];',
                     'enum E { p = 1, q = 2 };', 'f<1, 2>();', '#define x (a + 1)\n',
                     'return tile < D, V, w < 4 ? w : 4, lie > (args);'):
            left = {k: v for k, v in of_snippet(code).items() if k != 'statement'}
            self.assertEqual({}, left, code)

    def test_read_expressions_as_the_language_does(self):
        self.assertEqual(['a - b * c => a + b * c', 'b * c => b + c'],
                         of_snippet('int x = a - b * c;')['arithmetic'])
        self.assertEqual(['a - b - c => a - b + c', 'a - b => a + b'],
                         sorted(of_snippet('int x = a - b - c;')['arithmetic'], key=len)[::-1])
        self.assertEqual(['q += a ? b : c => q -= a ? b : c', 'q += a ? b : c => q = a ? b : c'],
                         of_snippet('q += a ? b : c;')['assignment'])
        self.assertNotIn('arithmetic', of_snippet('const S* at = f(*p, -1, &q);'))
        self.assertEqual(['y ( i , j ) => y ( j , i )'], of_snippet('z = y(i, j);')['arguments'])

    def test_drop_statements_but_no_declarations(self):
        for code in ('Tensor<S> dz({a, b});', 'auto x = f(a);', 'return f(a);', 'S sum(0);',
                     'for (;; ++a) b;', 'const auto g = [&](int i) { return i; };'):
            self.assertEqual([], [s for s in of_snippet(code).get('statement', [])
                                  if not s.startswith('b')], code)
        for code in ('f(a);', 'x.y[3] += a;', 'ns::f<S>(a);', '++a;', 'if (a) return;',
                     'for (;;) f(a);', 'throw Error("a" + b);'):
            self.assertEqual(1, len(of_snippet(code)['statement']), code)

    def test_text_of_a_file_is_kept_and_its_lines_stay(self):
        for path in tree.FILES:
            text = tree.read(os.path.join(ROOT, path))
            source, mutants = found_in(text, path)
            head = '#include "bptt_mutant.hpp"\n#line 1\n'
            self.assertEqual(head + text, rewritten(source, []), path)
            self.assertEqual(text.count('\n') + 2, rewritten(source, mutants).count('\n'), path)
            self.assertEqual(len(mutants), len({m.identity for m in mutants}), path)

    def test_are_three_hundred_at_least_and_spread_over_all_files(self):
        found = tree.all_mutants(ROOT)
        small, large = selection.sample(found, 300), selection.sample(found, 800)
        self.assertGreaterEqual(len(small), 300)
        self.assertEqual(set(tree.FILES), {m.identity.split(':')[0] for m in small})
        self.assertLessEqual({m.identity for m in small}, {m.identity for m in large})

    def test_that_do_not_compile_are_found_by_line_and_column(self):
        text = rewritten(self.source, self.mutants)
        for mutant in self.mutants:
            if not mutant.text:
                continue
            line = text.split('\n')[mutant.line + 1]
            column = line.index(f'on<{mutant.number}>() ? (') + len(f'on<{mutant.number}>() ? (')
            self.assertEqual(mutant.number, tree.culprit(text, mutant.line, column + 1))
        self.assertIsNone(tree.culprit(text, 1, 1))


class KnownResults(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = f'{self.folder}/below/results.jsonl'
        self.text = tree.read(SMALL)
        _, self.mutants = found_in(self.text)

    def test_are_there_again_and_half_a_line_is_not(self):
        known = results.Results(self.path)
        known.add(self.mutants[0], self.text, {'state': 'killed', 'by': ['p'], 'stage': 's'})
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write('{"id": "small.cpp:16:const')  # the run was killed here
        again = results.Results(self.path)
        self.assertEqual('killed', again.of(self.mutants[0], self.text)['state'])
        self.assertIsNone(again.of(self.mutants[1], self.text))
        again.add(self.mutants[1], self.text, {'state': 'survived', 'by': [], 'stage': ''})
        third = results.Results(self.path)
        self.assertEqual('survived', third.of(self.mutants[1], self.text)['state'])
        self.assertEqual('killed', third.of(self.mutants[0], self.text)['state'])

    def test_of_another_text_do_not_count(self):
        known = results.Results(self.path)
        known.add(self.mutants[0], self.text, {'state': 'killed', 'by': [], 'stage': ''})
        self.assertIsNone(known.of(self.mutants[0], self.text + '\n'))

    def explanations(self, kind='equivalent', original='0'):
        path = f'{self.folder}/explained.json'
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'explained': [{'class': kind, 'why': 'No reader.', 'mutants': [
                ['a.cpp:1:constant:1', original, '1']]}]}, file)
        return results.Explanations(path)

    def test_are_explained_only_if_they_survived_and_are_what_was_explained(self):
        row = {'id': 'a.cpp:1:constant:1', 'original': '0', 'mutated': '1', 'state': 'survived'}
        self.assertEqual('equivalent', results.state_of(row, self.explanations()))
        self.assertEqual('speed only', results.state_of(row, self.explanations('speed only')))
        self.assertEqual('survived', results.state_of(row, self.explanations(original='2')))
        self.assertEqual('killed', results.state_of({**row, 'state': 'killed'}, self.explanations()))
        with self.assertRaisesRegex(ValueError, 'no such class: fine'):
            self.explanations('fine')

    def test_give_the_score(self):
        row = {'id': 'a.cpp:1:constant:1', 'original': '0', 'mutated': '1', 'state': 'survived'}
        rows = [row] + [{**row, 'id': f'a.cpp:{n}:constant:1', 'state': state} for n, state in
                        enumerate(['killed'] * 18 + ['timed out', 'survived', 'not compiled'], 2)]
        counts = results.count_states(rows, self.explanations())
        self.assertEqual(95.0, results.score(counts))
        self.assertEqual(0, mutate.summary([{**r, 'by': []} for r in rows], self.explanations()))
        self.assertEqual(1, mutate.summary([{**r, 'by': []} for r in rows],
                                           self.explanations(original='2')))
        self.assertIsNone(results.score(dict.fromkeys(results.STATES, 0)))

    def test_make_a_page(self):
        row = {'id': 'd/a.cpp:1:constant:1', 'original': '0', 'mutated': '1', 'state': 'killed',
               'by': ['p', 'q'], 'stage': 's'}
        rows = [row, {**row, 'id': 'd/a.cpp:2:name:1', 'by': ['p']},
                {**row, 'id': 'e/b.cpp:2:name:1', 'state': 'survived', 'by': [], 'stage': ''}]
        page = report.page(rows, 10, self.explanations())
        for line in ('3 of 10 mutants', '| d/ | 2 | 2 | 0 | 0 | 0 | 0 | 0 | 100.0 % |',
                     '| name | 2 | 1 | 0 | 1 | 0 | 0 | 0 | 50.0 % |', '| p | 2 | 1 |',
                     '| q | 1 | 0 |', '| s | 2 |', '- `e/b.cpp:2:name:1`: `0` -> `1`'):
            self.assertIn(line, page)


class Stages(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.program('bptt-verify', '''
            while [ $# -gt 0 ]; do [ "$1" = --json ] && report=$2; shift; done
            echo '{"reports": [{"rows": [{"property": "p", "broken": 1},
                  {"property": "q", "broken": 0}]}]}' > "$report"
            [ "$BPTT_MUTANT" != 1 ]''')
        self.program('some_test', '''
            case $BPTT_MUTANT in
              2) echo '[  FAILED  ] A.b (3 ms)'; echo '[  FAILED  ] A.b'; exit 1 ;;
              3) kill -SEGV $$ ;;
              4) sleep infinity ;;
              5) while :; do :; done ;;
              8) for ((k = 0; k < 400000; ++k)); do :; done ;;
            esac''')
        self.program('some_test', '''
            [ "$BPTT_MUTANT" = 7 ] && echo '==1==ERROR: AddressSanitizer: heap-buffer-overflow on' >&2
            [ "$BPTT_MUTANT" != 7 ]''', 'sanitized')
        some_test = suite.unit('some_test')
        self.stages = [suite.check('x', 1), some_test, suite.sanitized(some_test)]
        self.suite = suite.Suite(self.folder, f'{self.folder}/times.json', list(tree.BUILDS))
        self.enterContext(unittest.mock.patch.object(suite, 'stages_for', lambda _: self.stages))

    def program(self, name, text, build='plain'):
        os.makedirs(f'{self.folder}/{build}/bin', exist_ok=True)
        with open(f'{self.folder}/{build}/bin/{name}', 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/bash\n{text}\n')
        os.chmod(file.name, stat.S_IRWXU)

    def judge(self, number):
        outcome = self.suite.judge('x', number)
        return outcome['state'], outcome['by'], outcome['stage']

    def test_say_which_property_or_test_killed(self):
        self.suite.measure(self.stages, lambda _: None)
        self.suite.limits = dict.fromkeys(self.stages, 600)
        self.assertEqual(('survived', [], ''), self.judge(6))
        self.assertEqual(('killed', ['p'], 'check x --cases 1'), self.judge(1))
        self.assertEqual(('killed', ['A.b'], 'some_test'), self.judge(2))
        self.assertEqual(('killed', ['crash: SIGSEGV'], 'some_test'), self.judge(3))
        self.assertEqual(('killed', ['AddressSanitizer: heap-buffer-overflow'],
                          'under AddressSanitizer: some_test'), self.judge(7))
        with unittest.mock.patch.object(suite, 'LONGEST_REST', 1):
            self.assertEqual('timed out', self.judge(4)[0])
            self.assertEqual('survived', self.judge(8)[0])
        self.suite.limits[self.stages[1]] = 1
        self.assertEqual('timed out', self.judge(5)[0])

    def test_must_pass_without_a_mutant(self):
        said = []
        self.suite.measure(self.stages, said.append)
        self.suite.measure(self.stages, said.append)  # knows it
        self.assertEqual(3, len(said))
        self.program('some_test', 'exit 1')
        with self.assertRaisesRegex(tree.CannotRun, 'with no mutant switched on, some_test fails'):
            self.suite.measure(self.stages, said.append)


class Run(unittest.TestCase):
    def test_goes_on_where_it_stopped(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        text = tree.read(SMALL)
        _, mutants = found_in(text)
        judged = []

        class Judge:
            def judge(self, _, number):
                judged.append(number)
                if len(judged) == 5:
                    raise KeyboardInterrupt
                return {'state': 'killed', 'by': ['p'], 'stage': 's', 'seconds': 0.1}

        known = results.Results(f'{folder}/results.jsonl')
        options = types.SimpleNamespace(minutes=float('inf'), jobs=1)
        texts = {'small.cpp': text}
        with self.assertRaises(KeyboardInterrupt):
            mutate.run(mutants, Judge(), known, texts, options, len(mutants), 0)
        again = results.Results(f'{folder}/results.jsonl')
        left = [m for m in mutants if again.of(m, text) is None]
        self.assertEqual(len(mutants) - 4, len(left))
        self.assertTrue(mutate.run(left, Judge(), again, texts, options, len(mutants), 4))
        self.assertEqual([m.number for m in mutants], judged[:4] + judged[5:])
        options.minutes = -1
        self.assertFalse(mutate.run(mutants, Judge(), again, texts, options, len(mutants), 0))

    def command(self, *arguments):
        return subprocess.run([os.path.join(HERE, 'mutate.py'), *arguments], capture_output=True,
                              text=True, check=False)

    def test_names_its_mutants_and_says_what_is_wrong(self):
        listed = self.command('--list', '--filter', 'optimized/layout')
        self.assertEqual(0, listed.returncode, listed.stderr)
        self.assertRegex(listed.stdout, r'(?m)^optimized/layout\.hpp:\d+:\w+:\d+\t.+\t.+$')
        for arguments, message in ((['--only', 'a:1:b:2'], 'there is no mutant a:1:b:2'),
                                   (['--filter', 'nowhere'], "no mutant matches 'nowhere'"),
                                   (['--filter', '('], '--filter'), (['--jobs', '0'], 'above zero')):
            wrong = self.command(*arguments)
            self.assertEqual(2, wrong.returncode)
            self.assertIn(message, wrong.stderr)
        self.assertIn('./dev mutate --minutes 10', self.command('--help').stdout)


if __name__ == '__main__':
    if len(sys.argv) > 1:
        COMPILER = sys.argv.pop(1)
    unittest.main(argv=sys.argv[:1])
