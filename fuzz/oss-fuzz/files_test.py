#!/usr/bin/python3
"""What ClusterFuzzLite and OSS-Fuzz read is well formed. Builds nothing: build_test.sh does. Ends
with status 77, for which ctest says skipped, if PyYAML is missing."""
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

try:
    import yaml
except ImportError:
    print('PyYAML is missing: apt-get install python3-yaml')
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
ENTRY = re.compile(r'^(?:\w+=)?"(?:[^"\\]|\\["\\]|\\x[0-9a-fA-F]{2})+"$')


def document(*parts):
    with open(os.path.join(TREE, *parts), encoding='utf-8') as file:
        return yaml.safe_load(file)


def text(*parts):
    with open(os.path.join(TREE, *parts), encoding='utf-8') as file:
        return file.read()


class Files(unittest.TestCase):
    def test_the_workflows_build_before_they_fuzz_in_each_mode(self):
        modes = set()
        for path in sorted(glob.glob(os.path.join(TREE, '.github', 'workflows', 'cflite_*.yml'))):
            workflow = document(path)
            self.assertTrue(workflow['name'])
            self.assertIn(True, workflow, f'{path}: no "on"')  # YAML 1.1 reads on as a truth
            for job in workflow['jobs'].values():
                self.assertIn('timeout-minutes', job, path)
                actions = [step['uses'].split('/')[-1] for step in job['steps']]
                self.assertIn(actions, [['build_fuzzers@v1'], ['build_fuzzers@v1', 'run_fuzzers@v1']])
                options = [step['with'] for step in job['steps']]
                self.assertEqual({o.get('language', 'c++') for o in options}, {'c++'})
                self.assertEqual(len({o.get('sanitizer') for o in options}), 1, path)
                for option in options[1:]:
                    self.assertIsInstance(option['fuzz-seconds'], int)
                    modes.add(option['mode'])
        self.assertEqual(modes, {'code-change', 'batch', 'prune', 'coverage'})

    def test_the_projects_are_described(self):
        self.assertEqual(document('.clusterfuzzlite', 'project.yaml'), {'language': 'c++'})
        project = document('fuzz', 'oss-fuzz', 'project.yaml')
        self.assertEqual(project['language'], 'c++')
        self.assertEqual(project['sanitizers'], ['address', 'undefined'])
        image = re.search(r'^FROM \S+:(\S+)$', text('fuzz', 'oss-fuzz', 'Dockerfile'), re.MULTILINE)
        self.assertEqual(image[1], project['base_os_version'])

    def test_what_the_images_copy_and_run_is_there(self):
        for folder in ('.clusterfuzzlite', os.path.join('fuzz', 'oss-fuzz')):
            dockerfile = text(folder, 'Dockerfile')
            scripts = re.findall(r'\$SRC/bptt-verify/(\S+)$', dockerfile, re.MULTILINE)
            self.assertIn('fuzz/oss-fuzz/get_dependencies.sh', scripts)
            for script in scripts:
                self.assertTrue(os.access(os.path.join(TREE, script), os.X_OK), script)
        got = set(re.findall(r'^clone (\w+) ', text('fuzz', 'oss-fuzz', 'get_dependencies.sh'),
                             re.MULTILINE))
        used = set(re.findall(r'(?:build_dependency |\$SRC/)(\w+)(?=[ "/])',
                              text('fuzz', 'oss-fuzz', 'build.sh'))) - {'name'}
        self.assertEqual(got, used)

    def test_the_scripts_are_bash(self):
        scripts = glob.glob(os.path.join(HERE, '*.sh')) + [
            os.path.join(TREE, '.clusterfuzzlite', 'build.sh'), os.path.join(TREE, '.ci', 'run')]
        for script in scripts:
            result = subprocess.run(['bash', '-n', script], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_what_is_not_supported_is_refused_in_words(self):
        for sanitizer, words in [('memory', 'is not supported'), ('thread', "'thread' is not known")]:
            variables = {name: '/nonexistent' for name in
                         ('CC', 'CXX', 'LIB_FUZZING_ENGINE', 'SRC', 'WORK', 'OUT')}
            result = subprocess.run([os.path.join(HERE, 'build.sh')], capture_output=True, text=True,
                                    check=False, env={**os.environ, **variables, 'SANITIZER': sanitizer})
            self.assertEqual(result.returncode, 1)
            self.assertIn(words, result.stderr)
            self.assertIn('address undefined coverage', result.stderr)

    def test_every_dictionary_is_one_and_of_a_target(self):
        paths = glob.glob(os.path.join(TREE, 'fuzz', 'dictionaries', '*'))
        self.assertGreater(len(paths), 1)
        readers = re.search(r'^set\(BPTT_PARSER_TARGETS ([\w ]+)\)$', text('fuzz', 'CMakeLists.txt'),
                            re.MULTILINE)[1].split()
        for path in paths:
            name, suffix = os.path.splitext(os.path.basename(path))
            self.assertEqual(suffix, '.dict')
            self.assertIn(name, readers, path)
            for line in text(path).splitlines():
                if line.strip() and not line.startswith('#'):
                    self.assertRegex(line, ENTRY)

    def test_seeds_are_named_by_their_content(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'seeds.zip')
            script = os.path.join(HERE, 'seed_corpus.py')
            some = os.path.join(TREE, 'fuzz', 'regressions', 'rnn')
            missing = os.path.join(folder, 'missing')
            empty = subprocess.run([script, path, missing, some], capture_output=True, text=True,
                                   check=False)
            self.assertEqual((empty.returncode, os.path.exists(path)), (1, False))
            subprocess.run([script, path, some, missing], check=True)
            with zipfile.ZipFile(path) as archive:
                self.assertEqual(len(archive.namelist()), len(os.listdir(some)))
                for name in archive.namelist():
                    self.assertEqual(hashlib.sha1(archive.read(name)).hexdigest(), name)


if __name__ == '__main__':
    unittest.main()
