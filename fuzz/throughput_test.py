"""What throughput.py makes of targets that run, fail, and have no inputs."""
import pathlib
import tempfile
import unittest
import unittest.mock

import throughput


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

    def test_executions_are_runs_of_each_file_without_the_start(self):
        def spent(_binary, files, runs):
            return 0.125 + runs * len(files) / 1024  # the start, then 1024 files a second
        with unittest.mock.patch.object(throughput, "cpu_seconds", spent):
            for seconds in (0.25, 3):
                rate = throughput.executions_a_second("fuzz_some", ["a", "b"], seconds)
                self.assertEqual(rate, 1024)

    def test_a_target_that_fails_is_an_error_with_its_words(self):
        with self.assertRaisesRegex(SystemExit, "(?s)status 3.*no such thing"):
            throughput.cpu_seconds(self.target("echo no such thing >&2\nexit 3\n"), ["a"], 1)

    def test_a_target_without_inputs_is_an_error(self):
        (self.folder / "npz").mkdir()
        (self.folder / "npz" / "mine").write_bytes(b"x")
        self.assertEqual([f.name for f in throughput.small_files(self.folder, "npz")], ["mine"])
        with self.assertRaisesRegex(SystemExit, "no inputs for nothing"):
            throughput.small_files(self.folder, "nothing")


if __name__ == "__main__":
    unittest.main()
