"""What time_to_find.py makes of targets that find, do not find, and fail otherwise."""
import pathlib
import tempfile
import unittest

import time_to_find


class Targets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def target(self, script):
        path = self.folder / "fuzz_some"
        path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
        path.chmod(0o755)
        return path

    def run_once(self, script, guided=True):
        return time_to_find.run_once(self.target(script), self.folder, "some", guided, 1, 5)

    def test_a_find_has_seconds_and_executions(self):
        seconds, executions = self.run_once(
            "echo \"bptt-verify replay 'fault:some ..'\" >&2\n"
            "echo 'stat::number_of_executed_units: 42' >&2\nexit 77\n")
        self.assertGreaterEqual(seconds, 0)
        self.assertEqual(executions, 42)

    def test_no_find_has_neither(self):
        self.assertEqual(self.run_once("exit 0\n"), (None, None))

    def test_a_target_that_cannot_run_or_crashes_otherwise_is_an_error(self):
        for script in ("echo 'no subject is named so' >&2\nexit 2\n", "exit 77\n"):
            with self.assertRaises(SystemExit):
                self.run_once(script)

    def test_the_target_is_told_the_fault_and_the_guidance(self):
        script = ("test \"$BPTT_FUZZ_SUBJECT $BPTT_FUZZ_GUIDANCE\" = 'fault:some %s' || exit 2\n")
        self.assertEqual(self.run_once(script % 1, guided=True), (None, None))
        self.assertEqual(self.run_once(script % 0, guided=False), (None, None))

    def test_the_table_says_found_and_medians(self):
        row = {"fault": "f", "target": "t",
               "guided": {"seconds": [1, 2, None], "executions": [10, 20, None], "found": 2},
               "unguided": {"seconds": [3, None, None], "executions": [30, None, None],
                            "found": 1}}
        text = time_to_find.markdown({"limit": 60, "date": "2026-01-01", "runs": 3,
                                      "faults": [row]})
        self.assertIn("| f | t | 2 of 3 | 2.0 | 15 | 1 of 3 | > 60 | - |", text)


if __name__ == "__main__":
    unittest.main()
