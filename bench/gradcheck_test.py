#!/usr/bin/env python3
"""That gradcheck.py times the catalogue, compares medians and tells its ways to fail apart.

    bench/gradcheck_test.py build/release/bin/bptt-verify

PyTorch's own check is stood in for, so that it need not be installed.
"""
import contextlib
import io
import sys
import types
import unittest
from unittest import mock

import gradcheck

PROGRAM = sys.argv.pop()
SMALL = ['--n_x', '2', '--n_a', '3', '--m', '2', '--T_x', '3', '--threads', '1']


class Comparison(unittest.TestCase):
    def run_main(self, *arguments, seconds=(30.0,), torch=True):
        """Status, standard output and standard error; `seconds` are those of each gradcheck."""
        modules = {'torch': types.SimpleNamespace(__version__='0') if torch else None}
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, 'argv', ['gradcheck.py', *arguments]), \
                mock.patch.dict(sys.modules, modules), \
                mock.patch.object(gradcheck, 'time_of_gradcheck', side_effect=list(seconds)), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = gradcheck.main()
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def test_the_median_of_several(self):
        status, out, err = self.run_main(PROGRAM, *SMALL, '--repetitions', '3',
                                         seconds=(90.0, 30.0, 20.0))
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r'^LSTM \(2, 3, 2, 3\), f64, threads: 1, PyTorch 0: \d+ rows of the '
                              r'catalogue in [\d.]+ s, one gradcheck in 30\.00 s: [\d.]+ times')
        self.assertIn('3 of 3: catalogue', err)

    def test_without_pytorch(self):
        status, _, err = self.run_main(PROGRAM, torch=False)
        self.assertEqual(status, 2)
        self.assertIn('python3-torch', err)

    def test_a_program_that_is_none(self):
        status, _, err = self.run_main('./absent', *SMALL)
        self.assertEqual(status, 2)
        self.assertIn('absent', err)

    def test_a_program_that_fails(self):
        status, _, err = self.run_main('/bin/false', *SMALL)
        self.assertEqual(status, 2)
        self.assertIn('gradcheck.py: ', err)

    def test_sizes_of_zero(self):
        status, _, err = self.run_main(PROGRAM, '--m', '0')
        self.assertEqual(status, 2)
        self.assertIn('1 or more', err)


if __name__ == '__main__':
    unittest.main()
